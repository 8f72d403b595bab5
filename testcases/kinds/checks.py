"""Tests that are code: assertions, and check functions whose assertions count one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from testcases.describe import MAX_TEXT_CHARS, describe_error
from testcases.faults import fault_of
from testcases.kinds.assertion_recorder import AssertionRecorder
from testcases.proxies.traceback_origin import is_missing_module
from testcases.reached import NOTHING_ASSERTED, REACHED
from testcases.signals import BrokenTestError, FailureWatch, verdict_of
from testcases.source.instrumentation import RECORD_NAME, compile_assertion, instrument
from testcases.verdict import CaseResult, Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.source.instrumentation import AssertionSite

__all__ = ["HasNamespace", "run_assertion", "run_check"]


class HasNamespace(Protocol):
    """A solution as test code needs it, in another process or in this one."""

    entry_point: str | None

    @property
    def asked_count(self) -> int:
        """Number of requests so far by which test code used the solution."""

    def namespace(self) -> dict[str, Any]:
        """Return the names that test code has without binding them."""


def run_assertion(solution: HasNamespace, source: str) -> CaseResult:
    """Run code that must come to its end.

    Raises:
        BrokenTestError: no answer could pass.
    """
    name = source.strip()[:MAX_TEXT_CHARS]
    code, may_skip_assertions = compile_assertion(source)
    REACHED.begin()
    asked_before = solution.asked_count
    with FailureWatch() as watch:
        try:
            exec(code, solution.namespace())
        except (BrokenTestError, OutOfTimeError):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever ended it is its outcome
            _raise_if_module_is_missing(error)
            failure: BaseException | None = error
        else:
            failure = watch.take()
    if failure is None and may_skip_assertions and not REACHED.assertions:
        failure = AssertionError(NOTHING_ASSERTED)
    if failure is None:
        return CaseResult(Verdict.PASSED, name)
    fault = fault_of(failure, asked=solution.asked_count > asked_before)
    return CaseResult(verdict_of(failure), name, describe_error(failure), fault)


def run_check(solution: HasNamespace, source: str) -> Iterator[CaseResult]:
    """Run a check and yield the result of each of its assertions.

    Raises:
        BrokenTestError: no answer could pass.
    """
    check = instrument(source)
    asked_before = solution.asked_count
    try:
        # A copy: each check has a namespace of its own, while assertions share one, as they do where they come from.
        namespace = {**solution.namespace()}
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - the solution cannot be loaded
        fault = fault_of(error, asked=solution.asked_count > asked_before)
        for name in [_describe_site(site) for site in check.sites] or ["check"]:
            yield CaseResult(verdict_of(error), name, describe_error(error), fault)
        return
    # Taken before the check runs, which may define a function of the same name.
    candidate = namespace.get(solution.entry_point or "")
    failure: BaseException | None = None
    with FailureWatch() as watch:
        guards = frozenset(number for number, site in enumerate(check.sites) if site.must_not_be_reached)
        recorder = namespace[RECORD_NAME] = AssertionRecorder(
            len(check.sites), watch, lambda: solution.asked_count > asked_before, guards
        )
        try:
            exec(check.code, namespace)
            # HumanEval defines check(candidate); other data sets assert at the top level.
            if callable(namespace.get("check")):
                namespace["check"](candidate)
        except (BrokenTestError, OutOfTimeError):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever ended it is its outcome
            _raise_if_module_is_missing(error)
            failure = error
        else:
            failure = watch.take()
    ending = None if failure is None else verdict_of(failure)
    detail = "" if failure is None else describe_error(failure)
    fault = fault_of(failure, asked=solution.asked_count > asked_before)
    for site, verdict in recorder.outcomes(ending):
        name = "check" if site is None else _describe_site(check.sites[site])
        if verdict is Verdict.PASSED:
            yield CaseResult(verdict, name)
        else:
            yield CaseResult(verdict, name, recorder.details.get(site, detail), recorder.faults.get(site, fault))


def _raise_if_module_is_missing(error: BaseException) -> None:
    """Raise `BrokenTestError` for an import of test code that fails on this host: no answer is to blame for that."""
    if is_missing_module(error):
        raise BrokenTestError(f"a test cannot import: {error}") from None


def _describe_site(site: AssertionSite) -> str:
    return f"line {site.line}: {site.text}"
