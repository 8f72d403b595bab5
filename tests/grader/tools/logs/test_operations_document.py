"""docs/operations.md lists the queries of `grader logs` with the texts that the command prints."""

import re
from pathlib import Path

from grader.tools.logs.insights import load_queries

DOCUMENT = (Path(__file__).parents[4] / "docs" / "operations.md").read_text("utf-8")


def test_queries_have_the_descriptions_of_the_command() -> None:
    section = DOCUMENT.partition("## Queries")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section, flags=re.MULTILINE)
    assert rows == [(query.name, query.about) for query in load_queries().values()]
