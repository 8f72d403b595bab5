"""What a part of the benchmark has found: tables for people, numbers for programs, and what they must show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.throughput.figures import ratio
from benchmarks.throughput.targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.throughput.figures import Figures
    from benchmarks.throughput.measuring import Measured

__all__ = ["Part", "Table", "held", "numbers_of", "table_of"]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in columns."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    """Lines below it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one part has found."""

    tables: Sequence[Table]
    numbers: Mapping[str, Any]
    """Plain data."""
    targets: Sequence[Target] = field(default_factory=tuple)


def table_of(title: str, measured: Measured, *, floor: str, unit: str = "sample") -> Table:
    """Rates side by side.

    Args:
        title: the workload, for people.
        measured: what to show.
        floor: the row that the others are told in.
        unit: what the rate counts.
    """
    figures = measured.figures
    ceiling = figures.get(floor)
    rows = [
        (
            name,
            f"{one.rate:.1f}",
            f"±{one.spread:.0%}",
            "" if ceiling is None else f"{ratio(one.rates, ceiling.rates):.2f}",
            f"{one.cpu_ms:.2f}",
            "" if ceiling is None else f"{one.cpu_ms / ceiling.cpu_ms:.2f}",
            f"{max(one.peaks_mb.values(), default=0.0):.0f}",
            "" if not one.wrong else str(one.wrong),
        )
        for name, one in figures.items()
    ]
    head = ("", f"{unit}s/s", "spread", f"x {floor}", f"CPU ms/{unit}", f"x {floor}", "MiB/process", "wrong")
    versions = [f"{name}: {version}" for name, version in measured.versions.items() if version]
    notes = ["; ".join(versions)] if versions else []
    notes += [f"{name} could not be measured: {why}" for name, why in measured.failed.items()]
    notes += [f"{name}: {one.unscored} samples unscored" for name, one in figures.items() if one.unscored]
    return Table(title, head, rows, notes)


def numbers_of(measured: Measured) -> dict[str, Any]:
    """All figures, as JSON can say them."""
    return {name: one.as_dict() for name, one in measured.figures.items()} | {"failed": measured.failed}


def held(
    figures: Mapping[str, Figures], first: str, second: str, wanted: float, *, what: str, at_most: bool = False
) -> Target:
    """How many times as fast one must be as the other; with ``at_most``, how many times as slow it may be."""
    measured = by_cpu = None
    if first in figures and second in figures:
        one, other = (second, first) if at_most else (first, second)
        measured = ratio(figures[one].rates, figures[other].rates)
        by_cpu = figures[other].cpu_ms / figures[one].cpu_ms
    return Target(f"{what}: {first} against {second}", wanted, measured, at_most=at_most, by_cpu=by_cpu)
