"""Runs the tests of a spec: puts the solution to each, and returns the results.

Runs in the harness process, which knows the expected values and never runs the answer. That is in another process.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from testcases.caught import marked_libraries
from testcases.in_process.harness import run_in_process
from testcases.in_process.steps import CODE_KINDS
from testcases.kinds.calls import run_call
from testcases.kinds.checks import run_assertion, run_check
from testcases.kinds.oracle import Oracle
from testcases.kinds.programs import run_program
from testcases.model import Comparison
from testcases.proxies.identity import unittest_by_identity
from testcases.proxies.type_checks import library_type_checks
from testcases.pytest_runner.pytest_api import make_module
from testcases.pytest_runner.runner import names_used, run_suite
from testcases.solution import Solution
from testcases.source.instrumentation import compile_test, count_assertions, instrument
from testcases.source.module_names import find_modules
from testcases.source.parsing import NOT_PYTHON, free_names
from testcases.source.pytest_collection import count_cases
from testcases.verdict import CaseResult, Verdict
from testcases.watchdog import OutOfTimeError, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

    from testcases.solution_client import SolutionClient

__all__ = ["prepare", "run_tests"]


def run_tests(spec: dict[str, Any], client: SolutionClient) -> list[list[Any]]:
    """Put the solution to every test of the spec.

    Args:
        spec: the test spec (`testcases.spec.build_spec`).
        client: the solution, in its process.

    Returns:
        For each result: verdict, name, detail, and the index of its test. A check has a result for each of its
        assertions, and as many for every answer.

    Raises:
        BrokenTestError: no answer could pass a test.
        Exception: the spec's own code (setup, a test that is no Python) is broken.
    """
    run = _Run(spec, client)
    with ExitStack() as stack:
        stack.enter_context(run.watchdog.watching())
        if run.has_code:
            stack.enter_context(marked_libraries())
            stack.enter_context(unittest_by_identity())
            stack.enter_context(library_type_checks())
        return [result.as_list(index) for index, result in run.results()]


class _Run:
    """One solution and the tests of one spec."""

    def __init__(self, spec: dict[str, Any], client: SolutionClient) -> None:
        self.spec = spec
        self.tests: list[list[Any]] = spec["tests"]
        self.is_in_process: bool = spec["isolation"] == "shared"
        self.has_code = not self.is_in_process and any(kind in CODE_KINDS for kind, *_ in self.tests)
        """True if test code runs in this process."""
        self.client = client
        self.comparisons = [Comparison(*fields) for fields in spec["comparisons"]]
        self.oracle = Oracle(spec["oracle"])
        # Test code gets as much time as the answer: it loops over what that returns.
        self.watchdog = Watchdog(client.limits.total_cpu_s)
        modules = _modules_used(spec) if self.has_code else {}
        names = _names_used(self.tests) - modules.keys()
        self.solution = Solution(spec, client, names, modules, with_proxies=self.has_code)

    def results(self) -> Iterator[tuple[int, CaseResult]]:
        in_process = self._run_in_process() if self.is_in_process else {}
        for index, (kind, *fields) in enumerate(self.tests):
            try:
                results = in_process[index] if index in in_process else self._run_test(kind, fields)
                yield from [(index, result) for result in results]
            except OutOfTimeError as error:
                self.watchdog.stop()
                # Test code was cut off at an unknown point, so what is left of the budget is not spent on more of it.
                self.solution.failure = Verdict.NOT_RUN, str(error)
                count = count_assertions(fields[0]) if kind == "check" else 1
                count = count_cases(fields[0]) if kind == "pytest" else count
                yield from [(index, CaseResult(error.verdict, kind, str(error)))] * count

    def _run_in_process(self) -> dict[int, list[CaseResult]]:
        self.client.callbacks.host = None
        return run_in_process(self.spec, self.client, _names_used(self.tests))

    def _run_test(self, kind: str, fields: list[Any]) -> Iterable[CaseResult]:
        # Calls compare plain data, so no host: an object that stays behind is not a right answer to a call.
        self.client.callbacks.host = self.solution.proxies if kind in CODE_KINDS else None
        match kind:
            case "call":
                *call, comparison = fields
                return [run_call(self.solution, self.oracle, self.comparisons[comparison], *call)]
            case "stdin":
                stdin, right, comparison = fields
                return [run_program(self.solution, self.comparisons[comparison], stdin, right)]
            case "assert":
                return [run_assertion(self.solution, *fields)]
            case "pytest":
                return run_suite(self.solution, *fields)
            case _:
                return run_check(self.solution, *fields)


def _modules_used(spec: dict[str, Any]) -> dict[str, ModuleType]:
    """Return the modules that test code uses without importing them."""
    sources = [fields[0] for kind, *fields in spec["tests"] if kind in CODE_KINDS]
    return find_modules([*sources, spec["setup"]], spec["entry_point"], {"pytest": make_module()})


def _names_used(tests: list[list[Any]]) -> set[str]:
    """Return the names of the solution that tests use."""
    names: set[str] = set()
    for kind, *fields in tests:
        if kind == "call" and fields[0]:
            names.add(fields[0])
        elif kind in {"assert", "check"}:
            names |= free_names(fields[0])
        elif kind == "pytest":
            names |= names_used(*fields)
    return names


def prepare(spec: dict[str, Any]) -> None:
    """Compile the code of a spec without running it; `run_tests` finds it compiled, also in a process forked later."""
    _names_used(spec["tests"])
    sources = [spec["prompt_code"], spec["setup"], spec["oracle"]]
    for kind, *fields in spec["tests"]:
        if kind == "check":
            _try(instrument, fields[0])
        elif kind == "assert":
            sources.append(fields[0])
    for source in sources:
        _try(compile_test, source)


def _try(compile_source: Callable[[str], object], source: str) -> None:
    with suppress(*NOT_PYTHON):  # the run meets the error again, and reports it
        compile_source(source)
