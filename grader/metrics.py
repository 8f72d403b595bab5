"""The metrics of a grade: the same names in the same order for every sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.extraction import ExtractionRule
from grader.grade import Metric, MetricType
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.grade import TestResult
    from grader.reward import Parts

__all__ = ["METRIC_NAMES", "Observations", "metrics_of"]

METRIC_NAMES: tuple[str, ...] = (
    "syntax", "functional", "style",
    "tests_passed", "tests_total", "timeouts", "policy_violation", "code_found", "code_truncated", "stub",
    "extraction_rule", "grader_error", "isolation_tier", "shared_process", "cpu_ms", "peak_mb", "duration_ms",
)  # fmt: skip
"""Every sample has these; the first three are of type ``Reward``."""


@dataclass(frozen=True, slots=True)
class Observations:
    """What is known of a sample besides its tests and parts."""

    extraction_rule: ExtractionRule = ExtractionRule.NONE
    code_truncated: bool = False
    policy_violation: bool = False
    stub: bool = False
    grader_error: bool = False
    isolation_tier: int = 0
    """1 is the lowest tier; 0 when nothing ran."""
    shared_process: bool = False
    """Tests were held in the answer's own process: what passed is weaker evidence."""
    cpu_ms: float = 0.0
    peak_mb: float = 0.0
    duration_ms: float = 0.0


def metrics_of(
    parts: Parts, tests: Sequence[TestResult], seen: Observations, *, code_found: bool
) -> tuple[Metric, ...]:
    """The metrics of a sample, in the order of `METRIC_NAMES`."""
    verdicts = [test.verdict for test in tests]
    values = (
        parts.syntax,
        parts.functional,
        parts.style,
        verdicts.count(Verdict.PASSED),
        len(verdicts),
        verdicts.count(Verdict.TIMEOUT),
        seen.policy_violation or Verdict.POLICY in verdicts,
        code_found,
        seen.code_truncated,
        seen.stub,
        list(ExtractionRule).index(seen.extraction_rule),
        seen.grader_error,
        seen.isolation_tier,
        seen.shared_process,
        seen.cpu_ms,
        seen.peak_mb,
        seen.duration_ms,
    )
    rewards = 3
    return tuple(
        Metric(name, float(value), MetricType.REWARD if place < rewards else MetricType.METRIC)
        for place, (name, value) in enumerate(zip(METRIC_NAMES, values, strict=True))
    )
