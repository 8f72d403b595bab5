"""Runs a pytest or unittest module against an answer that lives in another process.

What a test is, and how many there are, is settled before (`testcases.suites.plan`); here each is run, and each case of
one gets a verdict of its own. An exception of the answer's, whatever its class is called, is never taken for a skip.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import itertools
import linecache
import sys
import unittest.mock
import warnings
from contextlib import ExitStack
from types import ModuleType
from typing import TYPE_CHECKING, Any

from testcases.answer import free_names
from testcases.candidate import BrokenTestError, FinalError, is_answers, verdict_of
from testcases.outcome import Outcome
from testcases.suites import pytest_names
from testcases.suites.answer_module import AnswerModule, imported_names, installed
from testcases.suites.cases import Case, all_marks, cases_of, fixtures_in, used_fixtures
from testcases.suites.fixtures import Scope, Scopes, TestContext, parameters_of
from testcases.suites.patching import MonkeyPatch, Reach, mocks_reach
from testcases.suites.plan import plan_of
from testcases.suites.raising import Skipped
from testcases.suites.refusals import refusals_of
from testcases.suites.unittests import run_class
from testcases.telling import TEXT_CHARS, error_text
from testcases.verdict import Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from testcases.answer import Answer
    from testcases.suites.marking import Mark
    from testcases.suites.plan import PlannedTest

__all__ = ["names_of", "run_suite"]

_MODULE = "test_solution"
_FILE = "<test>"


def names_of(source: str, module: str) -> set[str]:
    """Names of the answer that a suite uses."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return imported_names(tree, module) | free_names(source)


def run_suite(answer: Answer, source: str, module: str) -> list[Outcome]:
    """Put an answer to every test of a module.

    Args:
        answer: the answer.
        source: of the module.
        module: name by which it imports the answer.

    Raises:
        BrokenTestError: the module cannot be run, whatever the answer is.
    """
    refused = refusals_of(source)
    if refused:
        line, feature = refused[0]
        raise BrokenTestError(f"line {line}: {feature}")
    return _Suite(answer, source, module).outcomes()


