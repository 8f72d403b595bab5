"""The README's examples work, and its output is what the commands print."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).parents[3] / "README.md"


def table_rows(text: str) -> set[tuple[str, ...]]:
    """Return the rows of all tables in a text."""
    lines = (line.strip("│") for line in text.splitlines() if line.startswith("│"))
    return {tuple(cell.strip() for cell in line.split("│")) for line in lines}


def first_block(language: str) -> str:
    """Return the first fenced block of a language in the README."""
    match = re.search(rf"^```{language}\n(.*?)^```$", README.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert match
    return match[1]


def test_the_demo_prints_the_rows_of_the_readme(grader_command: Any) -> None:
    rows = table_rows(README.read_text("utf-8"))
    assert len(rows) > 10
    ended = grader_command("demo", env={"COLUMNS": "200", "GRADER_WORKERS": "2"})
    assert rows <= table_rows(ended.out)


def test_the_library_example_runs() -> None:
    environ = {**os.environ, "GRADER_WORKERS": "1", "PYTHONPATH": str(README.parent)}
    command = [sys.executable, "-c", first_block("python")]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=True)
    assert ended.stdout.startswith("1.0 1.0 [")


def test_the_sample_is_graded(grader_command: Any) -> None:
    line = json.dumps(json.loads(first_block("json"))).encode()
    ended = grader_command("grade", "-", stdin=line)
    assert (ended.code, ended.err) == (0, "")
