"""Tests that are code: assertions, and check functions whose assertions count one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from testcases.describe import TEXT_CHARS, error_text
from testcases.kinds.assertion_recorder import AssertionTally
from testcases.proxies.traceback_origin import lacks_module
from testcases.signals import BrokenTestError, FinalError, verdict_of
from testcases.solution import compiled
from testcases.source.instrumentation import RECORD_NAME, instrument
from testcases.verdict import Outcome, Verdict
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.source.instrumentation import Site

__all__ = ["Answers", "hold_assertion", "hold_check"]


class Answers(Protocol):
    """What test code needs of an answer."""

    entry_point: str | None

    def namespace(self) -> dict[str, Any]:
        """The names that test code has without binding them."""


def hold_assertion(answer: Answers, source: str) -> Outcome:
    """Run code that must come to its end.

    Raises:
        BrokenTestError: no answer could pass.
    """
    name = source.strip()[:TEXT_CHARS]
    code = compiled(source)
    FinalError.take()
    try:
        exec(code, answer.namespace())
        ending: BaseException | None = FinalError.take()  # which the test may have swallowed
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever ended it is its outcome
        _blame_missing_module(error)
        ending = error
    if ending is None:
        return Outcome(Verdict.PASSED, name)
    return Outcome(verdict_of(ending), name, error_text(ending))


def hold_check(answer: Answers, source: str) -> Iterator[Outcome]:
    """Run a check; what became of each of its assertions.

    Raises:
        BrokenTestError: no answer could pass.
    """
    check = instrument(source)
    tally = _TellingTally(len(check.sites))
    ending: Verdict | None = None
    detail = ""
    try:
        namespace = {**answer.namespace(), RECORD_NAME: tally}
        candidate = namespace.get(answer.entry_point or "")  # whatever the check defines by the same name
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - nothing can be asked
        for name in [_site_name(site) for site in check.sites] or ["check"]:
            yield Outcome(verdict_of(error), name, error_text(error))
        return
    FinalError.take()
    try:
        exec(check.code, namespace)
        if callable(namespace.get("check")):
            namespace["check"](candidate)
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever ended it is its outcome
        _blame_missing_module(error)
        FinalError.take()
        ending, detail = verdict_of(error), error_text(error)
    if (swallowed := FinalError.take()) is not None:
        ending, detail = verdict_of(swallowed), error_text(swallowed)
    for site, verdict in tally.outcomes(ending):
        name = "check" if site is None else _site_name(check.sites[site])
        told = "" if verdict is Verdict.PASSED else tally.details.get(site, detail)
        yield Outcome(verdict, name, told)


class _TellingTally(AssertionTally):
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
        self.details.setdefault(site, error_text(error))
        FinalError.seen(error)
        if isinstance(error, FinalError):
            FinalError.take()  # it has not been swallowed
        super().raised(site, error)


def _blame_missing_module(error: BaseException) -> None:
    """A module that test code wants and this host lacks is no fault of the answer's.

    Raises:
        BrokenTestError: the error is that.
    """
    if lacks_module(error):
        raise BrokenTestError(f"a test cannot import: {error}") from None


def _site_name(site: Site) -> str:
    return f"line {site.line}: {site.text}"
