"""The test spec: a problem as plain data, in the form in which it is sent to the harness process."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, assert_never

from testcases.blame import STUB_KEY
from testcases.model import ASK_ORACLE, AssertTest, CallTest, CheckTest, Problem, PytestTest, StdinTest, Test
from testcases.source.prompts import runnable_prompt
from testcases.source.traceless import is_traceless

__all__ = ["build_spec", "leaves_no_trace"]


def build_spec(problem: Problem, *, stub: bool = False) -> dict[str, Any]:
    """Build the spec that `testcases.run.run_tests` takes: dicts, lists, strings, and the values of the tests.

    Positions in the lists are the format; `testcases.run` unpacks them in the same order.
    """
    comparisons = _Comparisons(problem)
    return {
        "entry_point": problem.entry_point,
        "prompt": problem.prompt,
        "prompt_code": runnable_prompt(problem.prompt),
        "header": problem.header,
        "setup": problem.setup,
        "oracle": problem.oracle,
        "isolation": problem.isolation,
        STUB_KEY: stub,
        "tests": [_test_fields(test, comparisons) for test in problem.tests],
        "comparisons": [list(astuple(comparison)) for comparison in comparisons.all],
    }


def leaves_no_trace(problem: Problem) -> bool:
    """Return whether the tests leave nothing behind in the process that runs them, so that it may run others, too.

    Calls and programs that are compared as data run no code of the data set there. Checkers, oracles and suites are
    code that may do anything.
    """
    if problem.oracle or problem.isolation == "shared" or any(one.checker for one in _Comparisons(problem).all):
        return False
    sources = []
    for test in problem.tests:
        if isinstance(test, AssertTest | CheckTest):
            sources.append(test.source)
        elif not isinstance(test, CallTest | StdinTest):
            return False
    return not sources or is_traceless([runnable_prompt(problem.prompt), problem.setup, *sources])


class _Comparisons:
    """The comparisons of a problem: its own first, then those of its tests. Tests refer to one by its index."""

    def __init__(self, problem: Problem) -> None:
        tests = [test for test in problem.tests if isinstance(test, CallTest | StdinTest)]
        own = [test.comparison for test in tests if test.comparison is not None]
        # Few tests have one of their own, and hashing a comparison hashes its checker.
        self.all = list(dict.fromkeys([problem.comparison, *own])) if own else [problem.comparison]
        self._indices = {comparison: index for index, comparison in enumerate(self.all)} if own else {}

    def index_of(self, test: CallTest | StdinTest) -> int:
        """Return the index of the comparison that a test uses."""
        return 0 if test.comparison is None else self._indices[test.comparison]


def _test_fields(test: Test, comparisons: _Comparisons) -> list[Any]:
    match test:
        case CallTest():
            right = None if test.expected is ASK_ORACLE else [test.expected, *test.alternatives]
            return ["call", test.function, list(test.args), dict(test.kwargs), right, comparisons.index_of(test)]
        case StdinTest():
            return ["stdin", test.stdin, [test.stdout, *test.alternatives], comparisons.index_of(test)]
        case AssertTest():
            return ["assert", test.source]
        case CheckTest():
            return ["check", test.source]
        case PytestTest():
            return ["pytest", test.source, test.module]
        case _:
            assert_never(test)
