"""The part on growth: cost for each sample and each test, whatever their number."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.throughput import roster
from benchmarks.throughput.findings import Part, numbers_of, table_of
from benchmarks.throughput.made import calls, many
from benchmarks.throughput.measuring import Entry, measure
from benchmarks.throughput.targets import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.throughput.measuring import Measured
    from benchmarks.throughput.setting import Setting

__all__ = ["scaling_part"]

_SAMPLES, _MANY_SAMPLES = (100, 1_000), (100, 1_000, 10_000)
_TESTS, _MANY_TESTS = (10, 50, 100), (10, 100, 1_000)
_MOST = 1.1
"""Ten percent more for each unit."""


def scaling_part(setting: Setting) -> Part:
    """Batches of growing size, and samples with ever more tests; functional only, in the highest tier."""
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
    few, lots = by_size.figures[f"{sizes[0]} samples"], by_size.figures[f"{sizes[-1]} samples"]
    grown = {
        role: lots.peaks_mb[role] / size
        for role, size in few.peaks_mb.items()
        if role != "itself" and role in lots.peaks_mb
    }
    most = max(grown, key=grown.__getitem__)
    return [
        Target(
            f"Growth: a sample among {sizes[-1]} against one among {sizes[0]}",
            _MOST,
            few.rate / lots.rate,
            at_most=True,
            by_cpu=lots.cpu_ms / few.cpu_ms,
        ),
        Target(
            f"Growth: a test more, from {counts[1]} to {counts[2]} against from {counts[0]} to {counts[1]}",
            _MOST,
            _growth([median(run.seconds for run in by_count.runs[f"{count} tests"]) for count in counts], counts),
            at_most=True,
            by_cpu=_growth([by_count.figures[f"{count} tests"].cpu_ms * count for count in counts], counts),
        ),
        Target(
            f"Growth: memory of the {most}, {sizes[-1]} samples against {sizes[0]}",
            _MOST,
            grown[most],
            at_most=True,
        ),
    ]


def _growth(costs: Sequence[float], counts: Sequence[int]) -> float:
    """What one test more costs between the larger two counts, in what it costs between the smaller two."""
    few, some, lots = costs
    return ((lots - some) / (counts[2] - counts[1])) / ((some - few) / (counts[1] - counts[0]))
