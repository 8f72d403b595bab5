"""Records what each assertion of a check did, and makes verdicts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testcases.blame import Fault
from testcases.describe import describe_error
from testcases.faults import fault_of
from testcases.signals import FailureWatch, FinalError, verdict_of
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AssertionRecorder"]


class AssertionRecorder:
    """Collects what the sites of `testcases.source.instrumentation.instrument` report.

    A site may run many times: it passes if it passed each time. An error that carries a true attribute
    ``ends_the_test`` (no time is left, the solution's process is gone) is raised again, and so ends the code. Any other
    error fails its site, and the code goes on.

    Args:
        site_count: number of sites of the code.
        watch: failures of the check.
        was_asked: returns whether the code has asked anything of the solution so far. What it got may be in any of its
            variables from then on.
        guards: sites that must not be reached, such as ``assert False``.
    """

    def __init__(
        self,
        site_count: int,
        watch: FailureWatch,
        was_asked: Callable[[], bool],
        guards: frozenset[int] = frozenset(),
    ) -> None:
        self.details: dict[int | None, str] = {}
        """Text for each site that failed, by its number."""
        self.faults: dict[int | None, Fault | None] = {}
        """Fault that each site that failed may be, by its number."""
        self._was_asked = was_asked
        self._verdicts: list[Verdict | None] = [None] * site_count
        self._watch = watch
        self._guards = guards
        self._ending_site: int | None = None

    def passed(self, site: int) -> None:
        """Record that an assertion held, unless the code swallowed a failure on its way there."""
        if (swallowed := self._watch.take()) is not None:
            self.raised(site, swallowed)
        elif self._verdicts[site] is None:
            self._verdicts[site] = Verdict.PASSED

    def failed(self, site: int) -> None:
        """Record that an assertion did not hold."""
        self.details.setdefault(site, "the assertion does not hold")
        self.faults.setdefault(site, None if self._was_asked() else Fault.TEST_CODE)
        self._fail(site, Verdict.WRONG_ANSWER)

    def raised(self, site: int, error: BaseException) -> None:
        """Record that evaluating an assertion raised.

        Raises:
            BaseException: `error` itself, if it ends the test.
        """
        self.details.setdefault(site, describe_error(error))
        self.faults.setdefault(site, fault_of(error, asked=self._was_asked()))
        self._watch.mark_caught(error)
        if isinstance(error, FinalError):
            self._watch.take()  # the code did not swallow it: this site has it, and the next shall not
        if getattr(error, "ends_the_test", False):
            # The code may swallow the error and go on; the site is remembered, so that it counts all the same.
            self._ending_site = site
            raise error
        self._fail(site, verdict_of(error))

    def _fail(self, site: int, verdict: Verdict) -> None:
        if self._verdicts[site] in {None, Verdict.PASSED}:  # the first failure is the one to report
            self._verdicts[site] = verdict

    def outcomes(self, ending: Verdict | None = None) -> tuple[tuple[int | None, Verdict], ...]:
        """Return site and verdict of each test once the code has ended: one for each site, whatever the answer.

        The code ran to its end: sites never reached, such as those of a branch not taken, share the fate of the rest,
        passed if all that were reached passed, else ``not_run``. If no site at all was reached, nothing was observed,
        and all are ``not_run``, but for those that must not be reached: they have passed.

        The code was broken off: sites never reached are ``not_run``. `ending` is the verdict of the site in which it
        was broken off; if it was none, of the first that was never reached, else of the last.

        Code without sites is one test, without a site.

        Args:
            ending: why the code was broken off; None if it ran to its end.
        """
        if not self._verdicts:
            return ((None, ending or Verdict.PASSED),)
        if self._ending_site is not None:
            self._fail(self._ending_site, ending or Verdict.EXCEPTION)
        elif ending is not None:
            last = len(self._verdicts) - 1
            self._verdicts[self._verdicts.index(None) if None in self._verdicts else last] = ending
        ended = self._ending_site is not None or ending is not None
        reached = {verdict for verdict in self._verdicts if verdict is not None}
        unreached = Verdict.PASSED if not ended and reached == {Verdict.PASSED} else Verdict.NOT_RUN
        of_guards = Verdict.NOT_RUN if ended else Verdict.PASSED
        return tuple(
            (site, verdict or (of_guards if site in self._guards else unreached))
            for site, verdict in enumerate(self._verdicts)
        )
