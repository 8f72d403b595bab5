"""The functional part: a problem becomes a job, a report becomes test results."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from grader.grade import TestResult
from sandbox.execution import Job
from sandbox.values import encode
from testcases.constant import constant_share
from testcases.exam import exam_of, leaves_no_traces, names_mocks
from testcases.python_source import names_in
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from sandbox.execution import Execution
    from sandbox.limits import Limits
    from testcases.problem import Problem

__all__ = ["PreparedProblem", "prepare", "results_of"]

_TRACELESS = "traceless"
"""Key of all exams that leave an examiner as good as new."""


class PreparedProblem:
    """A problem in the form the sandbox takes, made once for all its answers.

    What reads the tests' source and few answers need is found out when it is first asked for.
    """

    def __init__(self, problem: Problem, limits: Limits) -> None:
        wanted = {
            name: value
            for name in ("cpu_s", "total_cpu_s", "memory_mb", "output_kb")
            if (value := getattr(problem.limits, name)) is not None
        }
        if "cpu_s" in wanted and "total_cpu_s" not in wanted:
            wanted["total_cpu_s"] = max(limits.total_cpu_s, wanted["cpu_s"])
        self.problem = problem
        self.limits = replace(limits, **wanted)
        self._exam = encode(exam_of(problem))
        self.digest = sha256(self._exam).hexdigest()
        self._examiner_key = _examiner_key(problem, self.digest)

    @cached_property
    def test_count(self) -> int:
        """How many tests an answer has."""
        return self.problem.test_count

    @cached_property
    def constant_share(self) -> float:
        """What the best constant answer would pass, in [0, 1]."""
        return constant_share(self.problem)

    @cached_property
    def prompt_names(self) -> frozenset[str]:
        """Names that the prompt gives to the answer."""
        return names_in(self.problem.prompt) if self.problem.prompt else frozenset()

    @property
    def size(self) -> int:
        """Bytes of the exam."""
        return len(self._exam)

    def job(self, answer: str) -> Job:
        """The job of putting this answer to the exam."""
        return Job(source=answer, exam=self._exam, limits=self.limits, examiner_key=self._examiner_key)


def _examiner_key(problem: Problem, digest: str) -> str:
    """Which exams an examiner may serve besides: those of the same key, and none where there is no key."""
    if leaves_no_traces(problem):
        return _TRACELESS
    return "" if names_mocks(problem) else digest


def prepare(problem: Problem, limits: Limits) -> PreparedProblem:
    """Make a problem ready.

    Args:
        problem: the problem.
        limits: what holds where the problem says nothing.

    Raises:
        sandbox.errors.ValueCodecError: a value of the tests cannot cross to the examiner.
    """
    return PreparedProblem(problem, limits)


def results_of(execution: Execution) -> tuple[TestResult, ...]:
    """The test results of a completed execution."""
    report: list[list[Any]] = execution.report
    return tuple(
        TestResult(Verdict(verdict), str(name), str(detail), int(place)) for verdict, name, detail, place in report
    )
