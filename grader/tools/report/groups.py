"""Statistics by problem: pass rate, pass@k, and groups that have nothing to teach."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.types import Grade

__all__ = ["PASS_AT", "PERCENTILES", "ProblemGroups", "RewardDistribution", "pass_at_k"]

PASS_AT: Final = (1, 5, 10, 100)
"""Numbers of samples for which pass@k is calculated, if every problem has as many."""
PERCENTILES: Final = (5, 25, 50, 75, 95)
_DIGITS: Final = 3


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """Estimate the probability that one of k samples passes, without bias.

    Source: Chen et al., "Evaluating Large Language Models Trained on Code" (2021), section 2.1:
    1 - C(n-c, k) / C(n, k).

    Args:
        samples: number of samples of the problem, at least `k`.
        passed: number of them that passed.
        k: number of samples that one may draw.
    """
    return 1.0 - math.comb(samples - passed, k) / math.comb(samples, k)


@dataclass(slots=True)
class _Group:
    """The samples of one problem."""

    samples: int = 0
    passed: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf


@dataclass(slots=True)
class ProblemGroups:
    """Counts the scored samples of each problem; the samples themselves are not stored."""

    groups: dict[str, _Group] = field(default_factory=dict)
    """Groups by id of the problem."""

    def add(self, grade: Grade) -> None:
        """Count a grade that has a reward."""
        if grade.reward is None or not grade.problem:
            return
        group = self.groups.setdefault(grade.problem, _Group())
        group.samples += 1
        group.passed += bool(grade.tests) and all(test.verdict is Verdict.PASSED for test in grade.tests)
        group.minimum = min(group.minimum, grade.reward)
        group.maximum = max(group.maximum, grade.reward)

    @property
    def pass_rate(self) -> float | None:
        """Mean over all problems of the share of samples that passed every test; ``None`` without problems."""
        rates = [group.passed / group.samples for group in self.groups.values()]
        return math.fsum(rates) / len(rates) if rates else None

    @property
    def pass_at(self) -> dict[int, float]:
        """Mean of pass@k over all problems, for each k of `PASS_AT` that no problem has fewer samples than."""
        fewest = min((group.samples for group in self.groups.values()), default=0)
        return {
            k: math.fsum(pass_at_k(group.samples, group.passed, k) for group in self.groups.values()) / len(self.groups)
            for k in PASS_AT
            if k <= fewest
        }

    @property
    def several(self) -> int:
        """Number of problems with more than one sample."""
        return sum(group.samples > 1 for group in self.groups.values())

    @property
    def without_spread(self) -> int:
        """Number of these whose samples all have the same reward: their advantages are 0, so they teach nothing."""
        return sum(group.samples > 1 and group.minimum == group.maximum for group in self.groups.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the statistics as JSON data."""
        return {
            "count": len(self.groups),
            "pass_rate": self.pass_rate,
            "pass_at_k": {str(k): value for k, value in self.pass_at.items()},
            "with_several_samples": self.several,
            "without_spread": self.without_spread,
        }


@dataclass(slots=True)
class RewardDistribution:
    """Counts rewards, rounded to a thousandth, so that memory stays constant."""

    counts: Counter[float] = field(default_factory=Counter)

    def add(self, reward: float) -> None:
        """Count a reward."""
        self.counts[round(reward, _DIGITS)] += 1

    def percentiles(self) -> dict[int, float]:
        """Return the nearest-rank percentiles of `PERCENTILES`; empty without rewards."""
        total = self.counts.total()
        if not total:
            return {}
        found: dict[int, float] = {}
        seen = 0
        waiting = list(PERCENTILES)
        for reward, count in sorted(self.counts.items()):
            seen += count
            while waiting and seen >= math.ceil(waiting[0] / 100 * total):
                found[waiting.pop(0)] = reward
        return found
