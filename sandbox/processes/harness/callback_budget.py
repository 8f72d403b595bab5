"""Limit on the time that the harness waits inside callbacks, which an answer makes to objects of test code.

An answer can acquire a lock of the test's twice, or wait for an event that is never set. Then the harness waits, and no
limit on the solution process applies, because that one waits as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from sandbox.processes.harness.time_limits import UNKNOWN_QUEUE_DIVISOR
from sandbox.wire.procfs import queued_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CallbackBudget", "CallbackBudgetError"]

# Looked up here, once, because test code may patch the modules.
_monotonic, _process_time, _getpid = time.monotonic, time.process_time, os.getpid
_signal, _setitimer = signal.signal, signal.setitimer
_CHECK_INTERVAL_S = 1.0
"""Seconds between two checks. Each wakes the process, so that the grader's liveness check does not take it for hung."""
_SHORT_S = 0.001


class CallbackBudgetError(BaseException):
    """A callback has used up the budget. Not an `Exception`, so that handlers in test code do not catch it."""


class CallbackBudget:
    """Budget of seconds that this process may spend idle while it serves callbacks.

    Working does not count, nor does waiting for a CPU (proc(5), ``/proc/PID/schedstat``, second field).

    Args:
        wall_s: seconds for all callbacks of a sample together.
    """

    def __init__(self, wall_s: float) -> None:
        self._left_s = wall_s
        self._counting = False
        self._start = (0.0, 0.0, 0.0)

    @property
    def exceeded(self) -> bool:
        """True if nothing is left."""
        return self._left_s <= 0

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count the idle time of a ``with`` block, and interrupt it when the budget is used up.

        The outermost block suppresses the interruption; `exceeded` tells about it.

        Raises:
            CallbackBudgetError: in a block within another, when the budget is used up.
        """
        if self._counting:
            yield
            return
        # A signal, because a thread could not interrupt a wait of the main thread. The handler runs between bytecodes,
        # and a lock's acquire() is interrupted for it (PEP 475 does not retry when the handler raises).
        before = _signal(signal.SIGALRM, self._check)
        self._begin()
        timer = _setitimer(signal.ITIMER_REAL, _CHECK_INTERVAL_S, _CHECK_INTERVAL_S)
        try:
            with contextlib.suppress(CallbackBudgetError):
                yield
        finally:
            _signal(signal.SIGALRM, before)
            _setitimer(signal.ITIMER_REAL, *timer)
            self._end()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop counting for a ``with`` block that waits for the answer, which has limits of its own."""
        was_counting = self._counting
        if was_counting:
            self._end()
        try:
            yield
        finally:
            if was_counting:
                self._begin()

    def _begin(self) -> None:
        self._counting = True
        self._start = _monotonic(), _process_time(), queued_seconds(_getpid()) or 0.0

    def _end(self) -> None:
        self._left_s -= self._waited_s()
        self._counting = False

    def _waited_s(self) -> float:
        wall_start, cpu_start, queued_start = self._start
        waited_s = _monotonic() - wall_start - (_process_time() - cpu_start)
        if waited_s < _SHORT_S:
            return 0.0
        queued_now = queued_seconds(_getpid())
        if queued_now is None:
            return waited_s / UNKNOWN_QUEUE_DIVISOR
        return max(0.0, waited_s - (queued_now - queued_start))

    def _check(self, *_: Any) -> None:
        if self._counting and self._left_s <= self._waited_s():
            raise CallbackBudgetError
