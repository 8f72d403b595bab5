"""Runs the test cases of `unittest` with its own machinery."""

from __future__ import annotations

import unittest
from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.hooks import catch
from testcases.pytest_runner.raises import SelfSkipped, Skipped
from testcases.reached import NOTHING_ASSERTED, REACHED, why_body_did_not_run
from testcases.signals import FailureWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from testcases.source.pytest_collection import CollectedTest

__all__ = ["run_class"]


class _Suite(unittest.TestSuite):
    """The methods of one class; the setup of the module has run."""

    def _handleModuleFixture(self, test: Any, result: Any) -> None:  # noqa: N802 - unittest's name
        """Do nothing."""

    def _handleModuleTearDown(self, result: Any) -> None:  # noqa: N802 - unittest's name
        """Do nothing."""


class _Result(unittest.TestResult):
    """Keeps the first error of each method."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: dict[str, BaseException] = {}
        self.ran: set[str] = set()
        self.of_class: BaseException | None = None
        """Error before the first method, even if it was swallowed."""
        self.watch = FailureWatch()
        """Failures of the method that runs, and of the setup of its class."""

    def startTest(self, test: Any) -> None:  # noqa: N802 - unittest's name
        self.of_class = self.of_class or self.watch.take()
        super().startTest(test)

    def stopTest(self, test: Any) -> None:  # noqa: N802 - unittest's name
        self.ran.add(_name(test))
        if (final := self.watch.take()) is not None:
            self.failed[_name(test)] = final
        super().stopTest(test)

    def _note(self, test: Any, error: BaseException) -> None:
        if isinstance(test, unittest.TestCase):
            self.failed.setdefault(_name(test), error)
        else:
            self.of_class = self.of_class or error  # setUpClass or tearDownClass

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        self._note(test, err[1])

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        self._note(test, err[1])

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802, ARG002 - unittest's name
        if err is not None:
            self._note(test, err[1])

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802 - unittest's name
        self._note(test, SelfSkipped(f"skipped: {reason}"))

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802 - unittest's name
        self._note(test, AssertionError("unexpected success"))


def run_class(
    kind: type[unittest.TestCase],
    tests: Iterable[CollectedTest],
    filename: str,
    prepared: Callable[[Any, str], AbstractContextManager[None]],
    end: Callable[[], None],
    asked_count: Callable[[], int],
) -> Iterator[BaseException | None]:
    """Run methods of a class, one after the other, and yield the error of each, or ``None``.

    Args:
        kind: the class.
        tests: its methods.
        filename: of the module that it is in.
        prepared: returns the block in which a method runs, with its fixtures.
        end: ends the fixtures of the class.
        asked_count: returns the number of requests so far by which test code used the solution.
    """
    result = _Result()
    result._testRunEntered = True  # type: ignore[attr-defined]  # noqa: SLF001 - the class goes on after each suite
    tests = list(tests)
    for number, test in enumerate(tests, 1):
        name = test.name
        REACHED.begin()
        asked_before = asked_count()
        # Closed before the yield: whatever takes the next item must not run inside it.
        with FailureWatch() as result.watch:
            failure = catch(_run_one, kind, name, result, prepared) or result.watch.take()
        failure = failure or result.failed.get(name) or result.of_class
        if isinstance(failure, SelfSkipped):
            failure.asked = asked_count() > asked_before
        if failure is None and name not in result.ran:
            failure = Skipped("it was not run")
        if failure is None:
            failure = why_body_did_not_run(test, getattr(kind, name, None), filename)
        if failure is None and test.may_skip_assertions and not REACHED.assertions:
            failure = AssertionError(NOTHING_ASSERTED)
        if number == len(tests):
            failure = failure or _tear_down(result, end)
        yield failure


def _tear_down(result: _Result, end: Callable[[], None]) -> BaseException | None:
    """End what belongs to the class, and return what failed."""
    before, result.of_class = result.of_class, None
    with FailureWatch() as watch:
        failure = catch(_Suite()._tearDownPreviousClass, None, result)  # type: ignore[attr-defined]  # noqa: SLF001 - no other way
        failure = catch(end) or failure
        failure = watch.take() or failure or result.of_class
    result.of_class = before or result.of_class
    return failure


def _run_one(
    kind: type[unittest.TestCase],
    name: str,
    result: _Result,
    prepared: Callable[[Any, str], AbstractContextManager[None]],
) -> None:
    result.shouldStop = False
    test: Any = kind(name)
    run = test.run

    def run_prepared(result: _Result) -> None:
        with prepared(test, name):
            run(result)

    test.run = run_prepared  # as in pytest, the fixtures come after setUpClass and before setUp
    _Suite([test]).run(result)


def _name(test: Any) -> str:
    return str(test._testMethodName)  # noqa: SLF001 - it has no public name
