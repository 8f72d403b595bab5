"""Tests in the solution's own process, for suites that cannot be split.

An answer that means to can reach everything here, so this is made ready before the answer is loaded, and reports when
the answer has changed what it is made of. Its reports are worth no more than what that process could send by itself.
"""

from __future__ import annotations

import importlib
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, cast
from unittest import IsolatedAsyncioTestCase  # noqa: F401 - which unittest loads when it is asked for

from testcases.in_process.steps import steps_of
from testcases.kinds.checks import hold_assertion, hold_check
from testcases.pytest_runner.monkeypatch import Reach
from testcases.pytest_runner.runner import Suite
from testcases.solution import free_names, helpers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.verdict import Outcome

__all__ = ["Inside"]

_WATCHED = frozenset({"testcases", "unittest", "asyncio.runners", "builtins"})
"""Packages and modules that tests run by."""
_callable, _id, _isinstance, _vars = callable, id, isinstance, vars
"""What the answer may have put in their place looks for nothing here."""
_MEMBERS = (classmethod, staticmethod, property, ModuleType)


class Inside:
    """An exam in the process of the answer.

    Args:
        exam: tests, prompt, setup, entry point, names, and the number of the first step.
    """

    def __init__(self, exam: dict[str, Any]) -> None:
        self._exam = exam
        self._answer = _Here(exam)
        self._made_of = _made_of()
        self._suite: Suite | None = None

    def steps(self, module: ModuleType) -> Iterator[list[list[str]]]:
        """Hold the tests, one a step: verdict, name and detail of each outcome.

        Args:
            module: the answer, loaded.
        """
        self._answer.module = module
        tests, first = self._exam["tests"], self._exam["first"]
        places = [step.place for step in steps_of(tests)]
        for place in dict.fromkeys(places[first:]):
            kind, *fields = tests[place]
            if kind == "pytest":
                yield from (_plain(outcomes) for outcomes in self._steps_of(places[:first].count(place), *fields))
            else:
                yield _plain(self._test(kind, fields[0]))

    def is_intact(self) -> bool:
        """Whether all this is made of what it was made of before the answer came."""
        return _made_of() == self._made_of and (self._suite is None or self._suite.is_intact)

    def _steps_of(self, first: int, source: str, name: str) -> Iterator[list[Outcome]]:
        self._suite = Suite(source, {name: self._answer.module}, self._answer.namespace, _NoObjects())
        with self._suite.installed(_NoReach()):
            yield from self._suite.steps(first)

    def _test(self, kind: str, source: str) -> list[Outcome]:
        if kind == "assert":
            return [hold_assertion(self._answer, source)]
        return list(hold_check(self._answer, source))


class _Here:
    """An answer in this process."""

    def __init__(self, exam: dict[str, Any]) -> None:
        self.entry_point: str | None = exam["entry_point"]
        self.module: Any = None
        self._exam = exam
        self._namespace: dict[str, Any] | None = None

    def namespace(self) -> dict[str, Any]:
        """Helpers of the prompt and the setup, and the answer's names that these lack."""
        if self._namespace is None:
            names = {*self._exam["names"], *free_names(self._exam["setup"])}
            found = {name: getattr(self.module, name) for name in names if hasattr(self.module, name)}
            if self.entry_point:
                found[self.entry_point] = _found(self.module, self.entry_point)
            self._namespace = helpers_of(self._exam["prompt"], self._exam["setup"], found, self.entry_point)
        return self._namespace


class _NoReach(Reach):
    """Patches reach the answer by themselves."""

    is_far = False

    def __init__(self) -> None:
        super().__init__(cast("Any", _NoObjects()))

    def patch(self, target: Any, name: str, value: Any) -> None:
        """Nothing."""

    def restore(self, target: Any, name: str) -> None:
        """Nothing."""


class _NoObjects:
    """There is no other process to ask."""

    def ask(self, *_: Any) -> None:
        """Nothing."""

    def call(self, *_: Any) -> None:
        """Nothing."""


def _found(module: ModuleType, path: str) -> Any:
    found: Any = module
    for name in path.split("."):
        found = getattr(found() if isinstance(found, type) else found, name)
    return found


def _plain(outcomes: list[Outcome]) -> list[list[str]]:
    return [[outcome.verdict.value, outcome.name, outcome.detail] for outcome in outcomes]


def _made_of() -> list[tuple[str, int, int]]:
    """Every name that the code of tests and of this package looks up, and what it means."""
    found: list[tuple[str, int, int]] = []
    for name, module in _modules.items():
        for key, value in _vars(module).items():
            if not _matters(value):
                continue
            found.append((f"{name}.{key}", _id(value), _code_of(value)))
            if _isinstance(value, type) and value.__module__ == name:
                members = [(member, one) for member, one in _vars(value).items() if _matters(one)]
                found += [(f"{name}.{key}.{member}", _id(one), _code_of(one)) for member, one in members]
    return found


def _matters(value: Any) -> bool:
    return _callable(value) or _isinstance(value, _MEMBERS)


def _code_of(value: Any) -> int:
    return _id(value.__code__) if _isinstance(value, FunctionType) else 0


importlib.import_module("unittest._log")  # which nothing loads before it is used
_modules = {
    name: module
    for name, module in sorted(sys.modules.items())
    if not _WATCHED.isdisjoint({name, name.partition(".")[0]})
}
"""All that is loaded by now: nothing more can be."""
