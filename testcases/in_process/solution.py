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

from testcases.in_process.steps import build_steps
from testcases.kinds.checks import run_assertion, run_check
from testcases.pytest_runner.monkeypatch import RemotePatcher
from testcases.pytest_runner.runner import Suite
from testcases.solution import build_namespace
from testcases.source.parsing import free_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.verdict import CaseResult

__all__ = ["InProcessTests"]

_FINGERPRINTED = frozenset({"testcases", "unittest", "asyncio.runners", "builtins"})
"""Packages and modules that tests run by."""
_callable, _id, _isinstance, _vars = callable, id, isinstance, vars
"""What the answer may have put in their place looks for nothing here."""
_MEMBERS = (classmethod, staticmethod, property, ModuleType)


class InProcessTests:
    """An exam in the process of the answer.

    Args:
        spec: tests, prompt, setup, entry point, names, and the number of the first step.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self._exam = spec
        self._answer = _LocalSolution(spec)
        self._made_of = _fingerprint()
        self._suite: Suite | None = None

    def steps(self, module: ModuleType) -> Iterator[list[list[str]]]:
        """Hold the tests, one a step: verdict, name and detail of each outcome.

        Args:
            module: the answer, loaded.
        """
        self._answer.module = module
        tests, first = self._exam["tests"], self._exam["first"]
        places = [step.place for step in build_steps(tests)]
        for place in dict.fromkeys(places[first:]):
            kind, *fields = tests[place]
            if kind == "pytest":
                yield from (_as_lists(outcomes) for outcomes in self._steps_of(places[:first].count(place), *fields))
            else:
                yield _as_lists(self._test(kind, fields[0]))

    def is_intact(self) -> bool:
        """Whether all this is made of what it was made of before the answer came."""
        return _fingerprint() == self._made_of and (self._suite is None or self._suite.is_intact)

    def _steps_of(self, first: int, source: str, name: str) -> Iterator[list[CaseResult]]:
        self._suite = Suite(source, {name: self._answer.module}, self._answer.namespace, _NoHost())
        with self._suite.installed(_NoPatcher()):
            yield from self._suite.steps(first)

    def _test(self, kind: str, source: str) -> list[CaseResult]:
        if kind == "assert":
            return [run_assertion(self._answer, source)]
        return list(run_check(self._answer, source))


class _LocalSolution:
    """An answer in this process."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.entry_point: str | None = spec["entry_point"]
        self.module: Any = None
        self._exam = spec
        self._namespace: dict[str, Any] | None = None

    def namespace(self) -> dict[str, Any]:
        """Helpers of the prompt and the setup, and the answer's names that these lack."""
        if self._namespace is None:
            names = {*self._exam["names"], *free_names(self._exam["setup"])}
            found = {name: getattr(self.module, name) for name in names if hasattr(self.module, name)}
            if self.entry_point:
                found[self.entry_point] = _resolve_path(self.module, self.entry_point)
            self._namespace = build_namespace(self._exam["prompt"], self._exam["setup"], found, self.entry_point)
        return self._namespace


class _NoPatcher(RemotePatcher):
    """Patches reach the answer by themselves."""

    is_remote = False

    def __init__(self) -> None:
        super().__init__(cast("Any", _NoHost()))

    def patch(self, target: Any, name: str, value: Any) -> None:
        """Nothing."""

    def restore(self, target: Any, name: str) -> None:
        """Nothing."""


class _NoHost:
    """There is no other process to ask."""

    def ask(self, *_: Any) -> None:
        """Nothing."""

    def call(self, *_: Any) -> None:
        """Nothing."""


def _resolve_path(module: ModuleType, path: str) -> Any:
    found: Any = module
    for name in path.split("."):
        found = getattr(found() if isinstance(found, type) else found, name)
    return found


def _as_lists(outcomes: list[CaseResult]) -> list[list[str]]:
    return [[outcome.verdict.value, outcome.name, outcome.detail] for outcome in outcomes]


def _fingerprint() -> list[tuple[str, int, int]]:
    """Every name that the code of tests and of this package looks up, and what it means."""
    found: list[tuple[str, int, int]] = []
    for name, module in _modules.items():
        for key, value in _vars(module).items():
            if not _is_fingerprinted(value):
                continue
            found.append((f"{name}.{key}", _id(value), _code_of(value)))
            if _isinstance(value, type) and value.__module__ == name:
                members = [(member, one) for member, one in _vars(value).items() if _is_fingerprinted(one)]
                found += [(f"{name}.{key}.{member}", _id(one), _code_of(one)) for member, one in members]
    return found


def _is_fingerprinted(value: Any) -> bool:
    return _callable(value) or _isinstance(value, _MEMBERS)


def _code_of(value: Any) -> int:
    return _id(value.__code__) if _isinstance(value, FunctionType) else 0


importlib.import_module("unittest._log")  # which nothing loads before it is used
_modules = {
    name: module
    for name, module in sorted(sys.modules.items())
    if not _FINGERPRINTED.isdisjoint({name, name.partition(".")[0]})
}
"""All that is loaded by now: nothing more can be."""
