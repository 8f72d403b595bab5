"""Output of the benchmark for a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.throughput.findings import Table
    from benchmarks.throughput.targets import Target

__all__ = ["print_table", "print_targets", "tell"]

_WIDTH = 130


def print_table(table: Table) -> None:
    """Print a table and its notes."""
    shown = RichTable(title=Text(table.title), title_justify="left", title_style="bold")
    for index, name in enumerate(table.head):
        shown.add_column(Text(name), justify="right" if index else "left")
    for row in table.rows:
        shown.add_row(*(Text(cell) for cell in row))
    console = _console()
    console.print(shown)
    for note in table.notes:
        console.print(Text(note))


def print_targets(targets: Sequence[Target]) -> None:
    """Print the targets, and whether they are met."""
    shown = RichTable(title="Targets", title_justify="left", title_style="bold")
    for name in ("", "target", "measured", "by CPU", ""):
        shown.add_column(name, justify="right" if name else "left")
    for target in targets:
        measured = "-" if target.measured is None else f"{target.measured:.2f}"
        by_cpu = "" if target.by_cpu is None else f"{target.by_cpu:.2f}"
        met = {None: "not measured", True: "met", False: "NOT MET"}[target.met]
        style = {None: "dim", True: "green", False: "red"}[target.met]
        bound = f"{'≤' if target.at_most else '≥'} {target.bound:g}"
        shown.add_row(Text(target.text), bound, measured, by_cpu, Text(met, style=style))
    _console().print(shown)


def tell(message: str) -> None:
    """Show a message on stderr in place of the last one; do nothing if stderr is not a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{message}")
        sys.stderr.flush()


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH)
