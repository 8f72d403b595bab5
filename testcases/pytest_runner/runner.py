"""Runs a pytest or unittest module against an answer that lives in another process.

What a test is, and how many there are, is settled before (`testcases.source.pytest_collection`); here each is
run, and each case of one gets a verdict of its own. An exception of the answer, whatever its class is
called, is never taken for a skip.
"""

from __future__ import annotations

import itertools
import linecache
import sys
from contextlib import ExitStack, contextmanager
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from testcases.describe import MAX_TEXT_CHARS, describe_error
from testcases.proxies.traceback_origin import is_missing_module
from testcases.pytest_runner import pytest_api
from testcases.pytest_runner.fixtures import Scope
from testcases.pytest_runner.group import Group
from testcases.pytest_runner.hooks import call_hook, catch
from testcases.pytest_runner.monkeypatch import RemotePatcher, patched_mocks
from testcases.pytest_runner.raises import Skipped
from testcases.pytest_runner.solution_module import (
    SolutionModule,
    imported_names,
    installed_modules,
    star_imported_elsewhere,
)
from testcases.pytest_runner.unittest_runner import run_class
from testcases.signals import BrokenTestError, FinalError, verdict_of
from testcases.source.instrumentation import compile_marked
from testcases.source.parsing import free_names, try_parse
from testcases.source.pytest_collection import collect
from testcases.source.pytest_unsupported import unsupported_features
from testcases.verdict import CaseResult, Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from testcases.pytest_runner.group import CaseOutcome
    from testcases.solution import Solution
    from testcases.source.pytest_collection import CollectedTest

__all__ = ["Suite", "names_used", "run_suite"]

_MODULE = "test_solution"
_FILE = "<test>"


def names_used(source: str, module: str) -> set[str]:
    """Names of the answer that a suite uses."""
    tree = try_parse(source)
    return set() if tree is None else imported_names(tree, module) | free_names(source)


def run_suite(answer: Solution, source: str, module: str) -> list[CaseResult]:
    """Put an answer to every test of a module.

    Args:
        answer: the answer.
        source: of the module.
        module: name by which it imports the answer.

    Raises:
        BrokenTestError: the module cannot be run, whatever the answer is.
    """
    for line, feature in unsupported_features(source):
        raise BrokenTestError(f"line {line}: {feature}")
    wanted = free_names(source)
    with installed_modules({"pytest": pytest_api.make_module()}):
        wanted -= star_imported_elsewhere(source, module, wanted, answer.entry_point)
    answers = SolutionModule(module, answer, wanted)
    suite = Suite(source, {module: answers}, answer.namespace, answer.objects)
    with suite.installed(RemotePatcher(answer.objects)):
        return [outcome for outcomes in suite.steps() for outcome in outcomes]


