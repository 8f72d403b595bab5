"""Medians of runs, and ratios between contenders."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.throughput.contender import Run

__all__ = ["Figures", "figures_of", "ratio"]


@dataclass(frozen=True, slots=True)
class Figures:
    """Results of a contender on a workload."""

    rates: tuple[float, ...]
    """Units per second, by round."""
    cpu_ms_by_role: dict[str, float]
    """Median CPU milliseconds per unit, by role of the processes."""
    wrong: int
    """Number of verdicts that differ from the workload's, in the worst round."""
    unscored: int
    """Number of samples without a verdict, in the worst round."""
    peaks_mb: dict[str, float]
    """Largest resident size of a process in any round, by role."""

    @property
    def rate(self) -> float:
        """Median of the rates."""
        return median(self.rates)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds per unit, of all roles."""
        return sum(self.cpu_ms_by_role.values())

    @property
    def spread(self) -> float:
        """Largest distance of a round from the median, as a fraction of the median."""
        return max(abs(rate - self.rate) for rate in self.rates) / self.rate

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON data."""
        return {
            "rate": self.rate, "rates": list(self.rates), "spread": self.spread, "cpu_ms": self.cpu_ms,
            "cpu_ms_by_role": self.cpu_ms_by_role, "wrong": self.wrong, "unscored": self.unscored,
            "peaks_mb": self.peaks_mb,
        }  # fmt: skip


def figures_of(runs: Sequence[Run], units: int, right: Sequence[bool]) -> Figures:
    """Combine the runs of one workload.

    Args:
        runs: a run for each round.
        units: number of units in a run.
        right: expected verdicts.
    """
    return Figures(
        rates=tuple(units / run.seconds for run in runs),
        cpu_ms_by_role={
            role: median(run.usage.cpu_s.get(role, 0.0) for run in runs) / units * 1000
            for role in sorted({role for run in runs for role in run.usage.cpu_s})
        },
        wrong=max(sum(actual != expected for actual, expected in zip(run.passed, right, strict=True)) for run in runs),
        unscored=max(len(run.details.get("unscored", ())) for run in runs),
        peaks_mb=_largest(run.usage.peaks_mb for run in runs),
    )


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the median of the ratios of two contenders' rates by round; a slow round affects both sides."""
    return median(one / other for one, other in zip(first, second, strict=True))


def _largest(peaks: Iterable[dict[str, float]]) -> dict[str, float]:
    largest: dict[str, float] = {}
    for one in peaks:
        for role, size in one.items():
            largest[role] = max(largest.get(role, 0.0), size)
    return largest
