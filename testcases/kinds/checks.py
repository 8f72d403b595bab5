"""Tests that are code: assertions, and check functions whose assertions count one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from testcases.describe import MAX_TEXT_CHARS, describe_error
from testcases.kinds.assertion_recorder import AssertionRecorder
from testcases.proxies.traceback_origin import is_missing_module
from testcases.signals import BrokenTestError, FinalError, verdict_of
from testcases.source.instrumentation import RECORD_NAME, compile_test, instrument
from testcases.verdict import CaseResult, Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.source.instrumentation import AssertionSite

__all__ = ["HasNamespace", "run_assertion", "run_check"]


class HasNamespace(Protocol):
    """What test code needs of an answer."""

    entry_point: str | None

    def namespace(self) -> dict[str, Any]:
        """The names that test code has without binding them."""


def run_assertion(answer: HasNamespace, source: str) -> CaseResult:
    """Run code that must come to its end.

    Raises:
        BrokenTestError: no answer could pass.
    """
    name = source.strip()[:MAX_TEXT_CHARS]
    code = compile_test(source)
    FinalError.take()
    try:
        exec(code, answer.namespace())
        ending: BaseException | None = FinalError.take()  # which the test may have swallowed
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever ended it is its outcome
        _raise_if_module_is_missing(error)
        ending = error
    if ending is None:
        return CaseResult(Verdict.PASSED, name)
    return CaseResult(verdict_of(ending), name, describe_error(ending))


def run_check(answer: HasNamespace, source: str) -> Iterator[CaseResult]:
    """Run a check; what became of each of its assertions.

    Raises:
        BrokenTestError: no answer could pass.
    """
    check = instrument(source)
    tally = _DescribingRecorder(len(check.sites))
    ending: Verdict | None = None
    detail = ""
    try:
        namespace = {**answer.namespace(), RECORD_NAME: tally}
        candidate = namespace.get(answer.entry_point or "")  # whatever the check defines by the same name
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - nothing can be asked
        for name in [_describe_site(site) for site in check.sites] or ["check"]:
            yield CaseResult(verdict_of(error), name, describe_error(error))
        return
    FinalError.take()
    try:
        exec(check.code, namespace)
        if callable(namespace.get("check")):
            namespace["check"](candidate)
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever ended it is its outcome
        _raise_if_module_is_missing(error)
        FinalError.take()
        ending, detail = verdict_of(error), describe_error(error)
    if (swallowed := FinalError.take()) is not None:
        ending, detail = verdict_of(swallowed), describe_error(swallowed)
    for site, verdict in tally.outcomes(ending):
        name = "check" if site is None else _describe_site(check.sites[site])
        told = "" if verdict is Verdict.PASSED else tally.details.get(site, detail)
        yield CaseResult(verdict, name, told)


class _DescribingRecorder(AssertionRecorder):
    """A tally that also keeps what to tell people."""

    def __init__(self, site_count: int) -> None:
        super().__init__(site_count, verdict_of)
        self.details: dict[int | None, str] = {}

    def passed(self, site: int) -> None:
        """Take note, unless something was swallowed on the way."""
        if (swallowed := FinalError.take()) is not None:
            self.raised(site, swallowed)
        else:
            super().passed(site)

    def failed(self, site: int) -> None:
        """Take note, also for people."""
        self.details.setdefault(site, "the assertion does not hold")
        super().failed(site)

    def raised(self, site: int, error: BaseException) -> None:
        """Take note, also for people."""
        self.details.setdefault(site, describe_error(error))
        FinalError.seen(error)
        if isinstance(error, FinalError):
            FinalError.take()  # it has not been swallowed
        super().raised(site, error)


def _raise_if_module_is_missing(error: BaseException) -> None:
    """A module that test code wants and this host lacks is no fault of the answer's.

    Raises:
        BrokenTestError: the error is that.
    """
    if is_missing_module(error):
        raise BrokenTestError(f"a test cannot import: {error}") from None


def _describe_site(site: AssertionSite) -> str:
    return f"line {site.line}: {site.text}"
