"""Runs a pytest or unittest module against a solution that is in another process.

`testcases.source.pytest_collection` has settled which tests there are, so that their number is the same for every
answer. Here each runs, and each case has a verdict of its own. An exception of the solution, whatever the name of its
class, never counts as a skip.
"""

from __future__ import annotations

import itertools
import linecache
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from testcases.blame import Fault
from testcases.describe import MAX_TEXT_CHARS, describe_error
from testcases.faults import fault_of
from testcases.proxies.effects import Effects, effects_named_in, pytest_filters
from testcases.proxies.traceback_origin import is_missing_module
from testcases.pytest_runner import pytest_api
from testcases.pytest_runner.fixtures import Scope
from testcases.pytest_runner.group import Group, with_ending
from testcases.pytest_runner.hooks import call_hook, catch
from testcases.pytest_runner.monkeypatch import MonkeyPatch, RemotePatcher, patched_mocks
from testcases.pytest_runner.raises import SelfSkipped, Skipped
from testcases.pytest_runner.solution_module import (
    SolutionModule,
    imported_names,
    installed_modules,
    star_imported_elsewhere,
    starred_modules,
)
from testcases.pytest_runner.uncollected import rest_of, uncollected_tests
from testcases.pytest_runner.unittest_runner import run_class
from testcases.signals import BrokenTestError, FailureWatch, is_from_solution, verdict_of
from testcases.source.instrumentation import compile_marked
from testcases.source.parsing import free_names, try_parse
from testcases.source.pytest_collection import collect
from testcases.source.pytest_unsupported import unsupported_features
from testcases.verdict import CaseResult, Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import CodeType

    from testcases.pytest_runner.group import CaseOutcome
    from testcases.solution import Solution
    from testcases.source.pytest_collection import CollectedTest

__all__ = ["Suite", "names_used", "prepare_suite", "run_suite"]

_MODULE = "test_solution"
_FILE = "<test>"


@lru_cache(maxsize=256)
def names_used(source: str, module: str) -> frozenset[str]:
    """Return the names of the solution that a suite uses."""
    tree = try_parse(source)
    return frozenset() if tree is None else free_names(source).union(imported_names(tree, module))


def prepare_suite(source: str, module: str) -> None:
    """Read and compile a suite without running it; `run_suite` finds that done, also in a process forked later.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be compiled.
    """
    names_used(source, module)
    starred_modules(source)
    unsupported_features(source)
    _compile(source)


def _compile(source: str) -> CodeType:
    plan = collect(source)
    return compile_marked(source, _FILE, bodies=plan.marked_bodies, assertions=plan.may_skip_assertions)


def run_suite(solution: Solution, source: str, module: str) -> Iterator[CaseResult]:
    """Put a solution to every test of a module, and yield the results.

    Args:
        solution: the solution under test.
        source: source of the test module.
        module: name by which it imports the solution.

    Raises:
        BrokenTestError: the module cannot run, whatever the answer is.
    """
    # Refused before anything runs: a feature that is missing here would fail right answers, too.
    for line, feature in unsupported_features(source):
        raise BrokenTestError(f"line {line}: {feature}")
    wanted = free_names(source) - solution.modules.keys()
    with installed_modules({"pytest": pytest_api.make_module()}):
        wanted -= star_imported_elsewhere(source, module, wanted, solution.entry_point)
    modules = {module: SolutionModule(module, solution, wanted)}
    suite = Suite(source, modules, solution.namespace, lambda: solution.asked_count)
    solution.proxies.effects = Effects(effects_named_in(source))
    with suite.installed(RemotePatcher(solution.proxies)):
        for results in suite.steps():
            yield from results


