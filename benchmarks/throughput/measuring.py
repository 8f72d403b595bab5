"""Measures contenders side by side: in every round each judges its workload once, in turn."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.throughput.contender import ContenderFailedError, Running
from benchmarks.throughput.figures import figures_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.throughput.contender import Contender, Run
    from benchmarks.throughput.figures import Figures
    from benchmarks.throughput.workload import Workload

__all__ = ["Entry", "Measured", "entries_of", "measure", "order_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender and what it judges."""

    name: str
    """A row of the table."""
    contender: Contender
    workload: Workload


@dataclass(slots=True)
class Measured:
    """What came of it, by the entries' names."""

    figures: dict[str, Figures] = field(default_factory=dict)
    runs: dict[str, list[Run]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Why an entry could not be measured."""
    versions: dict[str, str] = field(default_factory=dict)


def entries_of(workload: Workload, contenders: Iterable[Contender], suffix: str = "") -> list[Entry]:
    """All contenders with one workload."""
    return [Entry(f"{contender.name}{suffix}", contender, workload) for contender in contenders]


def measure(entries: Sequence[Entry], rounds: int, tell: Callable[[str], None] = lambda _: None) -> Measured:
    """Have every entry's contender judge its workload.

    Args:
        entries: what to measure.
        rounds: how many times.
        tell: told what is being done.
    """
    found = Measured(versions={entry.name: entry.contender.version for entry in entries})
    with ExitStack() as stack:
        running: dict[str, Running] = {}
        for entry in entries:
            tell(f"{entry.workload.name}: {entry.name} warms up")
            one = stack.enter_context(Running(entry.contender))
            try:
                one.prepare(entry.workload)
            except ContenderFailedError as error:
                found.failed[entry.name] = str(error)
            else:
                running[entry.name] = one
                found.runs[entry.name] = []
        for number in range(rounds):
            for name in order_of(list(running), number):
                tell(f"round {number + 1} of {rounds}: {name}")
                try:
                    found.runs[name].append(running[name].run(number))
                except ContenderFailedError as error:
                    found.failed[name] = str(error)
                    del running[name], found.runs[name]
    for entry in entries:
        if entry.name in found.runs:
            right = [item.right for item in entry.workload.items]
            found.figures[entry.name] = figures_of(found.runs[entry.name], entry.workload.units, right)
    return found


def order_of(names: Sequence[str], number: int) -> list[str]:
    """The order of a round: each time another one begins, so that none always follows the same one."""
    start = number % len(names) if names else 0
    return [*names[start:], *names[:start]]