class _Suite:
    """One module, run once."""

    def __init__(self, answer: Answer, source: str, module: str) -> None:
        self.answer = answer
        self.source = source
        self.lines = source.splitlines()
        self.plan = plan_of(source)
        self.module = ModuleType(_MODULE)
        self.reach = Reach(answer.objects)
        self.names = {module, "pytest"}
        self.modules: dict[str, ModuleType] = {
            "pytest": pytest_names.module(), _MODULE: self.module, module: AnswerModule(module, answer),
        }  # fmt: skip

    def outcomes(self) -> list[Outcome]:
        """Verdict and story of each test, in order."""
        with ExitStack() as stack:
            stack.enter_context(installed(self.modules))
            stack.enter_context(mocks_reach(self.reach))
            stack.callback(setattr, sys, "stdout", sys.stdout)
            stack.callback(setattr, sys, "stderr", sys.stderr)
            try:
                self._load()
            except BaseException as error:  # noqa: BLE001 - then no test can be held
                return [
                    self._outcome(test.label, error) for test in self.plan.tests for _ in range(test.count)
                ]
            return list(self._run())

    def _load(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(self.source, _FILE, "exec", dont_inherit=True)
        vars(self.module).update(self.answer.namespace())
        vars(self.module).update({"__name__": _MODULE, "__file__": _FILE})
        linecache.cache[_FILE] = len(self.source), None, self.source.splitlines(keepends=True), _FILE
        exec(code, vars(self.module))

    def _run(self) -> Iterator[Outcome]:
        scope = Scope()
        failure = _failure_of(self._call, self.module, "setup_module", "setUpModule")
        for owner, tests in itertools.groupby(self.plan.tests, key=lambda test: test.owner):
            group = list(tests)
            if failure is None and group[0].is_unittest:
                found = self._unittests(owner, group)
            else:
                found = self._group(owner, group, scope, failure)
            for outcome, error in found:
                yield outcome
                if isinstance(error, OutOfTimeError):
                    failure = Skipped(str(error))
        _failure_of(scope.end)
        _failure_of(self._call, self.module, "teardown_module", "tearDownModule")

    def _unittests(self, owner: tuple[str, ...], tests: list[PlannedTest]) -> Iterator[tuple[Outcome, BaseException | None]]:
        kind = self._owners(owner)[0]
        became = run_class(kind, [test.name for test in tests])
        for test in tests:
            yield self._outcome(test.label, became[test.name]), became[test.name]

    def _group(
        self, owner: tuple[str, ...], tests: list[PlannedTest], scope: Scope, failure: BaseException | None
    ) -> Iterator[tuple[Outcome, BaseException | None]]:
        """The tests of one class, or some functions in a row."""
        scopes = Scopes(scope, Scope(), Scope())
        kind: Any = None
        if owner and failure is None:
            kind = self._owners(owner)[0]
            failure = _failure_of(self._call, kind, "setup_class")
        for test in tests:
            for name, error in self._test(test, kind, scopes, failure):
                yield self._outcome(name, error), error
                if isinstance(error, OutOfTimeError):
                    failure = Skipped(str(error))
        _failure_of(scopes.owner.end)
        if kind is not None:
            _failure_of(self._call, kind, "teardown_class")

    def _test(
        self, test: PlannedTest, kind: Any, scopes: Scopes, failure: BaseException | None
    ) -> Iterator[tuple[str, BaseException | None]]:
        """Each case of a test: its name, and why it did not pass."""
        cases: list[Case] = []
        owners = self._owners(test.owner) if failure is None else []
        if failure is None:
            try:
                function = getattr(kind if kind is not None else self.module, test.name)
                marks = all_marks(function, [*owners, self.module])
                fixtures = fixtures_in(self.module, *[base for one in owners for base in reversed(one.__mro__)])
                cases = cases_of(function, marks, fixtures)
            except BaseException as error:  # noqa: BLE001 - then no case can be held
                failure = error
        if failure is None and test.cases not in {None, len(cases)}:
            failure = Skipped(f"the test has {len(cases)} cases, where its source shows {test.cases}")
        if failure is not None:
            yield from [(test.label, failure)] * test.count
            return
        became: list[tuple[str, BaseException | None]] = []
        for case in cases:
            name = f"{test.label}[{case.name}]" if case.name else test.label
            context = self._context(name, function, kind, fixtures, scopes, case)
            error = failure or self._case(context, [*marks, *case.marks])
            failure = Skipped(str(error)) if isinstance(error, OutOfTimeError) else failure
            became.append((name, error))
        if test.cases is None:
            became = [(test.label, next((error for _, error in became if error is not None), None))]
        yield from became

    def _context(
        self, name: str, function: Callable[..., Any], kind: Any, fixtures: dict[str, Any], scopes: Scopes, case: Case
    ) -> TestContext:
        instance = kind() if kind is not None else None
        bound = function.__get__(instance) if instance is not None else function
        scopes = Scopes(scopes.module, scopes.owner, Scope())
        return TestContext(
            name, bound, instance, self.module, fixtures, scopes, case.params,
            lambda: MonkeyPatch(self.reach, self.answer.objects),
        )  # fmt: skip

    def _case(self, context: TestContext, marks: list[Mark]) -> BaseException | None:
        """Hold one case; why it did not pass."""
        FinalError.latest = None
        error = _failure_of(self._hold, context, marks)
        if context.instance is not None:
            error = _failure_of(self._call, context.instance, "teardown_method", about=context.function) or error
        else:
            error = _failure_of(self._call, self.module, "teardown_function", about=context.function) or error
        error = _failure_of(context.scopes.function.end) or error
        return FinalError.latest or error

    def _hold(self, context: TestContext, marks: list[Mark]) -> None:
        for mark in marks:
            if mark.name == "skipif" and self._holds(mark.argument(0, "condition", default=True)):
                raise Skipped(f"skipped: {mark.argument(1, 'reason', '')}")
        for name in used_fixtures(context.function, marks, context.fixtures):
            if context.fixtures[name].is_automatic:
                context.value(name)
        for mark in marks:
            for name in mark.args if mark.name == "usefixtures" else ():
                context.value(name)
        if context.instance is not None:
            self._call(context.instance, "setup_method", about=context.function)
        else:
            self._call(self.module, "setup_function", about=context.function)
        values = {name: context.value(name) for name in self._wanted(context)}
        result = context.function(**values)
        if inspect.iscoroutine(result):
            asyncio.run(result)

    @staticmethod
    def _wanted(context: TestContext) -> list[str]:
        """What a test wants by name; what `mock.patch` gives it comes first, by place."""
        patchings = getattr(context.function, "patchings", [])
        given = sum(patching.attribute_name is None and patching.new is unittest.mock.DEFAULT for patching in patchings)
        return parameters_of(context.function)[given:]

    def _holds(self, condition: Any) -> bool:
        return bool(eval(condition, vars(self.module)) if isinstance(condition, str) else condition)

    def _owners(self, names: tuple[str, ...]) -> list[Any]:
        """The classes of a test, the nearest first."""
        owners: list[Any] = []
        for name in names:
            owners.insert(0, getattr(owners[0] if owners else self.module, name))
        return owners

    @staticmethod
    def _call(owner: Any, *names: str, about: Any = None) -> None:
        """Call what there is of these names, with what it is about if it wants to know."""
        for name in names:
            function = getattr(owner, name, None)
            if inspect.isroutine(function):
                function(*[about if about is not None else owner][: len(parameters_of(function))])

    def _outcome(self, name: str, error: BaseException | None) -> Outcome:
        if error is None:
            return Outcome(Verdict.PASSED, name)
        if isinstance(error, BrokenTestError):
            raise error
        if isinstance(error, ImportError) and not is_answers(error) and error.name not in self.names:
            raise BrokenTestError(f"a test cannot import: {error}") from None
        verdict = Verdict.EXCEPTION if isinstance(error, ImportError) else verdict_of(error)
        return Outcome(verdict, name, f"{self._place(error)}{error_text(error)}"[:TEXT_CHARS])

    def _place(self, error: BaseException) -> str:
        """Where in the module an error came up."""
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == _FILE:
                line = trace.tb_lineno
            trace = trace.tb_next
        return f"line {line}: {self.lines[line - 1].strip()}: " if 0 < line <= len(self.lines) else ""


def _failure_of(act: Callable[..., Any], *args: Any, **kwargs: Any) -> BaseException | None:
    """What something raised."""
    try:
        act(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - whatever ends a test is its outcome
        return error
    return None