class Suite:
    """One module, run once.

    Args:
        source: source of the module.
        modules: modules that it imports the solution from, by name.
        namespace: returns the names that it has without binding them.
        asked_count: returns the number of requests so far by which test code used the solution, where that is known.
    """

    def __init__(
        self,
        source: str,
        modules: Mapping[str, ModuleType],
        namespace: Callable[[], dict[str, Any]],
        asked_count: Callable[[], int] = int,
    ) -> None:
        self.source = source
        self.lines = source.splitlines()
        self.plan = collect(source)
        self.module = ModuleType(_MODULE)
        self._pytest = pytest_api.make_module()
        self._modules = modules
        self._namespace = namespace
        self._asked_count = asked_count
        self._monkeypatch = MonkeyPatch
        self.load_failed = False
        """True if the module could not be loaded or set up, which fails all its tests."""
        self._loaded: list[tuple[str, int, int]] | None = None

    @contextmanager
    def installed(self, patcher: RemotePatcher) -> Iterator[None]:
        """Install the modules that the test module imports, and patch mocks."""
        self._monkeypatch = MonkeyPatch.with_patcher(patcher)
        vars(self._pytest)["MonkeyPatch"] = self._monkeypatch
        modules = {"pytest": self._pytest, _MODULE: self.module, **self._modules}
        with ExitStack() as stack:
            stack.enter_context(installed_modules(modules))
            if patcher.is_remote:
                if "warnings" in effects_named_in(self.source):
                    stack.enter_context(pytest_filters())
                stack.enter_context(patched_mocks(patcher))
            # Test code may replace the streams and not restore them; later tests must not write into its buffers.
            stack.callback(setattr, sys, "stdout", sys.stdout)
            stack.callback(setattr, sys, "stderr", sys.stderr)
            # The solution may have changed it, too, and our own code may still have to import something.
            stack.callback(setattr, sys, "path", list(sys.path))
            yield

    def steps(self, first: int = 0) -> Iterator[list[CaseResult]]:
        """Run the tests and yield the results of each, one for each of its cases.

        Args:
            first: number of the test to begin with.
        """
        tests = self.plan.tests[first:]
        scope = Scope()
        asked_before = self._asked_count()
        with FailureWatch() as watch:
            failure = catch(self._load)
            self._loaded = self._members()
            failure = failure or catch(call_hook, self.module, "setup_module", "setUpModule") or watch.take()
        self.load_failed = failure is not None
        # What the module holds may come from the solution from now on.
        load_asked = self._asked_count() > asked_before
        # Errors that came up after the solution had been asked; those of a class fail several tests.
        asked_errors: list[BaseException | None] = []
        left = len(tests)
        for owner, group in itertools.groupby(tests, key=lambda test: test.owner):
            asked_before = self._asked_count()
            for outcomes in self._group(owner, list(group), scope, failure):
                left -= 1
                if left == 0:
                    outcomes = with_ending(outcomes, self._tear_down(scope))  # noqa: PLW2901 - as pytest reports it
                if self._asked_count() > asked_before:
                    asked_errors += [why for _, why in outcomes]
                asked = [load_asked or any(why is one for one in asked_errors) for _, why in outcomes]
                yield [self._result(*outcome, asked=after) for outcome, after in zip(outcomes, asked, strict=True)]
                asked_before = self._asked_count()
                # The watchdog stopped test code at an unknown point. What that left behind may fail the tests after it.
                stopped = next((why for _, why in outcomes if isinstance(why, OutOfTimeError)), None)
                failure = Skipped(str(stopped)) if stopped is not None else failure
        if not tests:
            self._tear_down(scope)

    def _tear_down(self, scope: Scope) -> BaseException | None:
        """End what belongs to the module, and return what failed."""
        with FailureWatch() as watch:
            failure = catch(scope.end)
            failure = catch(call_hook, self.module, "teardown_module", "tearDownModule") or failure
            return watch.take() or failure

    @property
    def is_intact(self) -> bool:
        """True if the functions of the test module are those that it had when it was loaded."""
        return self._loaded is None or self._members() == self._loaded

    def _members(self) -> list[tuple[str, int, int]]:
        """Return the functions of the module and of its classes, and everything of the module pytest."""
        owners = [self.module, *(value for value in vars(self.module).values() if isinstance(value, type))]
        members: list[tuple[str, Any]] = [
            (name, value)
            for owner in owners
            if owner is self.module or owner.__module__ == _MODULE
            for name, value in list(vars(owner).items())
            if type(value) is FunctionType  # isinstance() asks an object of the solution, which may end its process
        ]
        members += vars(self._pytest).items()
        codes = [value.__code__ if type(value) is FunctionType else None for _, value in members]
        return [(name, id(value), id(code)) for (name, value), code in zip(members, codes, strict=True)]

    def _load(self) -> None:
        plan, code = self.plan, _compile(self.source)
        vars(self.module).update(self._namespace())
        vars(self.module).update({"__name__": _MODULE, "__file__": _FILE})
        # There is no such file, so tracebacks and inspect.getsource would find no source lines without this.
        linecache.cache[_FILE] = len(self.source), None, self.source.splitlines(keepends=True), _FILE
        asked_before = self._asked_count()
        exec(code, vars(self.module))
        # An answer that was asked may have decided which names there are. It must not make its sample unscored.
        if self._asked_count() > asked_before:
            return
        for line, name in uncollected_tests(self.module, _FILE, plan.known, plan.with_rest):
            raise BrokenTestError(
                f"line {line}: {name}: tests that the source does not show by this name are not offered"
            )

    def _group(
        self, owner: tuple[str, ...], tests: list[CollectedTest], scope: Scope, failure: BaseException | None
    ) -> Iterator[list[CaseOutcome]]:
        """Run the tests of one class, or some functions in a row."""
        owners: list[Any] = []
        try:
            for name in owner if failure is None else ():
                owners.insert(0, getattr(owners[0] if owners else self.module, name))
        except BaseException as error:  # noqa: BLE001 - something else has this name now
            failure = error
        if failure is not None:
            # As many results as if the tests had run: their number must be the same for every answer.
            for test in tests:
                yield [(test.label, failure) for _ in range(test.count)]
            return
        rest = next((test for test in tests if test.is_rest), None)
        shown = [test for test in tests if not test.is_rest]
        names = rest_of(owners[0] if owners else self.module, self.plan.known, owner) if rest is not None else []
        made = [replace(rest, name=name, is_rest=False) for name in names] if rest is not None else []
        results = self._run_group(owners, [*shown, *made], scope)
        yield from itertools.islice(results, len(shown))
        if rest is not None:
            # One result for all of them: the source does not show how many there are.
            errors = [why for outcomes in results for _, why in outcomes]
            nothing = None if made else AssertionError("the module sets no such test")
            yield [(rest.label, next((why for why in errors if why is not None), nothing))]
        else:
            yield from results  # to its end, where classes are torn down

    def _run_group(self, owners: list[Any], tests: list[CollectedTest], scope: Scope) -> Iterator[list[CaseOutcome]]:
        group = Group(self.module, _FILE, owners, scope, self._monkeypatch, self._asked_count)
        if tests and tests[0].is_unittest:
            errors = run_class(owners[0], tests, _FILE, group.prepared, group.scopes.owner.end, self._asked_count)
            yield from ([(test.label, why)] for test, why in zip(tests, errors, strict=True))
        else:
            yield from group.run(tests)

    def _result(self, name: str, error: BaseException | None, *, asked: bool) -> CaseResult:
        if error is None:
            return CaseResult(Verdict.PASSED, name)
        detail = f"{self._location(error)}{describe_error(error)}"[:MAX_TEXT_CHARS]
        # A module of the solution's, such as one that a mock is to patch, is the solution's to have.
        is_own = isinstance(error, ImportError) and (error.name or "").partition(".")[0] in self._modules
        if isinstance(error, ImportError) and not is_own and is_missing_module(error):
            return CaseResult(Verdict.WRONG_ANSWER, name, detail, Fault.BROKEN_TEST)
        # What the module names, and neither binds nor gets, fails for every answer, whatever was asked before.
        if type(error) is NameError and error.name in free_names(self.source) and not is_from_solution(error):
            return CaseResult(Verdict.WRONG_ANSWER, name, detail, Fault.BROKEN_TEST)
        if isinstance(error, SelfSkipped):
            return CaseResult(error.verdict, name, detail, None if error.asked else Fault.SKIPPED)
        verdict = Verdict.EXCEPTION if isinstance(error, ImportError) else verdict_of(error)
        return CaseResult(verdict, name, detail, fault_of(error, asked=asked))

    def _location(self, error: BaseException) -> str:
        """Return the line of the module in which an error came up."""
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == _FILE:
                line = trace.tb_lineno
            trace = trace.tb_next
        return f"line {line}: {self.lines[line - 1].strip()}: " if 0 < line <= len(self.lines) else ""
