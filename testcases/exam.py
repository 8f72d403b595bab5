"""An exam: a problem as plain data, the form in which it travels to the process that conducts it."""

from __future__ import annotations

from typing import Any, assert_never

from testcases.problem import AssertTest, CallTest, CheckTest, Problem, PytestTest, StdinTest, Test
from testcases.traces import leaves_traces

__all__ = ["exam_of", "leaves_no_traces"]


def exam_of(problem: Problem) -> dict[str, Any]:
    """The exam of a problem, for `testcases.examination.conduct`: dicts, lists, strings, and the tests' own values."""
    comparison = problem.comparison
    return {
        "entry_point": problem.entry_point,
        "prompt": problem.prompt,
        "setup": problem.setup,
        "isolation": problem.isolation,
        "comparison": [comparison.mode, comparison.float_abs, comparison.float_rel],
        "tests": [_plain(test) for test in problem.tests],
    }


def leaves_no_traces(problem: Problem) -> bool:
    """Whether the process that conducts the exam is as good as new afterwards, and can conduct others."""
    sources = [problem.prompt, problem.setup]
    sources += [test.source for test in problem.tests if isinstance(test, AssertTest | CheckTest | PytestTest)]
    return not any(leaves_traces(source) for source in sources)


def _plain(test: Test) -> list[Any]:
    match test:
        case CallTest():
            right = [test.expected, *test.alternatives]
            return ["call", test.function, list(test.args), dict(test.kwargs), right]
        case StdinTest():
            return ["stdin", test.stdin, test.stdout]
        case AssertTest():
            return ["assert", test.source]
        case CheckTest():
            return ["check", test.source]
        case PytestTest():
            return ["pytest", test.source, test.module]
        case _:
            assert_never(test)
