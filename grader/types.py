"""Values that the whole package shares: a sample, its grade, and the host it was graded on.

Imports no other module of the package at run time, so that every module can import this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.errors import SampleError
    from sandbox.types import LayerReport, Tier
    from testcases.verdict import Verdict

__all__ = [
    "BadSample",
    "Grade",
    "GradeStatus",
    "HostReport",
    "Metric",
    "MetricType",
    "Sample",
    "TestResult",
    "sample_label",
]


_MAX_LABEL = 80
_MAX_NUMBER_LABEL = 10**18


@dataclass(frozen=True, slots=True)
class Sample:
    """A completion and the reference that it is graded by."""

    id: Any
    """Returned with the grade, of any type; made up from the position in the batch when the caller sent none."""
    completion: str | None
    """The model's text; ``None`` when the caller sent no assistant turn."""
    reference: Any
    """The tests, in any format of `testcases.formats`: a dict, a list, or JSON text; ``None``: none were found."""
    prompt: str = ""
    """Text of the last user turn, prose or code; some formats of tests need it."""
    reference_field: str = "reference_answer"
    """Path of the reference in the event, for error messages."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of the event; never interpreted."""


@dataclass(frozen=True, slots=True)
class BadSample:
    """A sample that cannot be read. It keeps its position in the batch and gets a grade, which is unscored."""

    id: Any
    """As in `Sample`."""
    error: SampleError


def sample_label(sample_id: Any, index: int) -> str:
    """Name a sample in an error message, in one short line whatever its id is.

    Args:
        sample_id: as in `Sample`.
        index: position in the batch, from 0.
    """
    if isinstance(sample_id, str):
        # ascii() also escapes what could reverse or hide text in a log.
        short = sample_id.isprintable() and len(sample_id) <= _MAX_LABEL
        return sample_id if short else ascii(sample_id[:_MAX_LABEL])
    # The text of a huge integer would be as long as the integer, and Python refuses it above 4,300 digits.
    is_number = isinstance(sample_id, int) and abs(sample_id) < _MAX_NUMBER_LABEL
    return str(sample_id) if is_number else f"#{index}"


class GradeStatus(StrEnum):
    """Statuses of a grade."""

    SCORED = "scored"
    """The answer was graded."""
    UNSCORED = "unscored"
    """The grader or the reference failed. The setting ``unscored`` decides what the caller gets for a reward."""


class MetricType(StrEnum):
    """Types of a metric in the AWS contract: ``Reward`` is used in training, ``Metric`` is only reported."""

    REWARD = "Reward"
    METRIC = "Metric"


class Metric(NamedTuple):
    """One named number of a grade."""

    # Not a dataclass: a grade has about 17 of them, and a frozen dataclass takes three times as long to make.

    name: str
    value: float
    """Finite."""
    type: MetricType = MetricType.METRIC


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of one test of one sample."""

    __test__ = False  # pytest would collect it by its name

    verdict: Verdict
    name: str = ""
    """The test in a few words: ``add(1, 2)``, ``line 7: assert ...``."""
    detail: str = ""
    """The result or the error, cut at a limit; may contain text of the answer and of the tests."""
    test_index: int = 0
    """Index of the problem's test that it belongs to, from 0. A check function has several results."""


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
    """One line: why the sample is unscored, or what lowered the reward; empty when nothing did."""
    answer: str | None = None
    """The graded code; ``None`` when none was found."""
    problem: str = ""
    """Id of the problem, equal for equal tests in any batch; empty when the tests could not be read."""
    extraction_rule: str = ""
    """Name of the extraction rule that found the answer."""
    style_findings: tuple[str, ...] = ()
    """Findings of black and pyflakes, one line each."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock milliseconds of each stage, one after the other; together at most the metric ``duration_ms``.

    ``analysed``: waiting for an analyzer, and the analysis. ``fork`` and ``run``: starting a process, and running the
    tests. ``executed``: the rest of the execution, such as waiting for an executor. ``styled``: waiting for the style
    facts after the tests were done. A grade that needed no process has none.
    """

    def metric(self, name: str) -> float:
        """Return the value of the metric with this name.

        Raises:
            KeyError: no metric has this name.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric.value
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class HostReport:
    """Properties of the host that matter for grades."""

    tier: Tier
    """Isolation tier in use."""
    layers: tuple[LayerReport, ...]
    """All isolation layers, with the reasons why some are not active."""
    workers: int
    """Number of answers that run at a time."""
    python: str
    """Version of the Python interpreter that runs the answers."""
    kernel: str
    """Release of the Linux kernel."""

    def as_dict(self) -> dict[str, Any]:
        """Convert to JSON types."""
        return {
            "tier": self.tier.value,
            # Keys of the doctor's report, which tools and alarms read: they keep their names.
            "walls": [layer.as_dict() for layer in self.layers],
            "lanes": self.workers,
            "python": self.python,
            "kernel": self.kernel,
        }
