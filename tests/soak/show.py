"""What long runs show of themselves."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from rich import progress as bars
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.soak.flatness import Line

__all__ = ["Progress", "table"]

_EVERY_S = 30.0


class Progress:
    """A bar on a terminal; elsewhere a line now and then."""

    def __init__(self, total: int, unit: str) -> None:
        self._total, self._unit = total, unit
        self._started = self._told = time.monotonic()
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
        """So many are done."""
        self._bar.update(self._task, completed=count)
        now = time.monotonic()
        if self._bar.disable and now - self._told >= _EVERY_S:
            self._told = now
            print(f"{count} of {self._total} {self._unit} in {now - self._started:.0f} s", file=sys.stderr, flush=True)


def table(lines: Sequence[Line]) -> None:
    """Print how everything went."""
    shown = Table("", "after warm-up", "least", "most", "at the end", "per 10,000", "")
    for line in lines:
        numbers = (line.first, line.least, line.most, line.last, line.per_10_000)
        shown.add_row(line.name, *(f"{number:.1f}".removesuffix(".0") for number in numbers),
                      "grows" if line.complaint else "flat")  # fmt: skip
    Console(width=110).print(shown)
