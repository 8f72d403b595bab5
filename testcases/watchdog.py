"""A limit on the CPU time of test code in its own process.

What a solution returns may keep test code busy for ever: ``for i in range(f(x))``. That is a failure of the answer. It
must not look like one of the grader, as a harness that hangs would.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OutOfTimeError", "Watchdog"]

_signal, _setitimer = signal.signal, signal.setitimer
"""Looked up here, once, because test code may patch the module."""
_REPEAT_S = 1.0


class OutOfTimeError(BaseException):
    """Test code has used up its CPU seconds."""

    verdict = Verdict.TIMEOUT
    ends_the_test = True

    def __str__(self) -> str:
        return "the test's own code ran too long on what the answer returned"


class Watchdog:
    """Counts the CPU seconds of this process while it watches.

    Args:
        cpu_s: CPU seconds until it raises.
    """

    def __init__(self, cpu_s: float) -> None:
        self.cpu_s = cpu_s

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Raise `OutOfTimeError` in the running code when the time is up, and each second after that.

        It repeats because test code may swallow it, in a loop around ``except BaseException``.
        """
        # ITIMER_PROF counts CPU time (setitimer(2)), as the limit that ends the process does: a busy host, or waiting
        # for the solution, costs the test nothing.
        before = _signal(signal.SIGPROF, self._expire)
        _setitimer(signal.ITIMER_PROF, self.cpu_s, _REPEAT_S)
        try:
            yield
        finally:
            self.stop()
            _signal(signal.SIGPROF, before)

    def stop(self) -> None:
        """Stop watching."""
        _setitimer(signal.ITIMER_PROF, 0)

    def _expire(self, *_: Any) -> None:
        raise OutOfTimeError
