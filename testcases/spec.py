"""The test spec: a problem as plain data, the form in which it travels to the harness process."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, assert_never

from testcases.model import ASK_ORACLE, AssertTest, CallTest, CheckTest, Problem, PytestTest, StdinTest, Test
from testcases.source.side_effects import has_side_effects

__all__ = ["build_spec", "leaves_no_side_effects", "mentions_mocks"]


def build_spec(problem: Problem) -> dict[str, Any]:
    """The exam of a problem, for `testcases.run.run_tests`: dicts, lists, strings, and the tests' own values."""
    comparisons = _Comparisons(problem)
    return {
        "entry_point": problem.entry_point,
        "prompt": problem.prompt,
        "setup": problem.setup,
        "oracle": problem.oracle,
        "isolation": problem.isolation,
        "tests": [_test_fields(test, comparisons) for test in problem.tests],
        "comparisons": [list(astuple(comparison)) for comparison in comparisons.found],
    }


def leaves_no_side_effects(problem: Problem) -> bool:
    """Whether the process that conducts the exam is as good as new afterwards, and can conduct others."""
    return not any(map(has_side_effects, _harness_sources(problem)))


def mentions_mocks(problem: Problem) -> bool:
    """Whether answers may be given mocks, which can do more to the process they live in than other objects can."""
    return any("mock" in source for source in _harness_sources(problem))


def _harness_sources(problem: Problem) -> list[str]:
    """The code that runs in the process that conducts the exam."""
    sources = [problem.oracle]
    if not all(isinstance(test, CallTest | StdinTest) for test in problem.tests):  # else neither runs there
        sources += [problem.prompt, problem.setup]
    sources += [test.source for test in problem.tests if isinstance(test, AssertTest | CheckTest | PytestTest)]
    return sources + [comparison.checker for comparison in _Comparisons(problem).found]


class _Comparisons:
    """The ways of comparing in a problem: its own first, then others that its tests have."""

    def __init__(self, problem: Problem) -> None:
        own = [test.comparison for test in problem.tests if isinstance(test, CallTest | StdinTest)]
        self.found = list(dict.fromkeys([problem.comparison, *(one for one in own if one is not None)]))
        self._places = {comparison: place for place, comparison in enumerate(self.found)}

    def place(self, test: CallTest | StdinTest) -> int:
        """Place of the way in which the test compares."""
        return 0 if test.comparison is None else self._places[test.comparison]


def _test_fields(test: Test, comparisons: _Comparisons) -> list[Any]:
    match test:
        case CallTest():
            right = None if test.expected is ASK_ORACLE else [test.expected, *test.alternatives]
            return ["call", test.function, list(test.args), dict(test.kwargs), right, comparisons.place(test)]
        case StdinTest():
            return ["stdin", test.stdin, [test.stdout, *test.alternatives], comparisons.place(test)]
        case AssertTest():
            return ["assert", test.source]
        case CheckTest():
            return ["check", test.source]
        case PytestTest():
            return ["pytest", test.source, test.module]
        case _:
            assert_never(test)
