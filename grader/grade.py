"""What a sample got."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from testcases.verdict import Verdict

__all__ = ["Grade", "GradeStatus", "Metric", "MetricType", "TestResult"]


class GradeStatus(StrEnum):
    """Whether a sample could be graded."""

    SCORED = "scored"
    """The reward says something about the answer."""
    UNSCORED = "unscored"
    """The grader or its caller failed; the reward is whatever the policy says, and means nothing."""


class MetricType(StrEnum):
    """The two types AWS knows: ``Reward`` is used in training, ``Metric`` is only reported."""

    REWARD = "Reward"
    METRIC = "Metric"


@dataclass(frozen=True, slots=True)
class Metric:
    """One named number of a grade."""

    name: str
    value: float
    """Finite."""
    type: MetricType = MetricType.METRIC


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test of one sample."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    verdict: Verdict
    name: str = ""
    """What the test is, for people: ``add(1, 2)``, ``line 7: assert ...``."""
    detail: str = ""
    """What came back or went wrong, for people, capped; may hold text of the answer and of the tests."""
    place: int = 0
    """Which of the problem's tests it belongs to, from 0: a check function counts as several."""


@dataclass(frozen=True, slots=True)
class Grade:
    """The result of one sample."""

    sample_id: Any
    status: GradeStatus
    reward: float | None
    """In [0, 1]; ``None`` when unscored."""
    metrics: tuple[Metric, ...]
    """The same names in the same order for every sample."""
    tests: tuple[TestResult, ...] = ()
    reason: str = ""
    """One line for people: why unscored, or what kept the reward down; empty when there is nothing to say."""
    answer: str | None = None
    """The code that was graded; ``None`` when none was found."""
    problem: str = ""
    """The same for samples that have the same tests, in any batch; empty when the tests could not be read."""
    extraction_rule: str = ""
    """Name of the rule that found the answer."""
    style_findings: tuple[str, ...] = ()
    """What black and pyflakes found, a line each."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock milliseconds of each stage."""

    def metric(self, name: str) -> float:
        """Value of the metric with this name.

        Raises:
            KeyError: there is no such metric.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric.value
        raise KeyError(name)
