"""Measure contenders side by side: in every round each grades its workload once, one after the other."""

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
    """Contender with the workload that it grades."""

    name: str
    """Row of the table."""
    contender: Contender
    workload: Workload


@dataclass(slots=True)
class Measured:
    """Results by the names of the entries."""

    figures: dict[str, Figures] = field(default_factory=dict)
    runs: dict[str, list[Run]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Reasons why entries could not be measured."""
    versions: dict[str, str] = field(default_factory=dict)


def entries_of(workload: Workload, contenders: Iterable[Contender], suffix: str = "") -> list[Entry]:
    """Make an entry for each contender with the same workload."""
    return [Entry(f"{contender.name}{suffix}", contender, workload) for contender in contenders]


def measure(entries: Sequence[Entry], rounds: int, tell: Callable[[str], None] = lambda _: None) -> Measured:
    """Let the contender of every entry grade its workload.

    Args:
        entries: contenders and workloads to measure.
        rounds: number of rounds.
        tell: called with a description of the current step.
    """
    measured = Measured(versions={entry.name: entry.contender.version for entry in entries})
    with ExitStack() as stack:
        running: dict[str, Running] = {}
        for entry in entries:
            tell(f"{entry.workload.name}: {entry.name} warms up")
            one = stack.enter_context(Running(entry.contender))
            try:
                one.prepare(entry.workload)
            except ContenderFailedError as error:
                measured.failed[entry.name] = str(error)
            else:
                running[entry.name] = one
                measured.runs[entry.name] = []
        # All contenders stay alive and take turns, so that a slow phase of the machine affects all of them.
        for number in range(rounds):
            for name in order_of(list(running), number):
                tell(f"round {number + 1} of {rounds}: {name}")
                try:
                    measured.runs[name].append(running[name].run(number))
                except ContenderFailedError as error:
                    measured.failed[name] = str(error)
                    del running[name], measured.runs[name]
    for entry in entries:
        if entry.name in measured.runs:
            right = [item.right for item in entry.workload.items]
            measured.figures[entry.name] = figures_of(measured.runs[entry.name], entry.workload.units, right)
    return measured


def order_of(names: Sequence[str], number: int) -> list[str]:
    """Return the order of a round; each round starts with another name."""
    start = number % len(names) if names else 0
    return [*names[start:], *names[:start]]
