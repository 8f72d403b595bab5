"""The tables in the README are those that the commands print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

README = Path(__file__).parents[3] / "README.md"


def rows(text: str) -> set[tuple[str, ...]]:
    """Find the rows of tables in a text."""
    lines = (line.strip("│") for line in text.splitlines() if line.startswith("│"))
    return {tuple(cell.strip() for cell in line.split("│")) for line in lines}


def test_the_demo_prints_the_rows_that_the_readme_shows(grader_command: Any) -> None:
    shown = rows(README.read_text("utf-8"))
    assert len(shown) > 10
    ended = grader_command("demo", env={"COLUMNS": "200", "GRADER_WORKERS": "2"})
    assert shown <= rows(ended.out)
