"""The run of a spec's tests with the stub: a result that carries a fault fails by itself, without any answer.

The other results mean nothing: the stub is no right answer, and agrees where it can.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from testcases.blame import Fault
from testcases.describe import describe_error
from testcases.kinds.checker import is_right_output, is_right_value
from testcases.kinds.checks import run_assertion, run_check
from testcases.pytest_runner.runner import Suite
from testcases.signals import BrokenTestError
from testcases.source.parsing import free_names, try_parse
from testcases.source.prompts import optional_imports
from testcases.source.pytest_collection import collect
from testcases.source.pytest_unsupported import unsupported_features
from testcases.source.shared_state import shares_state
from testcases.spec_run import SpecRun, modules_used, names_used, result_count
from testcases.stub.solution import LocalPatcher, StubModule, StubSolution
from testcases.verdict import CaseResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.wire.limits import Limits

__all__ = ["stub_run"]


def stub_run(spec: dict[str, Any], limits: Limits) -> SpecRun:
    """Return the run of a spec with the stub."""
    return _StubRun(spec, limits)


class _StubRun(SpecRun):
    def __init__(self, spec: dict[str, Any], limits: Limits) -> None:
        super().__init__(spec, limits)
        self._failed_import: str | None = None
        self.stub = StubSolution(spec, names_used(self.tests), modules_used(spec))

    @property
    def asked_count(self) -> int:
        """Number of times that test code has used the stub."""
        return self.stub.asked_count

    def suspected(self, result: CaseResult) -> CaseResult:
        """Return a result, as broken where answers may need an import of the prompt that does not work."""
        if self._failed_import is None:
            self._failed_import = _failed_import(self.spec["prompt"])
        if not self._failed_import:
            return result
        return replace(result, verdict=Verdict.EXCEPTION, detail=self._failed_import, fault=Fault.BROKEN_TEST)

    def run_test(self, index: int, kind: str, fields: list[Any]) -> Iterable[CaseResult]:  # noqa: ARG002 - the base's
        """Run one test of the spec with the stub."""
        if self.stopped is not None:
            return [CaseResult(Verdict.NOT_RUN, kind)] * result_count(kind, fields)
        match kind:
            case "call":
                _, args, kwargs, right, comparison = fields
                for value in right:
                    is_right_value(value, [value], self.comparisons[comparison], args, kwargs)
            case "stdin":
                stdin, right, comparison = fields
                for value in right:
                    is_right_output(value, [value], self.comparisons[comparison], stdin)
            case "assert":
                return [self._with_certain_fault(run_assertion(self.stub, self.stub.tracked(fields[0])))]
            case "pytest":
                return self._run_suite(*fields)
            case _:
                return map(self._with_certain_fault, run_check(self.stub, self.stub.tracked(fields[0])))
        return [CaseResult(Verdict.PASSED, kind)]

    def _with_certain_fault(self, result: CaseResult) -> CaseResult:
        """Return a result, without its fault where this process shows nothing about it."""
        # Tests that run in the solution's process may need what only that has, such as threads.
        if self.spec["isolation"] == "shared" and result.fault is not Fault.BROKEN_TEST:
            return replace(result, fault=None)
        return result

    def _run_suite(self, source: str, module: str) -> Iterator[CaseResult]:
        # In the solution's own process a suite may use them.
        for line, feature in unsupported_features(source) if self.spec["isolation"] != "shared" else ():
            raise BrokenTestError(f"line {line}: {feature}")
        modules = {module: StubModule(module, self.stub, free_names(source))}
        unbound = self._unbound_names(source, module)
        suite = Suite(
            self.stub.tracked(source), modules, lambda: self._namespace_without(unbound), lambda: self.asked_count
        )
        suite.plan = collect(source)
        asked_before = self.asked_count
        with suite.installed(LocalPatcher(self.stub)):
            for results in suite.steps():
                yield from map(self._with_certain_fault, results) if not suite.load_failed else results
                # A test that needs what another one leaves behind fails where the stub did not do what that one asked.
                if self.asked_count > asked_before and shares_state(source):
                    self.stub.always_asked = True

    def _unbound_names(self, source: str, module: str) -> frozenset[str]:
        """Return the names that a suite uses and nothing gives it: it names what it takes from the solution."""
        tree = try_parse(source)
        imports = [] if tree is None else [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        has_star = any(alias.name == "*" for node in imports for alias in node.names)
        if has_star or not any(node.module == module for node in imports):
            return frozenset()
        # What the task speaks of is the solution's, even where the suite forgets to import it.
        spoken_of = set(re.findall(r"\w+", self.spec["prompt"])) | free_names(self.spec["setup"])
        return free_names(source) - spoken_of - {(self.stub.entry_point or "").partition(".")[0]}

    def _namespace_without(self, names: frozenset[str]) -> dict[str, Any]:
        return {name: value for name, value in self.stub.namespace().items() if name not in names}


def _failed_import(prompt: str) -> str:
    """Return why an import of a prompt does not work; empty if all do."""
    for line in dict.fromkeys(optional_imports(prompt).values()):
        try:
            exec(line, {})  # noqa: S102 - the data set's own
        except Exception as error:  # noqa: BLE001 - whatever the module raises
            return f"the prompt has {line!r}: {describe_error(error)}"
    return ""
