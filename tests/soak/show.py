"""Output of long runs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from rich import progress as bars
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Progress", "print_table"]

_EVERY_S = 30.0


class Progress:
    """Progress bar on a terminal; elsewhere a line every 30 seconds."""

    def __init__(self, total: int, unit: str) -> None:
        self._total, self._unit = total, unit
        self._started = self._printed = time.monotonic()
        self._bar = bars.Progress(
            bars.BarColumn(), bars.MofNCompleteColumn(), bars.TextColumn(unit), bars.TimeRemainingColumn(),
            console=Console(stderr=True), disable=not sys.stderr.isatty(),
        )  # fmt: skip
        self._task = self._bar.add_task(unit, total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def reach(self, count: int) -> None:
        """Show the number of completed units."""
        self._bar.update(self._task, completed=count)
        now = time.monotonic()
        if self._bar.disable and now - self._printed >= _EVERY_S:
            self._printed = now
            print(f"{count} of {self._total} {self._unit} in {now - self._started:.0f} s", file=sys.stderr, flush=True)


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    shown = Table(*head)
    for row in rows:
        shown.add_row(*map(str, row))
    Console(width=110).print(shown)
