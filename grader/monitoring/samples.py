"""The line of one sample."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from grader.grade import GradeStatus
from grader.sample import label_of

if TYPE_CHECKING:
    from grader.monitoring.graded import Graded

__all__ = ["sample_line"]

_REASON_CHARS = 300
_ANSWER_CHARS = 16_384
_TESTS = 50
_DETAIL_CHARS = 200
_DIGITS = 6


def sample_line(graded: Graded, place: int, *, full: bool) -> dict[str, Any]:
    """What there is to say of the sample at a place of the batch.

    Args:
        graded: the batch.
        place: from 0.
        full: also what holds text of the answer or of the tests: the answer, what came back from each test, and the
            reason of a scored sample, which names one.
    """
    grade = graded.grades[place]
    is_unscored = grade.status is GradeStatus.UNSCORED
    line: dict[str, Any] = {
        "event": "sample",
        "request": graded.request,
        "id": label_of(grade.sample_id, place),
        "problem": grade.problem,
        "status": grade.status.value,
        "reward": rounded(grade.reward),
        "tier": graded.host.tier.value,
        "verdicts": dict(Counter(test.verdict.value for test in grade.tests)),
    }
    line |= {metric.name: rounded(metric.value) for metric in grade.metrics}
    line["timings_ms"] = {stage: round(value, 1) for stage, value in grade.timings_ms.items()}
    if is_unscored or full:
        line["reason"] = _capped(grade.reason, _REASON_CHARS)
    if full:
        line["answer"] = None if grade.answer is None else grade.answer[:_ANSWER_CHARS]
        line["tests"] = [_test(test.verdict.value, test.name, test.detail) for test in grade.tests[:_TESTS]]
    return line


def rounded(value: float | None) -> float | None:
    """A number with no more digits than anybody reads."""
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)


def _test(verdict: str, name: str, detail: str) -> dict[str, str]:
    return {"verdict": verdict, "name": _capped(name, _DETAIL_CHARS), "detail": _capped(detail, _DETAIL_CHARS)}


def _capped(text: str, most: int) -> str:
    return " ".join(text[: 4 * most].split())[:most]
