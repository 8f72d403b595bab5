"""Tests in the solution's own process, for suites that cannot be split.

An answer that means to can reach everything here. So this is prepared before the answer is loaded, and notices when the
answer has changed what it is made of. Its reports are worth no more than what the answer could send by itself; the
harness believes them because the problem asked for this mode.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any
from unittest import IsolatedAsyncioTestCase  # noqa: F401 - unittest loads it on first use, after the fingerprint

from testcases.in_process.steps import CODE_KINDS, build_steps
from testcases.in_process.tampering import Baseline
from testcases.kinds.checks import run_assertion, run_check
from testcases.pytest_runner import pytest_api
from testcases.pytest_runner.monkeypatch import RemotePatcher
from testcases.pytest_runner.runner import Suite
from testcases.solution import build_namespace
from testcases.source.module_names import find_modules
from testcases.source.parsing import free_names, imported_modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from testcases.verdict import CaseResult

__all__ = ["InProcessTests"]

_RUNNERS = frozenset({"testcases", "unittest"})
"""Packages whose code runs the tests."""
_LIBRARIES = frozenset({"asyncio.runners", "builtins"})
"""Modules that run tests, too."""


class InProcessTests:
    """The tests of a spec, in the process of the solution (`sandbox.processes.solution.in_process`).

    Args:
        spec: tests, prompt, setup, entry point, names, and the number of the first step.
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self._solution = _LocalSolution(spec)
        # Now, before the answer is loaded: its module code runs first, and could change everything below.
        sources = [str(field) for kind, *fields in spec["tests"] if kind in CODE_KINDS for field in fields[:1]]
        sources += [spec["setup"], spec["prompt_code"]]
        names = _runner_modules | {name for source in sources for name in imported_modules(source) | free_names(source)}
        self._before = Baseline(names, patched_by_tests="\n".join(sources))
        self._suite: Suite | None = None

    def steps(self, module: ModuleType) -> Iterator[list[list[str]]]:
        """Run the tests, one step at a time, and yield verdict, name and detail of each result.

        Args:
            module: the solution, loaded.
        """
        self._solution.module = module
        tests, first = self._spec["tests"], self._spec["first"]
        indices = [step.index for step in build_steps(tests)]
        for index in dict.fromkeys(indices[first:]):
            kind, *fields = tests[index]
            if kind == "pytest":
                yield from (_as_lists(results) for results in self._suite_steps(indices[:first].count(index), *fields))
            else:
                yield _as_lists(self._run_test(kind, fields[0]))

    def is_intact(self) -> bool:
        """Return whether everything that runs the tests is what it was before the answer was loaded."""
        return self._before.is_intact() and (self._suite is None or self._suite.is_intact)

    def _suite_steps(self, first: int, source: str, name: str) -> Iterator[list[CaseResult]]:
        self._suite = Suite(source, {name: self._solution.module}, self._solution.namespace)
        with self._suite.installed(_LocalPatcher()):
            yield from self._suite.steps(first)

    def _run_test(self, kind: str, source: str) -> list[CaseResult]:
        if kind == "assert":
            return [run_assertion(self._solution, source)]
        return list(run_check(self._solution, source))


class _LocalSolution:
    """A solution in this process."""

    asked_count = 0

    def __init__(self, spec: dict[str, Any]) -> None:
        self.entry_point: str | None = spec["entry_point"]
        self.module: Any = None
        self._spec = spec
        # Found before the answer is loaded, which could put its own modules in the place of others.
        sources = [fields[0] for kind, *fields in spec["tests"] if kind in CODE_KINDS]
        self._modules = find_modules([*sources, spec["setup"]], self.entry_point, {"pytest": pytest_api.make_module})
        self._namespace: dict[str, Any] | None = None

    def namespace(self) -> dict[str, Any]:
        """Return helpers of the prompt and the setup, and the solution's names that these lack."""
        if self._namespace is None:
            used = {*self._spec["names"], *free_names(self._spec["setup"])}
            names = {name: getattr(self.module, name) for name in used if hasattr(self.module, name)}
            if self.entry_point:
                names[self.entry_point] = _resolve_path(self.module, self.entry_point)
            names |= self._modules
            self._namespace = build_namespace(self._spec["prompt_code"], self._spec["setup"], names, self.entry_point)
        return self._namespace


class _NoSession:
    """The session of a solution in this process: there is no other to ask."""

    asked_count = 0

    def ask(self, verb: str, *fields: Any) -> Any:
        """Return nothing."""

    def call(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Return nothing."""


class _LocalPatcher(RemotePatcher):
    """Leaves patches alone: they reach a solution in this process by themselves."""

    is_remote = False

    def __init__(self) -> None:
        super().__init__(_NoSession())

    def patch(self, target: Any, name: str) -> None:
        """Do nothing."""

    def restore(self, target: Any, name: str) -> None:
        """Do nothing."""


def _resolve_path(module: ModuleType, path: str) -> Any:
    """Return what a dotted path names; a class on the way is instantiated, for its methods."""
    value: Any = module
    for name in path.split("."):
        value = getattr(value() if isinstance(value, type) else value, name)
    return value


def _as_lists(results: list[CaseResult]) -> list[list[str]]:
    return [[result.verdict.value, result.name, result.detail] for result in results]


importlib.import_module("unittest._log")  # unittest loads it on the first assertLogs
# All that is loaded by now, in the zygote. A module that tests load later is not covered, so import at the top whatever
# runs them: a lazy import here would leave a hole for the answer, or look like tampering.
_runner_modules = frozenset(name for name in sys.modules if name in _LIBRARIES or name.partition(".")[0] in _RUNNERS)
