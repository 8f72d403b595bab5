"""Results of a part of the benchmark: tables, numbers and targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.throughput.figures import ratio
from benchmarks.throughput.targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.throughput.figures import Figures
    from benchmarks.throughput.measuring import Measured

__all__ = ["Part", "Table", "compare", "numbers_of", "table_of"]


@dataclass(frozen=True, slots=True)
class Table:
    """Table of text."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    """Lines below the table."""


@dataclass(frozen=True, slots=True)
class Part:
    """Results of one part."""

    tables: Sequence[Table]
    numbers: Mapping[str, Any]
    """Results as JSON data."""
    targets: Sequence[Target] = field(default_factory=tuple)


def table_of(title: str, measured: Measured, *, floor: str, unit: str = "sample") -> Table:
    """Make a table of rates.

    Args:
        title: name of the workload.
        measured: results to show.
        floor: row that the others are compared with.
        unit: unit of the rates.
    """
    figures = measured.figures
    baseline = figures.get(floor)
    rows = [
        (
            name,
            f"{one.rate:.1f}",
            f"±{one.spread:.0%}",
            "" if baseline is None else f"{ratio(one.rates, baseline.rates):.2f}",
            f"{one.cpu_ms:.2f}",
            "" if baseline is None else f"{one.cpu_ms / baseline.cpu_ms:.2f}",
            f"{max(one.peaks_mb.values(), default=0.0):.0f}",
            "" if not one.wrong else str(one.wrong),
        )
        for name, one in figures.items()
    ]
    head = ("", f"{unit}s/s", "spread", f"x {floor}", f"CPU ms/{unit}", f"x {floor}", "MiB/process", "wrong")
    versions = [f"{name}: {version}" for name, version in measured.versions.items() if version]
    notes = ["; ".join(versions)] if versions else []
    notes += [f"{name} could not be measured: {reason}" for name, reason in measured.failed.items()]
    notes += [f"{name}: {one.unscored} samples unscored" for name, one in figures.items() if one.unscored]
    return Table(title, head, rows, notes)


def numbers_of(measured: Measured) -> dict[str, Any]:
    """Return all figures as JSON data."""
    return {name: one.as_dict() for name, one in measured.figures.items()} | {"failed": measured.failed}


def compare(
    figures: Mapping[str, Figures], first: str, second: str, factor: float, *, what: str, at_most: bool = False
) -> Target:
    """Make a target for the ratio of two rates.

    Args:
        figures: measured rates by name.
        first: name of the contender that has to meet the target.
        second: name of the contender to compare with.
        factor: required ratio of the rates; with `at_most` the largest allowed ratio of the times.
        what: name of the workload.
        at_most: True if `factor` is an upper bound of the time instead of a lower bound of the rate.
    """
    measured = by_cpu = None
    if first in figures and second in figures:
        one, other = (second, first) if at_most else (first, second)
        measured = ratio(figures[one].rates, figures[other].rates)
        by_cpu = figures[other].cpu_ms / figures[one].cpu_ms
    return Target(f"{what}: {first} compared with {second}", factor, measured, at_most=at_most, by_cpu=by_cpu)
