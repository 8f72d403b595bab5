"""What answers that were tried on a task say of the task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.dataset.findings import FindingKind
from grader.dataset.trials import UNSKILLED, TrialKind
from grader.extraction import ExtractionRule
from grader.grade import GradeStatus
from grader.report import one_line
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.dataset.trials import Trial
    from grader.grade import Grade

__all__ = ["Bounds", "Tried", "judge"]

_CHARS = 300
_CONTRARY = 2
_PASSED = Verdict.PASSED


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is still no finding."""

    guessable: float
    """The share of the tests that an answer without skill may pass."""
    cpu_s: float
    """CPU seconds that a solution may need for all tests."""


@dataclass(slots=True)
class Tried:
    """An answer and the grades it got, one for each time it was tried."""

    trial: Trial
    grades: list[Grade] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether it passed every test each time."""
        return all(grade.metric("functional") == 1.0 for grade in self.grades)

    @property
    def share(self) -> float:
        """The share of the tests it passed the first time."""
        return self.grades[0].metric("functional")

    @property
    def cpu_s(self) -> float:
        """CPU seconds it needed, at most."""
        return max(grade.metric("cpu_ms") for grade in self.grades) / 1000


def judge(tried: Sequence[Tried], bounds: Bounds) -> Iterator[tuple[FindingKind, str]]:
    """What is wrong with the task, most serious first.

    Args:
        tried: everything that was tried on it.
        bounds: what is still no finding.
    """
    unscored = next((one.grades[0] for one in tried if one.grades[0].status is GradeStatus.UNSCORED), None)
    if unscored is not None:
        yield FindingKind.BROKEN, _line(f"cannot be graded: {unscored.reason}")
        return
    solutions = [one for one in tried if one.trial.kind is TrialKind.SOLUTION]
    for one in solutions:
        yield from _solution(one, bounds)
    yield from _hollow([one for one in tried if one.trial.kind in (TrialKind.RAISING, TrialKind.STUB)])
    yield from _guessable([one for one in tried if one.trial.kind in UNSKILLED], bounds)


def _solution(one: Tried, bounds: Bounds) -> Iterator[tuple[FindingKind, str]]:
    label = one.trial.label
    grade = one.grades[0]
    if _is_other_code(one.trial, grade):
        yield FindingKind.BROKEN, f"{label}: the grader finds other code in it; see docs/extraction.md"
        return
    verdicts = [[test.verdict for test in again.tests] for again in one.grades]
    if any(other != verdicts[0] for other in verdicts):
        yield FindingKind.FLAKY, _line(f"{label}: {_difference(one.grades)}")
    elif not one.passed:
        failed = [test for test in grade.tests if test.verdict is not Verdict.PASSED]
        count = f"{label} fails {len(failed)} of {len(grade.tests)} tests"
        first = f"{failed[0].name}: {failed[0].verdict}: {failed[0].detail}" if failed else grade.reason
        yield FindingKind.BROKEN, _line(f"{count}: {first.removeprefix(': ').removesuffix(': ')}")
    if one.cpu_s > bounds.cpu_s:
        yield FindingKind.SLOW, f"{label} needs {one.cpu_s:.1f} CPU seconds, more than {bounds.cpu_s:g}"


def _hollow(tried: Sequence[Tried]) -> Iterator[tuple[FindingKind, str]]:
    """Tests that pass both with an answer that always raises and with one that never does."""
    tests = [one.grades[0].tests for one in tried]
    if len(tests) < _CONTRARY or len(set(map(len, tests))) > 1:
        return
    passed = [results[0] for results in zip(*tests, strict=True) if {one.verdict for one in results} == {_PASSED}]
    if passed:
        count = f"{len(passed)} of {len(tests[0])} tests pass whatever the answer does"
        yield FindingKind.BROKEN, _line(f"{count}: {passed[0].name}")


def _guessable(tried: Sequence[Tried], bounds: Bounds) -> Iterator[tuple[FindingKind, str]]:
    """The best of the answers without skill, if it is too good."""
    best = max(tried, key=lambda one: one.share, default=None)
    if best is None:
        return
    tests = best.grades[0].tests
    if best.share > bounds.guessable or best.share == 1.0:
        passed = sum(test.verdict is Verdict.PASSED for test in tests)
        yield FindingKind.GUESSABLE, _line(f"{best.trial.label} passes {passed} of {len(tests)} tests")


def _difference(grades: Sequence[Grade]) -> str:
    """The first test that fared differently, and how."""
    if len({len(grade.tests) for grade in grades}) > 1:
        return f"has {', '.join(str(len(grade.tests)) for grade in grades)} tests"
    for results in zip(*(grade.tests for grade in grades), strict=True):
        if len({result.verdict for result in results}) > 1:
            return f"{results[0].name}: {', '.join(result.verdict for result in results)}"
    return ""


def _is_other_code(trial: Trial, grade: Grade) -> bool:
    """Whether what ran is not the solution; nobody knows where that is text with code in it."""
    if not trial.code or grade.extraction_rule == ExtractionRule.BODY_ONLY:
        return False
    return grade.answer is None or grade.answer.strip() != trial.code.replace("\r\n", "\n").strip()


def _line(text: str) -> str:
    return one_line(text, _CHARS)
