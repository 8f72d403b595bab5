"""Output of the command line: results to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console

from grader.text import json_line, printable

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["error_console", "print_error", "print_json", "show"]

_FILE_WIDTH = 110
"""Columns of a table that is written to a file or pipe; rich's default of 80 is too narrow."""


def show(renderable: RenderableType) -> None:
    """Print to stdout, in colour only on a terminal."""
    width = None if sys.stdout.isatty() else _FILE_WIDTH
    Console(markup=False, highlight=False, emoji=False, width=width).print(renderable)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON object to stdout."""
    sys.stdout.write(json_line(document, indent=2) + "\n")


def error_console() -> Console:
    """Make a console on stderr that prints text as it is."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_error(text: str) -> None:
    """Print one line to stderr; control characters are escaped and line breaks become spaces."""
    # Not by rich, which would wrap long lines: scripts match errors line by line.
    sys.stderr.write(printable(text).replace("\n", " ") + "\n")