class Suite:
    """One module, run once.

    Args:
        source: of the module.
        answers: the module that it imports the answer from, by its name.
        namespace: gives the names it has without binding them.
        objects: the answer's.
    """

    def __init__(
        self,
        source: str,
        answers: Mapping[str, ModuleType],
        namespace: Callable[[], dict[str, Any]],
        objects: Any,
    ) -> None:
        self.source = source
        self.lines = source.splitlines()
        self.plan = collect(source)
        self.module = ModuleType(_MODULE)
        self._pytest = pytest_api.make_module()
        self._answers = answers
        self._namespace = namespace
        self._objects = objects
        self._reach = RemotePatcher(objects)
        self._loaded: list[tuple[str, int, int]] | None = None

    @contextmanager
    def installed(self, reach: RemotePatcher) -> Iterator[None]:
        """Have everything be as the module expects it."""
        self._reach = reach
        modules = {"pytest": self._pytest, _MODULE: self.module, **self._answers}
        with ExitStack() as stack:
            stack.enter_context(installed_modules(modules))
            if reach.is_remote:
                stack.enter_context(patched_mocks(reach))
            stack.callback(setattr, sys, "stdout", sys.stdout)
            stack.callback(setattr, sys, "stderr", sys.stderr)
            yield

    def steps(self, first: int = 0) -> Iterator[list[CaseResult]]:
        """Run the tests; what became of each, with one outcome for each of its cases.

        Args:
            first: number of the test to begin with.
        """
        tests = self.plan.tests[first:]
        scope = Scope()
        FinalError.take()
        failure = catch(self._load)
        self._loaded = self._members()
        failure = failure or catch(call_hook, self.module, "setup_module", "setUpModule") or FinalError.take()
        for owner, group in itertools.groupby(tests, key=lambda test: test.owner):
            for became in self._group(owner, list(group), scope, failure):
                yield [self._outcome(name, why) for name, why in became]
                stopped = next((why for _, why in became if isinstance(why, OutOfTimeError)), None)
                failure = Skipped(str(stopped)) if stopped is not None else failure
        catch(scope.end)
        catch(call_hook, self.module, "teardown_module", "tearDownModule")

    @property
    def is_intact(self) -> bool:
        """Whether the tests are those of the source, as far as can be seen from what they were when it was loaded."""
        return self._loaded is None or self._members() == self._loaded

    def _members(self) -> list[tuple[str, int, int]]:
        """The functions of the module and of its classes, and everything of pytest's."""
        owners = [self.module, *(value for value in vars(self.module).values() if isinstance(value, type))]
        members: list[tuple[str, Any]] = [
            (name, value)
            for owner in owners
            if owner is self.module or owner.__module__ == _MODULE
            for name, value in list(vars(owner).items())
            if isinstance(value, FunctionType)
        ]
        members += vars(self._pytest).items()
        codes = [value.__code__ if isinstance(value, FunctionType) else None for _, value in members]
        return [(name, id(value), id(code)) for (name, value), code in zip(members, codes, strict=True)]

    def _load(self) -> None:
        code = compile_marked(self.source, _FILE)
        vars(self.module).update(self._namespace())
        vars(self.module).update({"__name__": _MODULE, "__file__": _FILE})
        linecache.cache[_FILE] = len(self.source), None, self.source.splitlines(keepends=True), _FILE
        exec(code, vars(self.module))

    def _group(
        self, owner: tuple[str, ...], tests: list[CollectedTest], scope: Scope, failure: BaseException | None
    ) -> Iterator[list[CaseOutcome]]:
        """The tests of one class, or some functions in a row."""
        owners: list[Any] = []
        try:
            for name in owner if failure is None else ():
                owners.insert(0, getattr(owners[0] if owners else self.module, name))
        except BaseException as error:  # noqa: BLE001 - something else has this name now
            failure = error
        if failure is not None:
            for test in tests:
                yield [(test.label, failure) for _ in range(test.count)]
        elif tests[0].is_unittest:
            became = run_class(owners[0], [test.name for test in tests])
            yield from ([(test.label, why)] for test, why in zip(tests, became, strict=True))
        else:
            yield from Group(self.module, owners, scope, self._reach, self._objects).hold(tests)

    def _outcome(self, name: str, error: BaseException | None) -> CaseResult:
        if error is None:
            return CaseResult(Verdict.PASSED, name)
        if isinstance(error, BrokenTestError):
            raise error
        if isinstance(error, ImportError) and error.name not in self._answers and is_missing_module(error):
            raise BrokenTestError(f"a test cannot import: {error}") from None
        verdict = Verdict.EXCEPTION if isinstance(error, ImportError) else verdict_of(error)
        return CaseResult(verdict, name, f"{self._place(error)}{describe_error(error)}"[:MAX_TEXT_CHARS])

    def _place(self, error: BaseException) -> str:
        """Where in the module an error came up."""
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == _FILE:
                line = trace.tb_lineno
            trace = trace.tb_next
        return f"line {line}: {self.lines[line - 1].strip()}: " if 0 < line <= len(self.lines) else ""
