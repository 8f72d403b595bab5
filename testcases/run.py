"""Runs the tests of a spec: puts the solution to each, and returns the results.

Runs in the harness process, which knows the expected values and never runs the answer; that is in another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.caught import libraries_tell
from testcases.describe import call_text, is_reference, value_text
from testcases.in_process.harness import run_shared
from testcases.kinds.checker import right_output, right_value
from testcases.kinds.checks import hold_assertion, hold_check
from testcases.kinds.oracle import Oracle
from testcases.model import Comparison
from testcases.pytest_runner.runner import names_of, run_suite
from testcases.signals import (
    STATUS_VERDICTS,
    Candidate,
    CandidateLostError,
)
from testcases.solution import Answer, free_names
from testcases.source.instrumentation import count_sites
from testcases.source.pytest_collection import count_cases
from testcases.verdict import Outcome, Verdict
from testcases.watchdog import OutOfTimeError, Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["Outcome", "conduct"]


def conduct(exam: dict[str, Any], candidate: Candidate) -> list[list[Any]]:
    """Put the candidate to every test of the exam.

    Args:
        exam: what `testcases.spec.exam_of` made.
        candidate: the answer.

    Returns:
        For each test: verdict, name, detail, and its place in the exam. A check counts each of its assertions as a
        test, and has as many of them for every answer.

    Raises:
        BrokenTestError: a test asks what cannot be asked.
        Exception: the exam's own code (setup, a test that is no Python) is broken.
    """
    examination = _Examination(exam, candidate)
    with examination.watchdog.watching(), libraries_tell():
        return [outcome.plain(place) for place, outcome in examination.outcomes()]


class _Examination:
    """One candidate in one exam."""

    def __init__(self, exam: dict[str, Any], candidate: Candidate) -> None:
        self.exam = exam
        self.tests: list[list[Any]] = exam["tests"]
        self.is_shared: bool = exam["isolation"] == "shared"
        self.candidate = candidate
        self.comparisons = [Comparison(*fields) for fields in exam["comparisons"]]
        self.oracle = Oracle(exam["oracle"])
        self.watchdog = Watchdog(candidate.limits.total_cpu_s)  # test code gets as much as the answer
        with_objects = not self.is_shared and any(kind not in {"call", "stdin"} for kind, *_ in self.tests)
        self.answer = Answer(exam, candidate, _names_in(self.tests), with_objects=with_objects)

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        shared = self._shared() if self.is_shared else {}
        for place, (kind, *fields) in enumerate(self.tests):
            if place in shared:
                yield from [(place, outcome) for outcome in shared[place]]
                continue
            try:
                yield from [(place, outcome) for outcome in self._put(kind, fields)]
            except OutOfTimeError as error:
                self.watchdog.stop()
                self.answer.failure = Verdict.NOT_RUN, str(error)
                count = count_sites(fields[0]) if kind == "check" else 1
                count = count_cases(fields[0]) if kind == "pytest" else count
                yield from [(place, Outcome(error.verdict, kind, str(error)))] * count

    def _shared(self) -> dict[int, list[Outcome]]:
        """What became of the tests that are held in the answer's own process."""
        self.candidate.hosting.host = None
        return run_shared(self.exam, self.candidate, _names_in(self.tests))

    def _put(self, kind: str, fields: list[Any]) -> Iterator[Outcome]:
        # plain data needs no host: what is no plain data is no right answer to a call
        self.candidate.hosting.host = None if kind in {"call", "stdin"} else self.answer.objects
        if kind == "call":
            yield self._call(*fields)
        elif kind == "stdin":
            yield self._program(*fields)
        elif kind == "assert":
            yield hold_assertion(self.answer, *fields)
        elif kind == "pytest":
            yield from run_suite(self.answer, *fields)
        else:
            yield from hold_check(self.answer, *fields)

    def _call(
        self, function: str | None, args: list[Any], kwargs: dict[str, Any], right: list[Any] | None, comparison: int
    ) -> Outcome:
        target = function or self.answer.entry_point
        name = f"{target}({call_text(args, kwargs)})"
        try:
            candidate = self.answer.ready()
            reply = candidate.call(target, args, kwargs)
            if reply.status == "returned" and is_reference(reply.value) and reply.value.of == "coroutine":
                reply = candidate.ask("await", reply.value)
        except CandidateLostError as lost:
            return Outcome(lost.verdict, name, str(lost))
        if reply.status != "returned":
            return Outcome(STATUS_VERDICTS[reply.status], name, reply.detail)
        if right is None:
            right = [self.oracle.says(target or "", args, kwargs)]
        if right_value(reply.value, right, self.comparisons[comparison], args, kwargs):
            return Outcome(Verdict.PASSED, name)
        return Outcome(
            Verdict.WRONG_ANSWER, name, f"returned {value_text(reply.value)}, expected {value_text(right[0])}"
        )

    def _program(self, stdin: str, right: list[str], comparison: int) -> Outcome:
        name = f"stdin {value_text(stdin)}"
        if self.answer.failure is not None:
            return Outcome(self.answer.failure[0], name, self.answer.failure[1])
        reply = self.candidate.run(stdin.encode("utf-8", "surrogateescape"))
        if reply.status != "returned":
            return Outcome(STATUS_VERDICTS[reply.status], name, reply.detail)
        written = bytes(reply.value).decode("utf-8", "surrogateescape")
        if right_output(written, right, self.comparisons[comparison], stdin):
            return Outcome(Verdict.PASSED, name)
        return Outcome(Verdict.WRONG_ANSWER, name, f"printed {value_text(written)}, expected {value_text(right[0])}")


def _names_in(tests: list[list[Any]]) -> set[str]:
    """Names of the answer that tests use."""
    names: set[str] = set()
    for kind, *fields in tests:
        if kind == "call" and fields[0]:
            names.add(fields[0])
        elif kind in {"assert", "check"}:
            names |= free_names(fields[0])
        elif kind == "pytest":
            names |= names_of(*fields)
    return names
