"""A problem written down in the grader's own format."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from testcases.problem import AssertTest, CallTest, CheckTest, Comparison, StdinTest

if TYPE_CHECKING:
    from testcases.problem import Problem, Test

__all__ = ["native_of"]


def native_of(problem: Problem) -> dict[str, Any] | None:
    """The native reference of a problem; ``None`` where the format has no word for one of its tests.

    Whether it says all of the problem is for the caller to see, by reading it.
    """
    tests = [_test(test) for test in problem.tests]
    if None in tests:
        return None
    reference: dict[str, Any] = {"entry_point": problem.entry_point, "tests": tests}
    reference |= {"prompt": problem.prompt, "setup": problem.setup}
    reference["limits"] = {name: value for name, value in asdict(problem.limits).items() if value is not None}
    usual = asdict(Comparison())
    reference["compare"] = {
        name: value for name, value in asdict(problem.comparison).items() if value != usual.get(name)
    }
    reference["allow_imports"] = list(problem.allow_imports)
    return {name: value for name, value in reference.items() if value}


def _test(test: Test) -> dict[str, Any] | None:
    match test:
        case CallTest(alternatives=()):
            call = {"function": test.function, "args": list(test.args), "kwargs": dict(test.kwargs)}
            return {name: value for name, value in call.items() if value} | {"expected": test.expected}
        case StdinTest():
            return {"stdin": test.stdin, "stdout": test.stdout}
        case AssertTest():
            return {"assert": test.source}
        case CheckTest():
            return {"check": test.source}
        case _:
            return None
