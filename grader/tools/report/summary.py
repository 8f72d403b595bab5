"""The summary of a run of many samples."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.text import one_line
from grader.types import GradeStatus

if TYPE_CHECKING:
    from grader.types import Grade

__all__ = ["RunningStats", "SlowSample", "Summary", "UnscoredSample"]

SLOWEST_KEPT = 5
FAILURES_KEPT = 20


@dataclass(slots=True)
class RunningStats:
    """Mean and extremes of numbers that are not kept."""

    count: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def add(self, value: float) -> None:
        """Count one more number."""
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)

    @property
    def mean(self) -> float | None:
        """``None`` when there are no numbers."""
        return self.total / self.count if self.count else None

    def as_dict(self) -> dict[str, float] | None:
        """The same as JSON can say it."""
        return {"mean": self.total / self.count, "min": self.least, "max": self.most} if self.count else None


@dataclass(frozen=True, slots=True, order=True)
class SlowSample:
    """A sample that took long."""

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
    """Counts grades, keeps none of them, and tells what they came to: `as_dict` for machines, `tables` for people."""

    samples: int = 0
    unscored: int = 0
    reward: RunningStats = field(default_factory=RunningStats)
    """Of the scored samples."""
    metrics: dict[str, RunningStats] = field(default_factory=dict)
    """Of the scored samples, by name."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Of the tests of the scored samples."""
    slowest: list[SlowSample] = field(default_factory=list)
    """The worst of them, the slowest first."""
    failures: list[UnscoredSample] = field(default_factory=list)
    """The first of them."""

    def add(self, grade: Grade, line: int = 0) -> None:
        """Count one grade.

        Args:
            grade: what a sample got.
            line: the line of the file it was on, from 1; 0 when there is no file.
        """
        self.samples += 1
        name = one_line(grade.sample_id, 60)
        if grade.status is GradeStatus.UNSCORED or grade.reward is None:
            self.unscored += 1
            if len(self.failures) < FAILURES_KEPT:
                self.failures.append(UnscoredSample(name, line, one_line(grade.reason or "no reason given")))
            return
        self.reward.add(grade.reward)
        for metric in grade.metrics:
            self.metrics.setdefault(metric.name, RunningStats()).add(metric.value)
        self.verdicts.update(test.verdict.value for test in grade.tests)
        self.slowest = heapq.nlargest(SLOWEST_KEPT, [*self.slowest, SlowSample(_duration_ms(grade), name, line)])

    @property
    def scored(self) -> int:
        """How many samples have a reward that means something."""
        return self.samples - self.unscored

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return {
            "samples": self.samples,
            "scored": self.scored,
            "unscored": self.unscored,
            "reward": self.reward.as_dict(),
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
