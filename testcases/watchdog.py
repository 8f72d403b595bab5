"""Limits on the time of test code in its own process: CPU time, and time in which it waits.

What a solution returns may keep test code busy for ever: ``for i in range(f(x))``. What it does not do may keep test
code waiting: ``while not job.done(): time.sleep(0.1)``. That is a failure of the answer. It must not look like one of
the grader, as a harness that hangs would.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from sandbox.wire.procfs import queued_seconds
from testcases.replacements import replaced
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["OutOfTimeError", "Watchdog"]

_signal, _setitimer, _getitimer, _alarm = signal.signal, signal.setitimer, signal.getitimer, signal.alarm
_monotonic, _process_time, _getpid = time.monotonic, time.process_time, os.getpid
"""Looked up here, once, because test code may patch the modules."""
_REPEAT_S = 1.0
_SHORTEST_LOOK_S, _LONGEST_LOOK_S = 0.1, 10.0
"""Bounds of the interval at which it looks for waiting. Each look wakes the process, so that whoever checks whether it
is alive does not take it for hung (`sandbox.wire.liveness`)."""
_UNKNOWN_QUEUE_DIVISOR = 10.0
"""Divisor of waiting times on hosts that do not report how long a process waited for a CPU."""
_BUSY_SHARE = 0.01
"""Share of an interval from which on a process that works so much is not idle."""


class OutOfTimeError(BaseException):
    """Test code has used up its CPU seconds, or waits."""

    verdict = Verdict.TIMEOUT
    ends_the_test = True

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else "the test's own code ran too long on what the answer returned"


class Watchdog:
    """Counts the CPU seconds of this process while it watches, and the seconds in which it waits.

    Waiting is what is neither work of this process, nor waiting for a CPU, nor for the solution, which has limits of
    its own.

    Args:
        cpu_s: CPU seconds until it raises.
        wall_s: seconds of waiting on end after which it raises.
        asked_s: returns the seconds for which the solution was asked so far.
    """

    def __init__(self, cpu_s: float, wall_s: float, asked_s: Callable[[], float] = lambda: 0.0) -> None:
        self.cpu_s = cpu_s
        self._idle_limit_s = wall_s
        self._wait_limit_s = wall_s + cpu_s
        self._asked_s = asked_s
        self._last: tuple[float, ...] = ()
        """Clocks at the last look, if there was one. Nothing is counted before the first, which most tests do not see:
        one of the clocks is a file."""
        self._idle_s = self._waited_s = 0.0
        self._has_timer = False
        """True while the timer of real time is its own, and not test code's."""

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Raise `OutOfTimeError` in the running code when the time is up, and again and again after that.

        It repeats because test code may swallow it, in a loop around ``except BaseException``.
        """
        # ITIMER_PROF counts CPU time (setitimer(2)), as the limit that ends the process does: a busy host, or waiting
        # for the solution, costs the test nothing. The timer of real time is also that of alarm(2): test code that sets
        # one, or a handler for it, is not watched for waiting any more.
        before = _signal(signal.SIGPROF, self._expire), _signal(signal.SIGALRM, self._look)
        look_s = min(_LONGEST_LOOK_S, max(_SHORTEST_LOOK_S, self._idle_limit_s / 4))
        self._last = ()
        _setitimer(signal.ITIMER_PROF, self.cpu_s, _REPEAT_S)
        _setitimer(signal.ITIMER_REAL, look_s, look_s)
        self._has_timer = True
        try:
            with replaced((signal, function.__name__, function) for function in self._functions_of_tests()):
                yield
        finally:
            self.stop()
            _signal(signal.SIGPROF, before[0])
            _signal(signal.SIGALRM, before[1])

    def _functions_of_tests(self) -> list[Callable[..., Any]]:
        """Return functions of `signal` for test code, which sees no timer but its own."""

        def signal_(number: int, handler: Any) -> Any:
            if number == signal.SIGALRM:
                self._give_up_timer()
            return _signal(number, handler)

        def alarm(seconds: int) -> int:
            self._give_up_timer()
            return _alarm(seconds)

        def setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
            if which == signal.ITIMER_REAL:
                self._give_up_timer()
            return _setitimer(which, seconds, interval)

        def getitimer(which: int) -> tuple[float, float]:
            return (0.0, 0.0) if which == signal.ITIMER_REAL and self._has_timer else _getitimer(which)

        signal_.__name__ = "signal"
        return [signal_, alarm, setitimer, getitimer]

    def _give_up_timer(self) -> None:
        if self._has_timer:
            self._has_timer = False
            _setitimer(signal.ITIMER_REAL, 0)

    def stop(self) -> None:
        """Stop watching."""
        self._has_timer = False
        _setitimer(signal.ITIMER_REAL, 0)
        _setitimer(signal.ITIMER_PROF, 0)

    def _expire(self, *_: Any) -> None:
        raise OutOfTimeError

    def _clocks(self) -> tuple[float, float, float, float]:
        """Return the time, and the seconds of work, of requests and in the run queue so far."""
        return _monotonic(), _process_time(), self._asked_s(), queued_seconds(_getpid()) or 0.0

    def _look(self, *_: Any) -> None:
        now = self._clocks()
        if not self._last:
            self._last = now
            return
        passed_s, worked_s, asked_s, queued_s = (new - old for new, old in zip(now, self._last, strict=True))
        self._last = now
        waited_s = max(0.0, passed_s - worked_s - asked_s - queued_s)
        if not now[-1]:
            waited_s /= _UNKNOWN_QUEUE_DIVISOR
        self._waited_s += waited_s
        # Whatever was asked has been waited for: tests that sleep between their requests go on.
        self._idle_s = 0.0 if asked_s or worked_s > passed_s * _BUSY_SHARE else self._idle_s + waited_s
        if self._idle_s >= self._idle_limit_s or self._waited_s >= self._wait_limit_s:
            raise OutOfTimeError("the test's own code waits too long for what the answer does")
