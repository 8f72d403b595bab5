"""Number of tests that a problem counts as, which never depends on the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testcases.model import CheckTest, PytestTest
from testcases.source.instrumentation import count_assertions
from testcases.source.pytest_collection import count_cases

if TYPE_CHECKING:
    from testcases.model import Problem, Test

__all__ = ["count_all_tests", "count_tests"]


def count_tests(test: Test) -> int:
    """Return the number of tests that a test counts as, the same for every answer.

    A check counts as each of its assertions, a pytest module as each of its tests, another kind as one.
    """
    match test:
        case CheckTest():
            return count_assertions(test.source)
        case PytestTest():
            return count_cases(test.source)
    return 1


def count_all_tests(problem: Problem) -> int:
    """Return the number of tests of a problem that count towards the score; see `count_tests`."""
    return sum(map(count_tests, problem.tests))
