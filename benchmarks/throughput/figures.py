"""Medians and ratios of runs."""

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
    """What a contender made of a workload."""

    rates: tuple[float, ...]
    """Units a second, for each round."""
    cpu_ms_by_role: dict[str, float]
    """CPU milliseconds for each unit that processes of a role have used; medians."""
    wrong: int
    """Verdicts that are not as the workload has them, in the worst round."""
    unscored: int
    """Samples without a verdict, in the worst round."""
    peaks_mb: dict[str, float]
    """The largest of each role in any round."""

    @property
    def rate(self) -> float:
        """The median."""
        return median(self.rates)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds for each unit."""
        return sum(self.cpu_ms_by_role.values())

    @property
    def spread(self) -> float:
        """The widest distance of a round from the median, as a part of the median."""
        return max(abs(rate - self.rate) for rate in self.rates) / self.rate

    def as_dict(self) -> dict[str, Any]:
        """As JSON can say it."""
        return {
            "rate": self.rate, "rates": list(self.rates), "spread": self.spread, "cpu_ms": self.cpu_ms,
            "cpu_ms_by_role": self.cpu_ms_by_role, "wrong": self.wrong, "unscored": self.unscored,
            "peaks_mb": self.peaks_mb,
        }  # fmt: skip


def figures_of(runs: Sequence[Run], units: int, right: Sequence[bool]) -> Figures:
    """Put runs of one workload together.

    Args:
        runs: one for each round.
        units: what a run has judged.
        right: what the verdicts should be.
    """
    return Figures(
        rates=tuple(units / run.seconds for run in runs),
        cpu_ms_by_role={
            role: median(run.usage.cpu_s.get(role, 0.0) for run in runs) / units * 1000
            for role in sorted({role for run in runs for role in run.usage.cpu_s})
        },
        wrong=max(sum(told != wanted for told, wanted in zip(run.passed, right, strict=True)) for run in runs),
        unscored=max(len(run.told.get("unscored", ())) for run in runs),
        peaks_mb=_largest(run.usage.peaks_mb for run in runs),
    )


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """The median of the ratios of two contenders' rates, round by round: what slows a round down slows down both."""
    return median(one / other for one, other in zip(first, second, strict=True))


def _largest(peaks: Iterable[dict[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in peaks:
        for role, size in one.items():
            found[role] = max(found.get(role, 0.0), size)
    return found
