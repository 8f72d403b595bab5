"""Tests that run the answer as a program and compare what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.wire.replies import SolutionStatus
from testcases.describe import describe_value
from testcases.kinds.checker import is_right_output
from testcases.signals import STATUS_VERDICTS
from testcases.verdict import CaseResult, Verdict

if TYPE_CHECKING:
    from testcases.model import Comparison
    from testcases.solution import Solution

__all__ = ["run_program"]


def run_program(solution: Solution, comparison: Comparison, stdin: str, right: list[str]) -> CaseResult:
    """Run the program on an input and compare its output with the right ones.

    Raises:
        BrokenTestError: the checker does not work.
    """
    name = f"stdin {describe_value(stdin)}"
    if solution.failure is not None:
        return CaseResult(solution.failure[0], name, solution.failure[1])
    # Some data sets have inputs that are not UTF-8; surrogates carry their bytes through.
    reply = solution.client.run(stdin.encode("utf-8", "surrogateescape"), preamble=solution.header())
    if reply.status is not SolutionStatus.RETURNED:
        return CaseResult(STATUS_VERDICTS[reply.status], name, reply.detail)
    output = bytes(reply.value).decode("utf-8", "surrogateescape")
    if is_right_output(output, right, comparison, stdin):
        return CaseResult(Verdict.PASSED, name)
    detail = f"printed {describe_value(output)}, expected {describe_value(right[0])}"
    return CaseResult(Verdict.WRONG_ANSWER, name, detail)
