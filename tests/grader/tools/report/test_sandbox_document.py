"""docs/sandbox.md explains the isolation layers and tiers as `grader doctor` does."""

import re
from pathlib import Path

from grader.tools.report.host import LAYERS, TIERS

DOCUMENT = (Path(__file__).parents[4] / "docs" / "sandbox.md").read_text("utf-8")


def test_layers_have_the_descriptions_of_the_doctor() -> None:
    rows = re.findall(r"^\| [^|]*\| `(\w+)` \| (.+) \|$", DOCUMENT, flags=re.MULTILINE)
    assert dict(rows) == LAYERS
    assert len(rows) == len(LAYERS)


def test_tiers_are_in_order() -> None:
    assert re.findall(r"^\| `(\w+)` \| `\w+` \|", DOCUMENT, flags=re.MULTILINE) == list(TIERS)
