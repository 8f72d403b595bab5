"""Runs the tests of a spec: puts the solution to each, and returns the results.

Runs in the harness process, which knows the expected values and never runs the answer. That is in another process.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from testcases.blame import STUB_KEY, Fault
from testcases.caught import marked_libraries
from testcases.foresight.foresee import Foreseen, foresee
from testcases.in_process.harness import run_in_process
from testcases.in_process.steps import CODE_KINDS
from testcases.kinds.calls import run_call
from testcases.kinds.checks import run_assertion, run_check
from testcases.kinds.oracle import compile_oracle
from testcases.kinds.programs import run_program
from testcases.proxies.annotations import names_annotations, solution_annotations
from testcases.proxies.identity import unittest_by_identity
from testcases.proxies.process_state import recorded_seeds
from testcases.proxies.signatures import names_signatures, solution_signatures
from testcases.proxies.type_checks import library_type_checks
from testcases.proxies.unpickling import safe_unpickling
from testcases.pytest_runner.monkeypatch import RemotePatcher, patched_mocks
from testcases.pytest_runner.runner import prepare_suite, run_suite
from testcases.solution import Solution
from testcases.source.instrumentation import compile_assertion, compile_test, instrument
from testcases.source.parsing import NOT_PYTHON
from testcases.source.prompts import optional_imports
from testcases.spec_run import SpecRun, modules_used, names_used
from testcases.verdict import CaseResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from types import ModuleType

    from testcases.solution_client import SolutionClient
    from testcases.watchdog import OutOfTimeError

__all__ = ["prepare", "run_tests"]

_WORD: Final = re.compile(r"[^\W\d]\w*")
_NAMES = "names"
"""Key of a decoded spec under which the modules and names that its tests use are kept for the next answer."""
_FORESEEN = "foreseen"
"""Key of a decoded spec under which its `Foreseen` requests are kept for the next answer."""


def run_tests(spec: dict[str, Any], client: SolutionClient) -> list[list[Any]]:
    """Put the solution to every test of the spec.

    Args:
        spec: the test spec (`testcases.spec.build_spec`).
        client: the solution, in its process.

    Returns:
        For each result: verdict, name, detail, the index of its test, and the fault of the test that it may be
        (`testcases.blame.Fault`), or an empty text. A check has a result for each of its assertions, and as many for
        every answer.

    Raises:
        BrokenTestError: the oracle does not work; no process of the solution was started.
    """
    if spec[STUB_KEY]:
        from testcases.stub.run import stub_run  # noqa: PLC0415 - needed once for a problem, if at all

        run: SpecRun = stub_run(spec, client.limits)
    else:
        run = _SolutionRun(spec, client)
    with ExitStack() as stack:
        stack.enter_context(run.watchdog.watching())
        # Code that leaves no trace can reach none of the libraries that these change.
        if run.has_code and not client.tests_are_traceless:
            stack.enter_context(marked_libraries())
            stack.enter_context(unittest_by_identity())
            stack.enter_context(library_type_checks())
            stack.enter_context(recorded_seeds())
            stack.enter_context(safe_unpickling())
            stack.enter_context(solution_annotations())
            if names_signatures(run.code):
                stack.enter_context(solution_signatures())
        results = [result.as_list(index) for index, result in run.results()]
    if client.mispredicted:
        spec[_FORESEEN] = Foreseen()  # the same may happen with the next answer
    return results


class _SolutionRun(SpecRun):
    """One solution and the tests of one spec."""

    def __init__(self, spec: dict[str, Any], client: SolutionClient) -> None:
        self.client = client
        super().__init__(spec, client.limits)
        self.is_in_process: bool = spec["isolation"] == "shared"
        self.has_code = not self.is_in_process and any(kind in CODE_KINDS for kind, *_ in self.tests)
        modules, names = self._names(lasts=client.tests_are_traceless)
        looks = not client.tests_are_traceless and names_annotations(self.code)
        self.solution = Solution(spec, client, names, modules, with_proxies=self.has_code, with_annotations=looks)
        self._in_process: dict[int, list[CaseResult]] | None = None
        self._imported: dict[str, str] | None = None
        if client.sends_ahead:
            self._foresee(modules)

    def _names(self, *, lasts: bool) -> tuple[dict[str, ModuleType], frozenset[str]]:
        """Return the modules and the names of the solution that tests use.

        Args:
            lasts: whether the spec is there for the next answer, too, so that they can be kept with it.
        """
        names: tuple[dict[str, ModuleType], frozenset[str]] | None = self.spec.get(_NAMES)
        if names is None:
            modules = modules_used(self.spec) if self.has_code else {}
            names = modules, frozenset(names_used(self.tests) - modules.keys())
            if lasts:
                self.spec[_NAMES] = names
        return names

    def _foresee(self, modules: dict[str, ModuleType]) -> None:
        """Tell the client what the tests are going to ask; once for a spec, as it is the same for every answer."""
        if _FORESEEN not in self.spec:
            self.spec[_FORESEEN] = foresee(self.spec, self.solution.used_names, modules)
        foreseen: Foreseen = self.spec[_FORESEEN]
        self.client.foresee(foreseen.batches, are_all=foreseen.are_all)

    @property
    def asked_count(self) -> int:
        """Number of requests so far by which test code used the solution."""
        return self.solution.asked_count

    def asked_s(self) -> float:
        """Return the seconds for which test code has waited for the solution."""
        return self.client.asked_s

    def suspected(self, result: CaseResult) -> CaseResult:
        """Return a result; one that failed may have needed what the prompt imports from a module that lacks it.

        The run with the stub tries the imports. An answer that does not name what they bind stands alone.
        """
        if result.verdict is Verdict.PASSED or result.fault is not None:
            return result
        if self._imported is None:
            self._imported = optional_imports(self.spec["prompt"])
        used = _WORD.findall(f"{self.client.source}\n{self.code}") if self._imported else ()
        return result if self._imported.keys().isdisjoint(used) else replace(result, fault=Fault.BROKEN_TEST)

    def stop(self, error: OutOfTimeError) -> None:
        """Stop watching, and run no further test."""
        super().stop(error)
        self.solution.failure = Verdict.NOT_RUN, str(error)

    def run_test(self, index: int, kind: str, fields: list[Any]) -> Iterable[CaseResult]:
        """Run one test of the spec and return its results."""
        if self.is_in_process and kind in CODE_KINDS:
            return self._in_process_results()[index]
        # Calls compare plain data, so no host: an object that stays behind is not a right answer to a call.
        self.client.callbacks.host = self.solution.proxies if kind in CODE_KINDS else None
        match kind:
            case "call":
                *call, comparison = fields
                return [run_call(self.solution, self.comparisons[comparison], *call)]
            case "stdin":
                stdin, right, comparison = fields
                return [run_program(self.solution, self.comparisons[comparison], stdin, right)]
            case "pytest":
                return run_suite(self.solution, *fields)
            case _:
                return self._run_code(kind, *fields)

    def _run_code(self, kind: str, source: str) -> Iterator[CaseResult]:
        with self._reaching_patches(source):
            if kind == "assert":
                yield run_assertion(self.solution, source)
            else:
                yield from run_check(self.solution, source)

    def _reaching_patches(self, source: str) -> AbstractContextManager[None]:
        """Return the block in which patches of a test reach the solution."""
        if "patch" not in source or self.solution.proxies is None:
            return nullcontext()
        return patched_mocks(RemotePatcher(self.solution.proxies))

    def _in_process_results(self) -> dict[int, list[CaseResult]]:
        if self._in_process is None:
            self.client.callbacks.host = None
            self._in_process = run_in_process(self.spec, self.client, names_used(self.tests))
        return self._in_process


def prepare(spec: dict[str, Any]) -> None:
    """Compile the code of a spec without running it; `run_tests` finds it compiled, also in a process forked later."""
    names_used(spec["tests"])
    _try(compile_oracle, spec["oracle"])
    for source in (spec["prompt_code"], spec["setup"]):
        _try(compile_test, source)
    for kind, *fields in spec["tests"]:
        if kind in _PREPARATIONS:
            _try(_PREPARATIONS[kind], *fields)


_PREPARATIONS: dict[str, Callable[..., object]] = {
    "check": instrument,
    "assert": compile_assertion,
    "pytest": prepare_suite,
}
"""Functions that prepare a test, by its kind."""


def _try(compile_source: Callable[..., object], *arguments: str) -> None:
    with suppress(*NOT_PYTHON):  # the run meets the error again, and reports it
        compile_source(*arguments)
