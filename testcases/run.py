"""Runs the tests of a spec: puts the solution to each, and returns the results.

Runs in the harness process, which knows the expected values and never runs the answer; that is in another process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.caught import marked_libraries
from testcases.describe import describe_arguments, describe_value, is_reference
from testcases.in_process.harness import run_in_process
from testcases.kinds.checker import is_right_output, is_right_value
from testcases.kinds.checks import run_assertion, run_check
from testcases.kinds.oracle import Oracle
from testcases.model import Comparison
from testcases.pytest_runner.runner import names_used, run_suite
from testcases.signals import (
    STATUS_VERDICTS,
    SolutionClient,
    SolutionLostError,
)
from testcases.solution import Solution
from testcases.source.instrumentation import count_assertions
from testcases.source.parsing import free_names
from testcases.source.pytest_collection import count_cases
from testcases.verdict import CaseResult, Verdict
from testcases.watchdog import OutOfTimeError, Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["CaseResult", "run_tests"]


def run_tests(spec: dict[str, Any], candidate: SolutionClient) -> list[list[Any]]:
    """Put the candidate to every test of the exam.

    Args:
        spec: what `testcases.spec.build_spec` made.
        candidate: the answer.

    Returns:
        For each test: verdict, name, detail, and its place in the exam. A check counts each of its assertions as a
        test, and has as many of them for every answer.

    Raises:
        BrokenTestError: a test asks what cannot be asked.
        Exception: the exam's own code (setup, a test that is no Python) is broken.
    """
    examination = _Run(spec, candidate)
    with examination.watchdog.watching(), marked_libraries():
        return [outcome.plain(place) for place, outcome in examination.outcomes()]


class _Run:
    """One candidate in one exam."""

    def __init__(self, spec: dict[str, Any], candidate: SolutionClient) -> None:
        self.spec = spec
        self.tests: list[list[Any]] = spec["tests"]
        self.is_shared: bool = spec["isolation"] == "shared"
        self.candidate = candidate
        self.comparisons = [Comparison(*fields) for fields in spec["comparisons"]]
        self.oracle = Oracle(spec["oracle"])
        self.watchdog = Watchdog(candidate.limits.total_cpu_s)  # test code gets as much as the answer
        with_proxies = not self.is_shared and any(kind not in {"call", "stdin"} for kind, *_ in self.tests)
        self.answer = Solution(spec, candidate, _names_used(self.tests), with_proxies=with_proxies)

    def outcomes(self) -> Iterator[tuple[int, CaseResult]]:
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
                count = count_assertions(fields[0]) if kind == "check" else 1
                count = count_cases(fields[0]) if kind == "pytest" else count
                yield from [(place, CaseResult(error.verdict, kind, str(error)))] * count

    def _shared(self) -> dict[int, list[CaseResult]]:
        """What became of the tests that are held in the answer's own process."""
        self.candidate.callbacks.host = None
        return run_in_process(self.spec, self.candidate, _names_used(self.tests))

    def _put(self, kind: str, fields: list[Any]) -> Iterator[CaseResult]:
        # plain data needs no host: what is no plain data is no right answer to a call
        self.candidate.callbacks.host = None if kind in {"call", "stdin"} else self.answer.objects
        if kind == "call":
            yield self._call(*fields)
        elif kind == "stdin":
            yield self._program(*fields)
        elif kind == "assert":
            yield run_assertion(self.answer, *fields)
        elif kind == "pytest":
            yield from run_suite(self.answer, *fields)
        else:
            yield from run_check(self.answer, *fields)

    def _call(
        self, function: str | None, args: list[Any], kwargs: dict[str, Any], right: list[Any] | None, comparison: int
    ) -> CaseResult:
        target = function or self.answer.entry_point
        name = f"{target}({describe_arguments(args, kwargs)})"
        try:
            candidate = self.answer.ready()
            reply = candidate.call(target, args, kwargs)
            if reply.status == "returned" and is_reference(reply.value) and reply.value.of == "coroutine":
                reply = candidate.ask("await", reply.value)
        except SolutionLostError as lost:
            return CaseResult(lost.verdict, name, str(lost))
        if reply.status != "returned":
            return CaseResult(STATUS_VERDICTS[reply.status], name, reply.detail)
        if right is None:
            right = [self.oracle.says(target or "", args, kwargs)]
        if is_right_value(reply.value, right, self.comparisons[comparison], args, kwargs):
            return CaseResult(Verdict.PASSED, name)
        return CaseResult(
            Verdict.WRONG_ANSWER, name, f"returned {describe_value(reply.value)}, expected {describe_value(right[0])}"
        )

    def _program(self, stdin: str, right: list[str], comparison: int) -> CaseResult:
        name = f"stdin {describe_value(stdin)}"
        if self.answer.failure is not None:
            return CaseResult(self.answer.failure[0], name, self.answer.failure[1])
        reply = self.candidate.run(stdin.encode("utf-8", "surrogateescape"))
        if reply.status != "returned":
            return CaseResult(STATUS_VERDICTS[reply.status], name, reply.detail)
        written = bytes(reply.value).decode("utf-8", "surrogateescape")
        if is_right_output(written, right, self.comparisons[comparison], stdin):
            return CaseResult(Verdict.PASSED, name)
        return CaseResult(
            Verdict.WRONG_ANSWER, name, f"printed {describe_value(written)}, expected {describe_value(right[0])}"
        )


def _names_used(tests: list[list[Any]]) -> set[str]:
    """Names of the answer that tests use."""
    names: set[str] = set()
    for kind, *fields in tests:
        if kind == "call" and fields[0]:
            names.add(fields[0])
        elif kind in {"assert", "check"}:
            names |= free_names(fields[0])
        elif kind == "pytest":
            names |= names_used(*fields)
    return names
