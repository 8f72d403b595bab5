"""The summary of a run of many samples."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.text import one_line, sample_name
from grader.tools.report.groups import ProblemGroups, RewardDistribution
from grader.types import GradeStatus

if TYPE_CHECKING:
    from grader.types import Grade

__all__ = ["RunningStats", "SlowSample", "Summary", "UnscoredSample"]

SLOWEST_KEPT = 5
FAILURES_KEPT = 20


@dataclass(slots=True)
class RunningStats:
    """Mean, minimum and maximum of a series of numbers; the numbers themselves are not stored."""

    count: int = 0
    total: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, value: float) -> None:
        """Add a number."""
        self.count += 1
        self.total += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)

    @property
    def mean(self) -> float | None:
        """Arithmetic mean, or ``None`` without numbers."""
        return self.total / self.count if self.count else None

    def as_dict(self) -> dict[str, float] | None:
        """Return the statistics as JSON data, or ``None`` without numbers."""
        return {"mean": self.total / self.count, "min": self.minimum, "max": self.maximum} if self.count else None


@dataclass(frozen=True, slots=True, order=True)
class SlowSample:
    """One of the slowest samples."""

    duration_ms: float
    sample: str
    line: int


@dataclass(frozen=True, slots=True)
class UnscoredSample:
    """A sample without a score."""

    sample: str
    line: int
    reason: str


@dataclass(slots=True)
class Summary:
    """Statistics of a run's grades, which are not stored themselves.

    `grader.tools.report.tables.summary_tables` shows it, `as_dict` makes JSON of it.
    """

    samples: int = 0
    unscored: int = 0
    reward: RunningStats = field(default_factory=RunningStats)
    """Rewards of the scored samples."""
    metrics: dict[str, RunningStats] = field(default_factory=dict)
    """Metrics of the scored samples, by name."""
    rewards: RewardDistribution = field(default_factory=RewardDistribution)
    """How the rewards of the scored samples are distributed."""
    problems: ProblemGroups = field(default_factory=ProblemGroups)
    """The scored samples of each problem."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Number of tests of the scored samples, by verdict."""
    slowest: list[SlowSample] = field(default_factory=list)
    """The slowest samples, the slowest first; at most `SLOWEST_KEPT`."""
    failures: list[UnscoredSample] = field(default_factory=list)
    """The first unscored samples; at most `FAILURES_KEPT`."""

    def add(self, grade: Grade, line: int = 0) -> None:
        """Count one grade.

        Args:
            grade: grade of a sample.
            line: line of the sample in its file, from 1; 0 if there is no file.
        """
        self.samples += 1
        name = sample_name(grade.sample_id)
        if grade.status is GradeStatus.UNSCORED or grade.reward is None:
            self.unscored += 1
            if len(self.failures) < FAILURES_KEPT:
                self.failures.append(UnscoredSample(name, line, one_line(grade.reason or "no reason given")))
            return
        self.reward.add(grade.reward)
        self.rewards.add(grade.reward)
        self.problems.add(grade)
        for metric in grade.metrics:
            self.metrics.setdefault(metric.name, RunningStats()).add(metric.value)
        self.verdicts.update(test.verdict.value for test in grade.tests)
        # Memory stays constant however many samples a file has: only the slowest and the first failures are stored.
        self.slowest = heapq.nlargest(SLOWEST_KEPT, [*self.slowest, SlowSample(_duration_ms(grade), name, line)])

    @property
    def scored(self) -> int:
        """Number of samples with a reward."""
        return self.samples - self.unscored

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as JSON data."""
        return {
            "samples": self.samples,
            "scored": self.scored,
            "unscored": self.unscored,
            "reward": self.reward.as_dict(),
            "reward_percentiles": {str(one): value for one, value in self.rewards.percentiles().items()},
            "problems": self.problems.as_dict(),
            "metrics": {name: values.as_dict() for name, values in self.metrics.items()},
            "verdicts": dict(self.verdicts.most_common()),
            "slowest": [
                {"id": slow.sample, "line": slow.line, "duration_ms": slow.duration_ms} for slow in self.slowest
            ],
            "failures": [
                {"id": failure.sample, "line": failure.line, "reason": failure.reason} for failure in self.failures
            ],
        }


def _duration_ms(grade: Grade) -> float:
    try:
        return grade.metric("duration_ms")
    except KeyError:
        return math.fsum(grade.timings_ms.values())
