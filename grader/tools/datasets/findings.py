"""Derive the findings of a check: faults of a task that the results of probes show."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from grader.extraction import ExtractionRule
from grader.text import one_line
from grader.tools.datasets.probes import TRIVIAL_KINDS, ProbeKind
from grader.types import GradeStatus
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.tools.datasets.probes import Probe
    from grader.types import Grade

__all__ = ["CheckReport", "Finding", "FindingKind", "ProbeResult", "Thresholds", "find_faults"]


class FindingKind(StrEnum):
    """Kinds of faults."""

    BROKEN = "broken"
    """The row cannot be read, or its own solution fails, or a test passes whatever the answer does."""
    GUESSABLE = "guessable"
    """A trivial answer, such as a constant or a stub, passes most of the tests."""
    FLAKY = "flaky"
    """The same solution has other verdicts when it is run again, or when its tests run in reverse order."""
    SLOW = "slow"
    """A solution needs much of the CPU time limit."""
    DUPLICATE = "duplicate"
    """Another row has the same id, or the same text."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one row."""

    kind: FindingKind
    place: str
    """Place of the row: ``mbpp.jsonl:7``."""
    row: int
    """Number of the row, from 1."""
    id: str
    """Id of the task; empty where it cannot be read."""
    detail: str
    """Description of the fault, in a line for people; may quote tests and solutions."""


@dataclass(slots=True)
class CheckReport:
    """Counts and findings of a check."""

    rows: int = 0
    tasks: int = 0
    """Rows that could be read."""
    with_solution: int = 0
    """Tasks that came with a solution."""
    solutions: int = 0
    """Solutions that were run."""
    passing: int = 0
    """Solutions that passed every test each time."""
    tests: int = 0
    """Tests of all tasks."""
    stubs_passing: int = 0
    """Tasks in which a stub passes at least one test; not a finding by itself, since ``None`` may be right."""
    trivial_baseline_sum: float = 0.0
    """Sum over the tasks of the share of tests that the best trivial answer passes, such as a constant or a stub."""
    runs: int = 0
    """Probes that were graded, repetitions included."""
    elapsed_s: float = 0.0
    broke_off: str = ""
    """Reason why the rest of the rows could not be read; empty when all were."""
    formats: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    """Findings, in the order of the rows."""

    @property
    def unskilled_share(self) -> float:
        """Mean over the tasks of the share of tests that the best trivial answer passes."""
        return self.trivial_baseline_sum / self.tasks if self.tasks else 0.0

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings of each kind."""
        counts = Counter(finding.kind for finding in self.findings)
        return {kind.value: counts[kind] for kind in FindingKind}

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "rows": self.rows,
            "tasks": self.tasks,
            "with_solution": self.with_solution,
            "solutions": self.solutions,
            "passing": self.passing,
            "tests": self.tests,
            "stubs_passing": self.stubs_passing,
            "unskilled_share": round(self.unskilled_share, 4),
            "runs": self.runs,
            "elapsed_s": round(self.elapsed_s, 3),
            "broke_off": self.broke_off,
            "formats": dict(self.formats.most_common()),
            "counts": self.counts,
            "findings": [asdict(finding) for finding in self.findings],
        }


_MAX_CHARS = 300
_MIN_PROBES = 2
_PASSED = Verdict.PASSED


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Bounds below which there is no finding."""

    guessable: float
    """Share of the tests that a trivial answer may pass."""
    cpu_s: float
    """CPU seconds that a solution may need for all tests."""


@dataclass(slots=True)
class ProbeResult:
    """A probe and its grades, one for each time it was run."""

    probe: Probe
    grades: list[Grade] = field(default_factory=list)
    reversed_grade: Grade | None = None
    """Grade of a solution that passes, with the tests in reverse order; ``None`` where they have no order to change."""

    @property
    def passed(self) -> bool:
        """True if it passed every test each time."""
        return all(grade.metric("functional") == 1.0 for grade in self.grades)

    @property
    def share(self) -> float:
        """Share of the tests that it passed the first time."""
        return self.grades[0].metric("functional")

    @property
    def cpu_s(self) -> float:
        """CPU seconds of its longest run."""
        return max(grade.metric("cpu_ms") for grade in self.grades) / 1000


