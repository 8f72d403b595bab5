"""The answer and the tests of a grade as JSON data, for result files and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.types import Grade

__all__ = ["MAX_TESTS", "grade_details"]

MAX_TESTS: Final = 20
"""Tests that are kept of a sample. Some problems have a thousand, of which the first failures tell enough."""
_MAX_FINDINGS: Final = 20
_MAX_PROMPT_CHARS: Final = 16 * 1024


def grade_details(grade: Grade, prompt: str) -> dict[str, Any]:
    """Return the prompt, the answer, its first tests (those that failed before others), style findings and timings.

    The tests are in their order, each with its index among all of them. They hold text of the tests.
    """
    numbered = list(enumerate(grade.tests))
    if len(numbered) > MAX_TESTS:
        failed_first = sorted(numbered, key=lambda item: item[1].verdict is Verdict.PASSED)
        numbered = sorted(failed_first[:MAX_TESTS])
    return {
        "prompt": prompt[:_MAX_PROMPT_CHARS],
        "answer": grade.answer,
        "tests": [
            {"index": index, "verdict": test.verdict.value, "name": test.name, "detail": test.detail}
            for index, test in numbered
        ],
        "style_findings": list(grade.style_findings[:_MAX_FINDINGS]),
        "timings_ms": {stage: round(value, 1) for stage, value in grade.timings_ms.items()},
    }
