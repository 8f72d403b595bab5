"""How long an answer may keep the examiner waiting for what it was lent.

It can acquire a lock of the test's twice, or wait for an event that nobody sets. Then the examiner waits, through no
fault of its own, and must not be taken for one that hangs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from sandbox.wire.procfs import queued_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CallbackBudget", "CallbackBudgetError"]

_CHECK_INTERVAL_S = 1.0
"""Seconds between two looks; whoever watches this process sees it awake as often."""
_SHORT_S = 0.001
_UNKNOWN_FACTOR = 10.0


class CallbackBudgetError(BaseException):
    """What is done for the answer waits too long. No handler of test code is meant to catch it."""


class CallbackBudget:
    """Counts the seconds in which this process waits, with nothing to do, while it does something for the answer.

    Working does not count, nor does waiting for a CPU (proc(5), ``/proc/PID/schedstat``, second field).

    Args:
        wall_s: seconds in all.
    """

    def __init__(self, wall_s: float) -> None:
        self._left_s = wall_s
        self._counting = False
        self._start = (0.0, 0.0, 0.0)

    @property
    def exceeded(self) -> bool:
        """Whether nothing is left."""
        return self._left_s <= 0

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count; what runs is interrupted when nothing is left, which at the outermost level ends here.

        Raises:
            OutOfPatienceError: at a level within another.
        """
        if self._counting:
            yield
            return
        before = signal.signal(signal.SIGALRM, self._look)
        self._begin()
        signal.setitimer(signal.ITIMER_REAL, _CHECK_INTERVAL_S, _CHECK_INTERVAL_S)
        try:
            with contextlib.suppress(CallbackBudgetError):
                yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self._end()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count for a while: the answer is waited for, which has limits of its own."""
        counted = self._counting
        if counted:
            self._end()
        try:
            yield
        finally:
            if counted:
                self._begin()

    def _begin(self) -> None:
        self._counting = True
        self._start = time.monotonic(), time.process_time(), queued_seconds(os.getpid()) or 0.0

    def _end(self) -> None:
        self._left_s -= self._waited_s()
        self._counting = False

    def _waited_s(self) -> float:
        wall_start, cpu_start, queued_start = self._start
        waited_s = time.monotonic() - wall_start - (time.process_time() - cpu_start)
        if waited_s < _SHORT_S:
            return 0.0
        queued_now = queued_seconds(os.getpid())
        return waited_s / _UNKNOWN_FACTOR if queued_now is None else max(0.0, waited_s - (queued_now - queued_start))

    def _look(self, *_: Any) -> None:
        if self._counting and self._left_s <= self._waited_s():
            raise CallbackBudgetError
