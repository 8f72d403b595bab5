"""Tests that call a function of the solution and compare what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import AWAIT
from sandbox.wire.replies import SolutionStatus
from sandbox.wire.values import Reference
from testcases.describe import describe_arguments, describe_value
from testcases.kinds.checker import is_right_value
from testcases.signals import STATUS_VERDICTS, SolutionLostError
from testcases.verdict import CaseResult, Verdict

if TYPE_CHECKING:
    from testcases.model import Comparison
    from testcases.solution import Solution

__all__ = ["run_call"]


def run_call(
    solution: Solution,
    comparison: Comparison,
    function: str | None,
    args: list[Any],
    kwargs: dict[str, Any],
    right: list[Any],
) -> CaseResult:
    """Call a function and compare its value with the right ones, here: its process does not get to see them.

    Args:
        solution: the solution under test.
        comparison: how values are compared.
        function: name of the function; ``None`` for the entry point.
        args: positional arguments.
        kwargs: named arguments.
        right: the values of which one must be returned.

    Raises:
        BrokenTestError: the checker does not work.
    """
    target = function or solution.entry_point
    name = f"{target}({describe_arguments(args, kwargs)})"
    try:
        client = solution.loaded_client()
        reply = client.call(target, args, kwargs)
        # An async function is called like any other: what it returns is awaited there.
        if type(reply.value) is Reference and reply.value.of == "coroutine":
            reply = client.ask(AWAIT, reply.value)
    except SolutionLostError as lost:
        return CaseResult(lost.verdict, name, str(lost))
    if reply.status is not SolutionStatus.RETURNED:
        return CaseResult(STATUS_VERDICTS[reply.status], name, reply.detail)
    if is_right_value(reply.value, right, comparison, args, kwargs):
        return CaseResult(Verdict.PASSED, name)
    detail = f"returned {describe_value(reply.value)}, expected {describe_value(right[0])}"
    return CaseResult(Verdict.WRONG_ANSWER, name, detail)
