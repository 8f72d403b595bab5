"""Part of the benchmark that measures whether the cost of a sample or test grows with their number."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.throughput import roster
from benchmarks.throughput.findings import Part, numbers_of, table_of
from benchmarks.throughput.measuring import Entry, measure
from benchmarks.throughput.synthetic import calls, many
from benchmarks.throughput.targets import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.throughput.measuring import Measured
    from benchmarks.throughput.setting import Setting

__all__ = ["scaling_part"]

_SAMPLES, _MANY_SAMPLES = (100, 1_000), (100, 1_000, 10_000)
_TESTS, _MANY_TESTS = (10, 50, 100), (10, 100, 1_000)
_MAX_GROWTH = 1.1
"""Allowed growth of the cost of a unit."""


def scaling_part(setting: Setting) -> Part:
    """Measure batches of growing size, and samples with more and more tests, without style in the highest tier."""
    (grader,) = roster.functional(setting.tiers[:1])
    sizes = _MANY_SAMPLES if setting.long else _SAMPLES
    counts = _MANY_TESTS if setting.long else _TESTS
    batches = [Entry(f"{size} samples", grader, many(size)) for size in sizes]
    samples = [Entry(f"{count} tests", grader, calls(count)) for count in counts]
    by_size = measure(batches, setting.rounds, setting.tell)
    by_count = measure(samples, setting.rounds, setting.tell)
    tables = [
        table_of("Growth: samples of a batch", by_size, floor=batches[0].name),
        table_of("Growth: calls to test each of 8 samples", by_count, floor=samples[0].name, unit="test"),
    ]
    targets = [] if by_size.failed or by_count.failed else _targets(by_size, by_count, sizes, counts)
    numbers = {"samples": numbers_of(by_size), "tests": numbers_of(by_count)}
    return Part(tables, numbers, targets)


def _targets(by_size: Measured, by_count: Measured, sizes: Sequence[int], counts: Sequence[int]) -> list[Target]:
    small, large = by_size.figures[f"{sizes[0]} samples"], by_size.figures[f"{sizes[-1]} samples"]
    growth = {
        role: large.peaks_mb[role] / size
        for role, size in small.peaks_mb.items()
        if role != "itself" and role in large.peaks_mb
    }
    role = max(growth, key=growth.__getitem__)
    return [
        Target(
            f"Growth: a sample among {sizes[-1]} compared with one among {sizes[0]}",
            _MAX_GROWTH,
            small.rate / large.rate,
            at_most=True,
            by_cpu=large.cpu_ms / small.cpu_ms,
        ),
        Target(
            f"Growth: one more test, between {counts[1]} and {counts[2]} compared with {counts[0]} and {counts[1]}",
            _MAX_GROWTH,
            _growth([median(run.seconds for run in by_count.runs[f"{count} tests"]) for count in counts], counts),
            at_most=True,
            by_cpu=_growth([by_count.figures[f"{count} tests"].cpu_ms * count for count in counts], counts),
        ),
        Target(
            f"Growth: memory of the {role}, {sizes[-1]} samples compared with {sizes[0]}",
            _MAX_GROWTH,
            growth[role],
            at_most=True,
        ),
    ]


def _growth(costs: Sequence[float], counts: Sequence[int]) -> float:
    """Return the cost of one more test between the two larger counts, relative to that between the two smaller."""
    small, medium, large = costs
    return ((large - medium) / (counts[2] - counts[1])) / ((medium - small) / (counts[1] - counts[0]))
