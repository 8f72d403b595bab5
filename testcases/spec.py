"""The test spec: a problem as plain data, in the form in which it is sent to the harness process."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any, assert_never

from testcases.model import ASK_ORACLE, AssertTest, CallTest, CheckTest, Problem, PytestTest, StdinTest, Test
from testcases.source.prompts import runnable_prompt
from testcases.source.side_effects import has_side_effects

__all__ = ["build_spec", "leaves_no_side_effects", "mentions_mocks"]


def build_spec(problem: Problem) -> dict[str, Any]:
    """Build the spec that `testcases.run.run_tests` takes: dicts, lists, strings, and the values of the tests.

    Positions in the lists are the format; `testcases.run` unpacks them in the same order.
    """
    comparisons = _Comparisons(problem)
    return {
        "entry_point": problem.entry_point,
        "prompt": problem.prompt,
        "prompt_code": runnable_prompt(problem.prompt),
        "setup": problem.setup,
        "oracle": problem.oracle,
        "isolation": problem.isolation,
        "tests": [_test_fields(test, comparisons) for test in problem.tests],
        "comparisons": [list(astuple(comparison)) for comparison in comparisons.all],
    }


def leaves_no_side_effects(problem: Problem) -> bool:
    """Return whether the harness process can run the tests of another problem after these."""
    return not any(map(has_side_effects, _harness_sources(problem)))


def mentions_mocks(problem: Problem) -> bool:
    """Return whether answers may be given mocks.

    A mock runs whatever side effect it is given, so it can change its process more than other objects can.
    """
    return any("mock" in source for source in _harness_sources(problem))


def _harness_sources(problem: Problem) -> list[str]:
    """Return all code that runs in the harness process."""
    sources = [problem.oracle]
    # Calls and programs use no names in the harness, so neither prompt nor setup runs there for them.
    if not all(isinstance(test, CallTest | StdinTest) for test in problem.tests):
        sources += [problem.prompt, problem.setup]
    sources += [test.source for test in problem.tests if isinstance(test, AssertTest | CheckTest | PytestTest)]
    return sources + [comparison.checker for comparison in _Comparisons(problem).all]


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
