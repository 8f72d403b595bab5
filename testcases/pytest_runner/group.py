"""Runs the tests of one class, or some functions in a row: their cases, with the fixtures and marks of each."""

from __future__ import annotations

import inspect
import unittest.mock
from asyncio import run as finish
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.cases import Case, all_marks, cases_of, fixtures_in, used_fixtures
from testcases.pytest_runner.fixtures import Scope, Scopes, TestContext
from testcases.pytest_runner.hooks import call_hook, catch, parameters_of
from testcases.pytest_runner.metafunc import marks_of_hook
from testcases.pytest_runner.params import marks_of
from testcases.pytest_runner.raises import SelfSkipped, Skipped
from testcases.pytest_runner.warning_checks import filtered
from testcases.reached import NOTHING_ASSERTED, REACHED, why_body_did_not_run
from testcases.signals import FailureWatch
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from testcases.pytest_runner.monkeypatch import MonkeyPatch
    from testcases.pytest_runner.params import Mark
    from testcases.source.pytest_collection import CollectedTest

__all__ = ["CaseOutcome", "Group", "with_ending"]

CaseOutcome = tuple[str, "BaseException | None"]
"""Name of a case, and the error that kept it from passing."""


class Group:
    """Tests that share a class, or the module.

    Args:
        module: the test module.
        filename: its name in tracebacks.
        owners: the class of the tests and those it is in, the nearest first; none for functions.
        scope: the module's.
        monkeypatch: makes that fixture.
        asked_count: returns the number of requests so far by which test code used the solution.
    """

    def __init__(
        self,
        module: ModuleType,
        filename: str,
        owners: list[Any],
        scope: Scope,
        monkeypatch: Callable[[], MonkeyPatch],
        asked_count: Callable[[], int],
    ) -> None:
        self.module = module
        self.filename = filename
        self.owners = owners
        self.kind: Any = owners[0] if owners else None
        self.scopes = Scopes(scope, Scope(), Scope())
        self.fixtures = fixtures_in(module, *[base for owner in reversed(owners) for base in reversed(owner.__mro__)])
        self._monkeypatch = monkeypatch
        self._asked_count = asked_count

    def run(self, tests: list[CollectedTest]) -> Iterator[list[CaseOutcome]]:
        """Run the tests and yield the cases of each."""
        with FailureWatch() as watch:
            failure = catch(call_hook, self.kind, "setup_class") if self.kind is not None else None
            failure = failure or watch.take()
        is_set_up = failure is None
        for number, test in enumerate(tests, 1):
            outcomes = self._test(test, failure)
            if number == len(tests):
                outcomes = with_ending(outcomes, self._tear_down(is_set_up=is_set_up))
            yield outcomes
            stopped = next((why for _, why in outcomes if isinstance(why, OutOfTimeError)), None)
            failure = Skipped(str(stopped)) if stopped is not None else failure
        if not tests:
            self._tear_down(is_set_up=is_set_up)

    def _tear_down(self, *, is_set_up: bool) -> BaseException | None:
        """End what belongs to the class, and return what failed."""
        with FailureWatch() as watch:
            failure = catch(self.scopes.owner.end)
            if self.kind is not None and is_set_up:
                failure = catch(call_hook, self.kind, "teardown_class") or failure
            return watch.take() or failure

    def _test(self, test: CollectedTest, failure: BaseException | None) -> list[CaseOutcome]:
        function: Any = getattr(self.module if self.kind is None else self.kind, test.name, None)
        cases: list[Case] = []
        marks: list[Mark] = []
        if failure is None:
            try:
                marks = all_marks(function, [*self.owners, self.module])
                marks += marks_of_hook(self.module, self.kind, function)
                cases = cases_of(function, marks, self.fixtures)
            except BaseException as error:  # noqa: BLE001 - then no case can run
                failure = error
        if failure is None and test.cases not in {None, len(cases)}:
            # Whatever made the numbers differ: an answer must not be able to choose how many results there are.
            failure = Skipped(f"the test has {len(cases)} cases, where its source shows {test.cases}")
        if failure is None and test.cases is None and len(cases) < test.least:
            # Cases of the answer's own making: what did not run has not passed.
            failure = AssertionError(f"the test has {len(cases)} cases, and must have {test.least} at least")
        if failure is not None:
            return [(test.label, failure)] * test.count
        outcomes: list[CaseOutcome] = []
        has_asserted = not test.may_skip_assertions
        for case in cases:
            REACHED.begin()
            asked_before = self._asked_count()
            why = failure or self._case(test.name, function, case, marks)
            if isinstance(why, SelfSkipped):
                why.asked = self._asked_count() > asked_before
            why = why or why_body_did_not_run(test, function, self.filename)
            failure = Skipped(str(why)) if isinstance(why, OutOfTimeError) else failure
            has_asserted = has_asserted or REACHED.assertions > 0
            outcomes.append((f"{test.label}[{case.name}]" if case.params else test.label, why))
        # One case may rightly assert nothing, such as that of an empty input to a test that loops over the result.
        if not has_asserted:
            outcomes = [(name, why or AssertionError(NOTHING_ASSERTED)) for name, why in outcomes]
        # The source does not show the number of cases, so the test has one result: its first failure, if any.
        if test.cases is None:
            failures = [why for _, why in outcomes if why is not None]
            return [(test.label, min(failures, key=lambda why: isinstance(why, SelfSkipped), default=None))]
        return outcomes

    def _case(self, name: str, function: Any, case: Case, marks: list[Mark]) -> BaseException | None:
        """Run one case and return the error that kept it from passing."""
        own = len(marks_of(function))
        marks = [*marks[:own], *case.marks, *marks[own:]]
        with FailureWatch() as watch:
            scopes = self.scopes._replace(function=Scope())
            contexts: list[TestContext] = []
            failure = catch(lambda: contexts.append(self._context(name, function, case, marks, scopes)))
            for context in contexts:
                with filtered(marks):
                    failure = catch(self._run, context, case, marks)
                owner, hook = (self.module, "function") if context.instance is None else (context.instance, "method")
                failure = failure or catch(call_hook, owner, f"teardown_{hook}", about=context.function)
            ending = catch(scopes.function.end)
            # What test code has swallowed comes first: it must fail the test even if everything else went well.
            return watch.take() or failure or ending

    def _context(self, name: str, function: Any, case: Case, marks: list[Mark], scopes: Scopes) -> TestContext:
        instance = None if self.kind is None else self.kind()
        bound = function if instance is None else function.__get__(instance)
        return self._context_of(name, bound, instance, case, marks, scopes)

    def _context_of(
        self, name: str, bound: Any, instance: Any, case: Case, marks: list[Mark], scopes: Scopes
    ) -> TestContext:
        return TestContext(name, case, bound, instance, self.module, self.fixtures, scopes, self._monkeypatch, marks)

    @contextmanager
    def prepared(self, instance: Any, name: str) -> Iterator[None]:
        """Set up the fixtures of a method of unittest, and end them after the block."""
        marks = all_marks(getattr(self.kind, name), [*self.owners, self.module])
        scopes = self.scopes._replace(function=Scope())
        context = self._context_of(name, getattr(instance, name), instance, Case(), marks, scopes)
        try:
            with filtered(marks):
                self._set_up(context, Case(), marks)
                yield
        finally:
            scopes.function.end()

    def _run(self, context: TestContext, case: Case, marks: list[Mark]) -> None:
        for mark in marks:
            if mark.name == "skipif" and self._holds(mark.argument(0, "condition", default=True)):
                raise SelfSkipped(f"skipped: {mark.argument(1, 'reason', '')}")
        self._set_up(context, case, marks)
        owner, hook = (self.module, "function") if context.instance is None else (context.instance, "method")
        call_hook(owner, f"setup_{hook}", about=context.function)
        result = context.function(**{name: context.value(name) for name in _fixture_names(context.function)})
        if inspect.iscoroutine(result):
            finish(result)

    def _set_up(self, context: TestContext, case: Case, marks: list[Mark]) -> None:
        """Make the fixtures that a test uses without having their values."""
        used = used_fixtures(context.function, marks, self.fixtures, case.direct)
        marked = [name for mark in marks if mark.name == "usefixtures" for name in mark.args]
        for name in [*(name for name in used if self.fixtures[name].is_automatic), *marked]:
            context.value(name)

    def _holds(self, condition: Any) -> bool:
        return bool(eval(condition, vars(self.module)) if isinstance(condition, str) else condition)  # noqa: S307 - the data set's own


def with_ending(outcomes: list[CaseOutcome], ending: BaseException | None) -> list[CaseOutcome]:
    """Return the outcomes of the last test of a class or a module, whose end fails it: as in pytest, it is no pass."""
    if ending is None or not outcomes:
        return outcomes
    *others, (name, why) = outcomes
    return [*others, (name, why or ending)]


def _fixture_names(function: Callable[..., Any]) -> list[str]:
    """Return the names that a test requests; arguments of `unittest.mock.patch` come first, by position."""
    patchings = getattr(function, "patchings", [])
    given = sum(one.attribute_name is None and one.new is unittest.mock.DEFAULT for one in patchings)
    return parameters_of(function)[given:]
