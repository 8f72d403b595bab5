"""A problem written down in the grader's own format."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from testcases.problem import ASK_ORACLE, AssertTest, CallTest, CheckTest, Comparison, PytestTest, StdinTest

if TYPE_CHECKING:
    from testcases.problem import Problem, Test

__all__ = ["native_of"]

_USUAL = asdict(Comparison())


def native_of(problem: Problem) -> dict[str, Any]:
    """The native reference of a problem.

    Whether it says all of the problem is for the caller to see, by reading it.
    """
    reference: dict[str, Any] = {
        "entry_point": problem.entry_point,
        "tests": [_test(test) for test in problem.tests],
        "prompt": problem.prompt,
        "setup": problem.setup,
        "oracle": problem.oracle,
        "limits": {name: value for name, value in asdict(problem.limits).items() if value is not None},
        "compare": _unusual(problem.comparison),
        "allow_imports": list(problem.allow_imports),
        "isolation": problem.isolation if problem.isolation != "split" else "",
    }
    return {name: value for name, value in reference.items() if value}


def _test(test: Test) -> dict[str, Any]:
    worth: dict[str, Any] = {} if test.weight == 1.0 else {"weight": test.weight}
    if test.group is not None:
        worth["group"] = test.group
    return _asked(test) | worth


def _asked(test: Test) -> dict[str, Any]:
    match test:
        case CallTest():
            call = {"function": test.function, "args": list(test.args), "kwargs": dict(test.kwargs)}
            given = {name: value for name, value in call.items() if value}
            return given | _right("expected", test) | _compared(test)
        case StdinTest():
            return {"stdin": test.stdin} | _right("stdout", test) | _compared(test)
        case AssertTest():
            return {"assert": test.source}
        case CheckTest():
            return {"check": test.source}
        case PytestTest():
            return {"pytest": test.source, "module": test.module}


def _right(name: str, test: CallTest | StdinTest) -> dict[str, Any]:
    value = test.expected if isinstance(test, CallTest) else test.stdout
    if value is ASK_ORACLE:
        return {} if isinstance(test, CallTest) and test.args else {"args": []}
    return {"one_of": [value, *test.alternatives]} if test.alternatives else {name: value}


def _compared(test: CallTest | StdinTest) -> dict[str, Any]:
    return {} if test.comparison is None else {"compare": _unusual(test.comparison)}


def _unusual(comparison: Comparison) -> dict[str, Any]:
    return {name: value for name, value in asdict(comparison).items() if value != _USUAL[name]}
