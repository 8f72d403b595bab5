"""One run of the tests of a spec, whoever plays the solution: containment, time limits, and the oracle's values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.describe import describe_error
from testcases.faults import fault_of
from testcases.in_process.steps import CODE_KINDS
from testcases.kinds.oracle import InputRefusedError, Oracle
from testcases.model import Comparison
from testcases.proxies.evaluation import set_own_sources
from testcases.pytest_runner.pytest_api import make_module
from testcases.pytest_runner.runner import names_used as suite_names
from testcases.signals import verdict_of
from testcases.source.instrumentation import count_assertions
from testcases.source.module_names import find_modules
from testcases.source.parsing import free_names
from testcases.source.pytest_collection import count_cases
from testcases.verdict import CaseResult
from testcases.watchdog import OutOfTimeError, Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from sandbox.wire.limits import Limits
    from testcases.signals import BrokenTestError

__all__ = ["SpecRun", "modules_used", "names_used", "result_count"]


class SpecRun:
    """One run of the tests of a spec.

    Args:
        spec: the test spec.
        limits: limits of the sample; test code gets as much CPU time as the answer, because it loops over what that
            returns.

    Raises:
        BrokenTestError: the oracle does not work.
    """

    has_code = True
    """True if test code runs in this process."""

    def __init__(self, spec: dict[str, Any], limits: Limits) -> None:
        self.spec = spec
        self.tests: list[list[Any]] = spec["tests"]
        self.comparisons = [Comparison(*fields) for fields in spec["comparisons"]]
        checkers = [comparison.checker for comparison in self.comparisons]
        self.code = "\n".join([spec["setup"], *_code_of(self.tests)])
        """Code that tests run, but for the prompt's."""
        set_own_sources([spec["prompt_code"], spec["setup"], *_code_of(self.tests), *checkers])
        self.watchdog = Watchdog(limits.total_cpu_s, limits.wall_s, self.asked_s)
        self.stopped: OutOfTimeError | None = None
        """Error by which the watchdog has ended test code."""
        self._left_out: set[int] = set()
        """Indices of calls whose input the oracle refuses."""
        self._ask_oracle(limits)

    def asked_s(self) -> float:
        """Return the seconds for which test code has waited for the solution."""
        return 0.0

    @property
    def asked_count(self) -> int:
        """Number of requests so far by which test code used the solution."""
        raise NotImplementedError

    def _ask_oracle(self, limits: Limits) -> None:
        """Find out the expected values that the spec leaves to its oracle, before there is an answer.

        A call for which the oracle raises is left out, for every answer: EvalPlus puts a contract into its solutions,
        which raises for inputs that no answer has to handle. So is one whose value no answer could return.

        Raises:
            BrokenTestError: the oracle works for no call, or takes too long.
        """
        refused: BrokenTestError | None = None
        is_asked = False
        # With a time limit of its own: on the clock of the tests the answer could leave it nothing.
        with Watchdog(limits.total_cpu_s, limits.wall_s).watching():
            oracle = Oracle(self.spec["oracle"], limits.output_kb * 1024)
            for index, test in enumerate(self.tests):
                match test:
                    case ["call", function, args, kwargs, None, _]:
                        name = function or self.spec["entry_point"] or ""
                        try:
                            test[4] = [oracle.expected(name, args, kwargs)]
                        except InputRefusedError as error:
                            self._left_out.add(index)
                            refused = refused or error
                        else:
                            is_asked = True
        if refused is not None and not is_asked:
            raise refused

    def run_test(self, index: int, kind: str, fields: list[Any]) -> Iterable[CaseResult]:
        """Run one test of the spec and return its results.

        Raises:
            BaseException: whatever ended the test before all its results were known.
        """
        raise NotImplementedError

    def results(self) -> Iterator[tuple[int, CaseResult]]:
        """Run the tests and yield each result with the index of its test."""
        for index, (kind, *fields) in enumerate(self.tests):
            if index in self._left_out:
                continue
            for result in self._results_of(index, kind, fields):
                yield index, self.suspected(result)

    def suspected(self, result: CaseResult) -> CaseResult:
        """Return a result, with its fault if it may have failed by something that no test shows."""
        return result

    def _results_of(self, index: int, kind: str, fields: list[Any]) -> list[CaseResult]:
        """Run one test: whatever escapes from it is the outcome of those of its results that are missing."""
        asked_before = self.asked_count
        results: list[CaseResult] = []
        try:
            results.extend(self.run_test(index, kind, fields))
        except OutOfTimeError as error:
            self.stop(error)
            # The checker works on values, not by requests, so that it has asked nothing does not show.
            asked = kind in CODE_KINDS and self.asked_count > asked_before
            missing = CaseResult(error.verdict, kind, str(error), fault_of(error, asked=asked))
        except BaseException as error:  # noqa: BLE001 - an error that ended the run would leave the sample unscored
            fault = fault_of(error, asked=self.asked_count > asked_before)
            missing = CaseResult(verdict_of(error), kind, describe_error(error), fault)
        else:
            return results
        return results + [missing] * (result_count(kind, fields) - len(results))

    def stop(self, error: OutOfTimeError) -> None:
        """Stop watching, and spend no more of the budget on test code that was cut off at an unknown point."""
        self.watchdog.stop()
        self.stopped = error


def modules_used(spec: dict[str, Any]) -> dict[str, ModuleType]:
    """Return the modules that test code uses without importing them."""
    sources = [fields[0] for kind, *fields in spec["tests"] if kind in CODE_KINDS]
    return find_modules([*sources, spec["setup"]], spec["entry_point"], {"pytest": make_module})


def result_count(kind: str, fields: list[Any]) -> int:
    """Return the number of results of a test of a spec, which is the same for every answer."""
    match kind:
        case "check":
            return count_assertions(fields[0])
        case "pytest":
            return count_cases(fields[0])
    return 1


def _code_of(tests: list[list[Any]]) -> list[str]:
    return [fields[0] for kind, *fields in tests if kind in CODE_KINDS]


def names_used(tests: list[list[Any]]) -> set[str]:
    """Return the names of the solution that tests use."""
    names: set[str] = set()
    for kind, *fields in tests:
        if kind == "call" and fields[0]:
            names.add(fields[0])
        elif kind in {"assert", "check"}:
            names |= free_names(fields[0])
        elif kind == "pytest":
            names |= suite_names(*fields)
    return names
