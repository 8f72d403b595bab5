"""Indentation in columns, tabs counted as CommonMark 2.2 does."""

from __future__ import annotations

from typing import Final

__all__ = ["TAB", "indentation", "without_columns"]

TAB: Final = 4
"""Distance of the tab stops."""


def indentation(line: str, at: int, column: int) -> tuple[int, int]:
    """Return column and place of the first character from ``at`` on that is no space or tab."""
    while at < len(line):
        if line[at] == " ":
            column += 1
        elif line[at] == "\t":
            column += TAB - column % TAB
        else:
            break
        at += 1
    return column, at


def without_columns(line: str, columns: int) -> str:
    """Return the line without its first columns of indentation, as far as it has them."""
    column = at = 0
    while at < len(line) and column < columns and line[at] in {" ", "\t"}:
        column += 1 if line[at] == " " else TAB - column % TAB
        at += 1
    return " " * (column - columns) + line[at:]
