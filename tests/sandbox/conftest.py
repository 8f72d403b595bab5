"""A real sandbox, and answers put to exams in it."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

from grader.functional import CONDUCTOR
from sandbox.execution import Execution, ExecutionStatus, Job
from sandbox.limits import Limits
from sandbox.sandbox import Sandbox, SandboxSettings
from sandbox.values import encode
from testcases.exam import exam_of, runs_code
from testcases.problem import CallTest, Problem, StdinTest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORT = Limits(cpu_s=0.5, total_cpu_s=2.0, wall_s=1.0, memory_mb=256, output_kb=1024)
"""Small enough that an endless answer costs a test half a second."""
IMPORTED = tuple(path for path in sys.path if path and os.path.isabs(path))
NO_HURRY_S = 100.0


@dataclass(frozen=True)
class Seen:
    """What became of an answer."""

    execution: Execution

    @property
    def verdicts(self) -> list[str]:
        """One a test."""
        assert self.execution.status is ExecutionStatus.COMPLETED, self.execution
        return [verdict for verdict, _, _ in self.execution.report]

    @property
    def verdict(self) -> str:
        """Of the only test."""
        (verdict,) = self.verdicts
        return verdict

    @property
    def detail(self) -> str:
        """Of the first test."""
        return str(self.execution.report[0][2])

    @property
    def output(self) -> str:
        """What the answer wrote."""
        return self.execution.output


class Box:
    """A sandbox with the questions tests ask of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def job(self, problem: Problem, answer: str, limits: Limits = SHORT, *, fresh: bool = False) -> Job:
        """The job of putting an answer to a problem; ``fresh`` demands an examiner of its own."""
        exam = encode(exam_of(problem))
        key = exam.hex() if runs_code(problem) else "data"
        return Job(dedent(answer), exam, limits, "" if fresh else key)

    def execute(self, jobs: Sequence[Job], *, deadline_s: float = NO_HURRY_S) -> list[Execution]:
        """Run jobs side by side."""
        deadline = time.monotonic() + deadline_s
        return self.sandbox.run([self.sandbox.execute(job, deadline=deadline) for job in jobs])

    def see(self, problem: Problem, answer: str, **limits: Any) -> Seen:
        """What becomes of one answer; limits that are not given are `SHORT`."""
        (execution,) = self.execute([self.job(problem, answer, replace(SHORT, **limits))])
        return Seen(execution)

    def call(self, answer: str, *args: Any, expected: Any = 42, times: int = 1, **limits: Any) -> Seen:
        """What becomes of an answer whose function ``f`` is called."""
        return self.see(Problem((CallTest(args, expected),) * times, entry_point="f"), answer, **limits)

    def program(self, answer: str, stdin: str = "", stdout: str = "42\n", **limits: Any) -> Seen:
        """What becomes of an answer that is run as a program."""
        return self.see(Problem((StdinTest(stdin, stdout),)), answer, **limits)


def settings(lanes: int = 2, paths: tuple[str, ...] = IMPORTED) -> SandboxSettings:
    """As the grader makes them."""
    return SandboxSettings(conductor=CONDUCTOR, paths=paths, lanes=lanes)


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    """A sandbox that all tests of a worker share."""
    with Sandbox(settings()) as sandbox:
        yield Box(sandbox)


@pytest.fixture
def own_box() -> Iterator[Box]:
    """A sandbox for tests that break it."""
    with Sandbox(settings()) as sandbox:
        sandbox.start()
        yield Box(sandbox)
