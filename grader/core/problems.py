"""Problems prepared for the sandbox, made once for all samples with the same reference."""

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
from sandbox.wire.values import encode
from testcases.compare.credit import baseline_share
from testcases.formats import read_reference
from testcases.source.counting import count_all_tests
from testcases.source.parsing import bound_names_in
from testcases.spec import build_spec, leaves_no_side_effects, mentions_mocks
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.references.documents import ReferenceText
    from sandbox.types import Execution
    from sandbox.wire.limits import Limits
    from testcases.model import Problem

__all__ = ["PreparedProblem", "ProblemCache", "prepare_problem", "read_test_results"]


_STATELESS = "traceless"
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
        self._exam = encode(build_spec(problem))
        self.digest = sha256(self._exam).hexdigest()
        self._harness_key = _harness_key(problem, self.digest)

    @cached_property
    def test_count(self) -> int:
        """How many tests an answer has."""
        return count_all_tests(self.problem)

    @cached_property
    def constant_share(self) -> float:
        """What the best constant answer would pass, in [0, 1]."""
        return baseline_share(self.problem)

    @cached_property
    def prompt_names(self) -> frozenset[str]:
        """Names that the prompt gives to the answer."""
        return bound_names_in(self.problem.prompt) if self.problem.prompt else frozenset()

    @property
    def size(self) -> int:
        """Bytes of the exam."""
        return len(self._exam)

    def job(self, answer: str) -> Job:
        """The job of putting this answer to the exam."""
        return Job(source=answer, spec=self._exam, limits=self.limits, harness_key=self._harness_key)


def _harness_key(problem: Problem, digest: str) -> str:
    """Which exams an examiner may serve besides: those of the same key, and none where there is no key."""
    if leaves_no_side_effects(problem):
        return _STATELESS
    return "" if mentions_mocks(problem) else digest


def prepare_problem(problem: Problem, limits: Limits) -> PreparedProblem:
    """Make a problem ready.

    Args:
        problem: the problem.
        limits: what holds where the problem says nothing.

    Raises:
        sandbox.errors.ValueCodecError: a value of the tests cannot cross to the examiner.
    """
    return PreparedProblem(problem, limits)


def read_test_results(execution: Execution) -> tuple[TestResult, ...]:
    """The test results of a completed execution."""
    report: list[list[Any]] = execution.report
    return tuple(
        TestResult(Verdict(verdict), str(name), str(detail), int(place)) for verdict, name, detail, place in report
    )


_MAX_PROBLEMS = 1024
_MAX_BYTES = 64 * 1024 * 1024
"""Of the exams of those that are kept."""


class ProblemCache:
    """Problems by what they were made of; those that were not asked for longest are forgotten.

    Args:
        limits: what holds where a problem says nothing.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._known: OrderedDict[tuple[Any, ...], PreparedProblem] = OrderedDict()
        self._size = 0

    def of(self, reference: Any, prompt: str) -> PreparedProblem:
        """The problem of a reference that came with its sample.

        Raises:
            ProblemError: it cannot be read.
            ValueCodecError: it holds what no process can be sent.
        """
        key = sha256(_encode_reference(reference, prompt)).digest()
        return self._get((key,)) or self._add((key,), reference, prompt, None)

    def from_document(self, document: ReferenceText, prompt: str, format_name: str | None) -> PreparedProblem:
        """The problem of a reference that was kept elsewhere; it is read as if it had come with the sample.

        Args:
            document: the reference.
            prompt: of the sample.
            format_name: name of its format, if anybody says.

        Raises:
            ProblemError: it cannot be read, or is yet another address.
            ValueCodecError: it holds what no process can be sent.
        """
        from grader.references.documents import parse_reference  # noqa: PLC0415 - most references come with their samples

        key = (document.digest, prompt, format_name)
        known = self._get(key)
        if known is not None:
            return known
        reference = parse_reference(document)
        if parse_address(reference) is not None:
            raise StoreError("says that the reference is kept yet elsewhere, and that is not followed")
        _encode_reference(reference, prompt, format_name)
        return self._add(key, reference, prompt, format_name)

    def _get(self, key: tuple[Any, ...]) -> PreparedProblem | None:
        problem = self._known.get(key)
        if problem is not None:
            self._known.move_to_end(key)
        return problem

    def _add(self, key: tuple[Any, ...], reference: Any, prompt: str, format_name: str | None) -> PreparedProblem:
        problem = prepare_problem(
            read_reference(reference, prompt=prompt, format_name=format_name, check=reject_address), self._limits
        )
        self._known[key] = problem
        self._size += problem.size
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
