"""Records what each assertion of a check did, and makes the verdicts of its tests of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AssertionRecorder"]


class AssertionRecorder:
    """Collects what the sites of `testcases.source.instrumentation.instrument` report.

    A site may be executed many times: it passes if it passed each time. An error that carries a true
    attribute ``ends_the_test`` (no time is left, the answer's process is gone) is raised again and so ends
    the code; any other error fails its site, and the code goes on.

    Args:
        site_count: number of sites of the code.
        verdict_of: what an error that an assertion raised says about the answer; by default any is
            `Verdict.EXCEPTION`.
    """

    def __init__(
        self, site_count: int, verdict_of: Callable[[BaseException], Verdict] = lambda _: Verdict.EXCEPTION
    ) -> None:
        self._verdicts: list[Verdict | None] = [None] * site_count
        self._verdict_of = verdict_of
        self._ending_site: int | None = None

    def passed(self, site: int) -> None:
        """Take note that the assertion held."""
        if self._verdicts[site] is None:
            self._verdicts[site] = Verdict.PASSED

    def failed(self, site: int) -> None:
        """Take note that the assertion was evaluated and did not hold."""
        self._fail(site, Verdict.WRONG_ANSWER)

    def raised(self, site: int, error: BaseException) -> None:
        """Take note that evaluating the assertion raised `error`.

        Raises:
            BaseException: `error` itself, if it ends the test.
        """
        if getattr(error, "ends_the_test", False):
            self._ending_site = site
            raise error
        self._fail(site, self._verdict_of(error))

    def _fail(self, site: int, verdict: Verdict) -> None:
        if self._verdicts[site] in {None, Verdict.PASSED}:  # the first failure is the one to report
            self._verdicts[site] = verdict

    def outcomes(self, ending: Verdict | None = None) -> tuple[tuple[int | None, Verdict], ...]:
        """The tests' verdicts once the code has ended, each with its site: one for each site, whatever the answer.

        The code ran to its end: sites never reached, such as those of a branch not taken, share the fate of the rest,
        passed if all that were reached passed, else ``not_run``. If no site at all was reached, nothing was observed,
        and all are ``not_run``.

        The code was broken off: sites never reached are ``not_run``, and `ending` becomes the verdict of the site in
        which it was broken off; if it was none, of the first that was never reached, else of the last.

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
        return tuple((site, verdict or unreached) for site, verdict in enumerate(self._verdicts))

    def verdicts(self, ending: Verdict | None = None) -> tuple[Verdict, ...]:
        """The verdicts of `outcomes`, without their sites."""
        return tuple(verdict for _, verdict in self.outcomes(ending))
