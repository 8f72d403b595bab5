"""Prepare problems for the sandbox, once for all samples with the same reference."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from grader.references.locate import StoreError, parse_address, reject_address
from grader.types import TestResult
from sandbox.errors import ValueCodecError
from sandbox.types import Job
from sandbox.wire.modules_on_demand import missing_modules
from sandbox.wire.values import encode
from testcases.compare.credit import baseline_share
from testcases.contest_header import header_names
from testcases.errors import ProblemError
from testcases.formats import read_reference
from testcases.source.counting import count_all_tests
from testcases.source.parsing import bound_names_in
from testcases.source.prompts import imported_by_prompt
from testcases.spec import build_spec, leaves_no_trace
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.references.documents import ReferenceText
    from sandbox.types import Execution
    from sandbox.wire.limits import Limits
    from testcases.model import Problem

__all__ = ["PreparedProblem", "ProblemCache", "prepare_problem", "read_test_results"]


class PreparedProblem:
    """A problem in the form that the sandbox takes, made once for all its answers.

    Properties that few answers need, and that take parsing the tests, are computed at first use.
    """

    def __init__(self, problem: Problem, limits: Limits) -> None:
        own_limits = {
            name: value
            for name in ("cpu_s", "total_cpu_s", "memory_mb", "output_kb")
            if (value := getattr(problem.limits, name)) is not None
        }
        # A problem that grants one call more CPU time than all calls may take would never get it.
        if "cpu_s" in own_limits and "total_cpu_s" not in own_limits:
            own_limits["total_cpu_s"] = max(limits.total_cpu_s, own_limits["cpu_s"])
        self.problem = problem
        self.limits = replace(limits, **own_limits)
        # An oracle has as much time as the tests, and takes none of theirs.
        if problem.oracle:
            self.limits = replace(self.limits, spare_cpu_s=self.limits.spare_cpu_s + self.limits.total_cpu_s)
        self._spec = encode(build_spec(problem))
        self.digest = sha256(self._spec).hexdigest()
        worth = tuple((test.weight, test.group) for test in problem.tests)
        self.key = (self.digest, self.limits, problem.allow_imports, worth)
        """All that grades depend on: the spec, and what the harness does not get."""
        self._traceless = leaves_no_trace(problem)
        self.stub_execution: Execution | None = None
        """Run of the tests with a stub in place of an answer, once one was needed and came to its end."""

    @cached_property
    def test_count(self) -> int:
        """Number of results that an answer gets."""
        return count_all_tests(self.problem)

    @cached_property
    def constant_share(self) -> float:
        """Share of the tests that the best constant answer would pass, in [0, 1]."""
        return baseline_share(self.problem)

    @cached_property
    def prompt_names(self) -> frozenset[str]:
        """Names that the prompt, or the header of a contest site, defines for the answer."""
        names = bound_names_in(self.problem.prompt) if self.problem.prompt else frozenset[str]()
        return names if self.problem.header == "none" else names.union(header_names())

    @property
    def size(self) -> int:
        """Size of the test spec in bytes."""
        return len(self._spec)

    def job_for(self, answer: str, code: bytes = b"") -> Job:
        """Make the job that runs the tests on an answer, which its analysis has compiled already if there is code."""
        return Job(source=answer, spec=self._spec, limits=self.limits, traceless=self._traceless, code=code)

    def stub_job(self) -> Job:
        """Make the job that runs the tests with a stub in place of an answer."""
        return Job(source="", spec=encode(build_spec(self.problem, stub=True)), limits=self.limits)


def prepare_problem(problem: Problem, limits: Limits) -> PreparedProblem:
    """Prepare a problem for the sandbox.

    Args:
        problem: the problem.
        limits: limits for those that the problem does not set.

    Raises:
        sandbox.errors.ValueCodecError: a value of the tests cannot be sent to the harness.
    """
    return PreparedProblem(problem, limits)


def read_test_results(execution: Execution) -> tuple[TestResult, ...]:
    """Read the test results of a completed execution."""
    report: list[list[Any]] = execution.report
    return tuple(
        TestResult(Verdict(verdict), str(name), str(detail), int(index)) for verdict, name, detail, index, _ in report
    )


_MAX_PROBLEMS = 1024
_MAX_BYTES = 64 * 1024 * 1024
"""Maximum total size of the test specs in the cache."""


class ProblemCache:
    """Prepared problems by reference and prompt. The least recently used ones are evicted.

    Args:
        limits: limits for those that a problem does not set.
        preloaded: modules that every answer finds loaded.
    """

    def __init__(self, limits: Limits, preloaded: Sequence[str]) -> None:
        self._limits = limits
        self._preloaded = preloaded
        self._known: OrderedDict[tuple[Any, ...], PreparedProblem] = OrderedDict()
        self._size = 0

    def from_reference(self, reference: Any, prompt: str) -> PreparedProblem:
        """Get the problem of a reference that came with its sample.

        Raises:
            ProblemError: the reference cannot be read, or answers need modules that are not there.
            ValueCodecError: the reference contains a value that cannot be sent to a process.
        """
        # By its encoding: a reference is not hashable, and equal values of other types (1, 1.0, True) are other tests.
        key = sha256(_encode_reference(reference, prompt)).digest()
        return self._get((key,)) or self._add((key,), reference, prompt, None)

    def from_document(self, document: ReferenceText, prompt: str, format_name: str | None) -> PreparedProblem:
        """Get the problem of a reference that was fetched; it is read as if it had come with the sample.

        Args:
            document: the reference.
            prompt: the sample's prompt.
            format_name: name of the reference's format; ``None``: it is recognized by its fields.

        Raises:
            ProblemError: the reference cannot be read, or is an address itself, or answers need modules that are not
                there.
            ValueCodecError: the reference contains a value that cannot be sent to a process.
        """
        from grader.references.documents import parse_reference  # noqa: PLC0415 - most references come with their samples

        key = (document.digest, prompt, format_name)
        known = self._get(key)
        if known is not None:
            return known
        reference = parse_reference(document)
        # One hop only, so that files that name each other cannot keep a batch waiting.
        if parse_address(reference) is not None:
            raise StoreError("is the address of another reference, which is not followed")
        _encode_reference(reference, prompt, format_name)
        return self._add(key, reference, prompt, format_name)

    def _get(self, key: tuple[Any, ...]) -> PreparedProblem | None:
        problem = self._known.get(key)
        if problem is not None:
            self._known.move_to_end(key)
        return problem

    def _add(self, key: tuple[Any, ...], reference: Any, prompt: str, format_name: str | None) -> PreparedProblem:
        read = read_reference(reference, prompt=prompt, format_name=format_name, check=reject_address)
        needed = dict.fromkeys((*read.needed_modules, *imported_by_prompt(read.prompt)))
        if missing := missing_modules(needed, self._preloaded):
            raise ProblemError(f"answers need {', '.join(missing)}, which the sandbox does not have (setting: preload)")
        problem = prepare_problem(read, self._limits)
        self._known[key] = problem
        self._size += problem.size
        # The newest problem stays even if it is larger than the limit: its batch needs it now.
        while len(self._known) > _MAX_PROBLEMS or (self._size > _MAX_BYTES and len(self._known) > 1):
            self._size -= self._known.popitem(last=False)[1].size
        return problem


def _encode_reference(reference: Any, prompt: str, format_name: str | None = None) -> bytes:
    try:
        return encode([reference, prompt])
    except ValueCodecError:
        # Reading it again names the field that cannot be sent; the codec knows the value only.
        read_reference(reference, prompt=prompt, format_name=format_name, check=reject_address)
        raise
