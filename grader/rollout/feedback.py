"""The user's turn after an answer that fails: what the model is told of it.

Hidden tests are not told, nor whether they fail: what a model learns of them in training, it will not have later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.types import Grade, TestResult

__all__ = ["feedback_on"]

_MAX_TESTS: Final = 8
_MAX_CHARS: Final = 600
"""Characters that are shown of one test."""
_AGAIN: Final = "Reply with the whole corrected program in one ```python block."


def feedback_on(grade: Grade, visible_tests: int) -> str | None:
    """Say what is wrong with an answer; ``None`` if nothing is that the model may see.

    Args:
        grade: grade of the answer; not unscored.
        visible_tests: number of tests, from the first on, that the model may see.
    """
    # Then the reason is about the answer itself: no code, a syntax error, a missing name. It names no test.
    if grade.metric("syntax") == 0.0:
        return f"Your answer cannot be used: {_cut(grade.reason)}\n\n{_AGAIN}"
    results = [test for test in grade.tests if test.test_index < visible_tests]
    failed = [test for test in results if test.verdict is not Verdict.PASSED]
    if not failed:
        return None
    lines = list(dict.fromkeys(_line(test) for test in failed))
    shown = lines[:_MAX_TESTS]
    if len(lines) > _MAX_TESTS:
        shown.append(f"- and {len(lines) - _MAX_TESTS} more")
    return "\n".join([f"{len(failed)} of {len(results)} tests fail:", "", *shown, "", _AGAIN])


def _line(test: TestResult) -> str:
    return "- " + ": ".join(filter(None, (_cut(test.name), test.verdict.value, _cut(test.detail))))


def _cut(text: str) -> str:
    text = " ".join(text[: 4 * _MAX_CHARS].split())
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]} ..."
