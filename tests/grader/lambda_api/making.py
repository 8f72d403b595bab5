"""Grades and batches made by hand, for the tests of responses and log records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from grader.core.scoring import MetricInputs, RewardParts, build_metrics, unscored_grade
from grader.lambda_api.batch_log import GradedBatch
from grader.types import Grade, GradeStatus, HostReport, TestResult
from sandbox.types import LayerReport, Tier
from testcases.verdict import Verdict

__all__ = ["HOST", "graded", "scored", "unscored_grade"]

HOST = HostReport(
    Tier.SECCOMP, (LayerReport("rlimits", True), LayerReport("namespaces", False, "refused")), 2, "3.13.1", "5.10"
)


def scored(reward: float, *, problem: str = "p", name: Any = "a", passed: int = 1, **seen: Any) -> Grade:
    """A grade with this reward and one test that timed out, besides those that passed."""
    tests = [TestResult(Verdict.PASSED, "the-test")] * passed + [TestResult(Verdict.TIMEOUT, "the-test", "the-answer")]
    parts = RewardParts(1.0, passed / len(tests), 0.5)
    return Grade(
        sample_id=name,
        status=GradeStatus.SCORED,
        reward=reward,
        metrics=build_metrics(parts, tests, MetricInputs(isolation_tier=2, duration_ms=4.5, **seen), code_found=True),
        tests=tuple(tests),
        reason="the-test: timeout: the-answer",
        answer="the-answer",
        problem=problem,
        timings_ms={"analysed": 1.23456},
    )


def graded(*grades: Grade, **more: Any) -> GradedBatch:
    """A batch of these grades, half a second of two old."""
    facts: dict[str, Any] = {
        "elapsed_s": 0.5,
        "deadline_s": 2.0,
        "request": "r-1",
        "at": datetime(2026, 11, 21, tzinfo=UTC),
    }
    return GradedBatch(grades, HOST, **{**facts, **more})