def find_faults(results: Sequence[ProbeResult], bounds: Thresholds) -> Iterator[tuple[FindingKind, str]]:
    """Yield the faults of a task, most serious first.

    Args:
        results: results of all its probes.
        bounds: bounds below which there is no finding.
    """
    # Without a score there are no verdicts to compare, so this is the only finding.
    unscored = next((one.grades[0] for one in results if one.grades[0].status is GradeStatus.UNSCORED), None)
    if unscored is not None:
        yield FindingKind.BROKEN, _one_line(f"cannot be graded: {unscored.reason}")
        return
    for result in results:
        if result.probe.kind is ProbeKind.SOLUTION:
            yield from _solution_findings(result, bounds)
    yield from _vacuous_tests([one for one in results if one.probe.kind in (ProbeKind.RAISING, ProbeKind.STUB)])
    yield from _guessable_tests([one for one in results if one.probe.kind in TRIVIAL_KINDS], bounds)


def _solution_findings(result: ProbeResult, bounds: Thresholds) -> Iterator[tuple[FindingKind, str]]:
    label = result.probe.label
    grade = result.grades[0]
    if _is_other_code(result.probe, grade):
        yield FindingKind.BROKEN, f"{label}: the grader finds other code in it; see docs/extraction.md"
        return
    # Only verdicts are compared: details may quote addresses and times, which always differ.
    verdicts = [[test.verdict for test in again.tests] for again in result.grades]
    if any(other != verdicts[0] for other in verdicts):
        yield FindingKind.FLAKY, _one_line(f"{label}: {_difference(result.grades)}")
    elif (again := result.reversed_grade) is not None and again.metric("functional") != 1.0:
        failed = [test for test in again.tests if test.verdict is not Verdict.PASSED]
        first = f": {failed[0].name}: {failed[0].verdict}" if failed else ""
        yield FindingKind.FLAKY, _one_line(f"{label} fails {len(failed)} tests when they run in reverse order{first}")
    elif not result.passed:
        failed = [test for test in grade.tests if test.verdict is not Verdict.PASSED]
        count = f"{label} fails {len(failed)} of {len(grade.tests)} tests"
        first = f"{failed[0].name}: {failed[0].verdict}: {failed[0].detail}" if failed else grade.reason
        yield FindingKind.BROKEN, _one_line(f"{count}: {first.removeprefix(': ').removesuffix(': ')}")
    if result.cpu_s > bounds.cpu_s:
        yield FindingKind.SLOW, f"{label} needs {result.cpu_s:.1f} CPU seconds, more than {bounds.cpu_s:g}"


def _vacuous_tests(probes: Sequence[ProbeResult]) -> Iterator[tuple[FindingKind, str]]:
    """Find tests that pass both with an answer that always raises and with one that never does."""
    tests = [one.grades[0].tests for one in probes]
    # Both probes are needed: a test may rightly expect an exception, or rightly expect None.
    if len(tests) < _MIN_PROBES or len(set(map(len, tests))) > 1:
        return
    passed = [results[0] for results in zip(*tests, strict=True) if {one.verdict for one in results} == {_PASSED}]
    if passed:
        count = f"{len(passed)} of {len(tests[0])} tests pass whatever the answer does"
        yield FindingKind.BROKEN, _one_line(f"{count}: {passed[0].name}")


def _guessable_tests(probes: Sequence[ProbeResult], bounds: Thresholds) -> Iterator[tuple[FindingKind, str]]:
    """Find the best trivial answer, if it passes too many tests."""
    best = max(probes, key=lambda one: one.share, default=None)
    if best is None:
        return
    tests = best.grades[0].tests
    # Passing all tests is a finding whatever the bound.
    if best.share > bounds.guessable or best.share == 1.0:
        passed = sum(test.verdict is Verdict.PASSED for test in tests)
        yield FindingKind.GUESSABLE, _one_line(f"{best.probe.label} passes {passed} of {len(tests)} tests")


def _difference(grades: Sequence[Grade]) -> str:
    """Describe the first test that has different verdicts."""
    if len({len(grade.tests) for grade in grades}) > 1:
        return f"has {', '.join(str(len(grade.tests)) for grade in grades)} tests"
    for results in zip(*(grade.tests for grade in grades), strict=True):
        if len({result.verdict for result in results}) > 1:
            return f"{results[0].name}: {', '.join(result.verdict for result in results)}"
    return ""


def _is_other_code(probe: Probe, grade: Grade) -> bool:
    """Return True if other code than the solution ran; False where the code of the solution is not known."""
    # The body of a function is run with the prompt around it, so the code differs rightly.
    if not probe.code or grade.extraction_rule == ExtractionRule.BODY_ONLY:
        return False
    return grade.answer is None or grade.answer.strip() != probe.code.replace("\r\n", "\n").strip()


def _one_line(text: str) -> str:
    return one_line(text, _MAX_CHARS)
