"""Values that the whole package shares: a sample, its grade, and the host it was graded on.

Nothing of the package is imported here at run time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

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
    """What a caller sends: the completion and the reference to hold it against."""

    id: Any
    """Echoed as it came, type and all; made up from the place in the batch when the caller sent none."""
    completion: str | None
    """The model's text; ``None`` when the caller sent no assistant turn."""
    reference: Any
    """The tests, in any of the formats of `testcases.formats`: a dict, a list, or JSON text. ``None`` when
    none was found."""
    prompt: str = ""
    """Text of the last user turn; prose or code; for formats whose tests need it."""
    reference_field: str = "reference_answer"
    """Where the reference was found, for error messages."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else came along; never interpreted."""


@dataclass(frozen=True, slots=True)
class BadSample:
    """A sample that cannot be read. It keeps its place in the batch, and gets a result like any other."""

    id: Any
    """As in `Sample`."""
    error: SampleError


def sample_label(sample_id: Any, place: int) -> str:
    """What to call a sample in an error message: one short line, whatever its id is.

    Args:
        sample_id: as in `Sample`.
        place: in the batch, from 0.
    """
    if isinstance(sample_id, str):
        short = sample_id.isprintable() and len(sample_id) <= _MAX_LABEL
        return sample_id if short else ascii(sample_id[:_MAX_LABEL])
    is_number = isinstance(sample_id, int) and abs(sample_id) < _MAX_NUMBER_LABEL
    return str(sample_id) if is_number else f"#{place}"


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
    """Wall-clock milliseconds of each stage, one after the other; together at most the metric ``duration_ms``.

    ``analysed``: waiting for an analyzer, and the analysis. ``fork`` and ``run``: starting a process, and running the
    tests. ``executed``: the rest of the execution, such as waiting for an executor. ``styled``: waiting for the style
    facts after the tests were done. A grade that needed no process has none.
    """

    def metric(self, name: str) -> float:
        """Value of the metric with this name.

        Raises:
            KeyError: there is no such metric.
        """
        for metric in self.metrics:
            if metric.name == name:
                return metric.value
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class HostReport:
    """The host, as far as it matters for grades."""

    tier: Tier
    """The set of walls in use."""
    layers: tuple[LayerReport, ...]
    """Every wall, and why it does not stand where it does not."""
    workers: int
    """How many answers run at a time."""
    python: str
    """Version of the interpreter that answers run in."""
    kernel: str

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return {
            "tier": self.tier.value,
            "walls": [layer.as_dict() for layer in self.layers],
            "lanes": self.workers,
            "python": self.python,
            "kernel": self.kernel,
        }
