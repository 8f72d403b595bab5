"""A limit on the time that test code takes in its own process.

What an answer returns may keep test code busy for ever: ``for i in range(f(x))``. That is the answer's failure, and
must not look like one of the grader's, which a process that hangs does.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OutOfTimeError", "Watchdog"]

_REPEAT_S = 1.0


class OutOfTimeError(BaseException):
    """Test code has used up its CPU seconds; no handler of test code waits for this."""

    verdict = Verdict.TIMEOUT
    ends_the_test = True

    def __str__(self) -> str:
        return "the test's own code ran too long on what the answer returned"


class Watchdog:
    """Counts the CPU seconds of this process while it watches."""

    def __init__(self, cpu_s: float) -> None:
        self.cpu_s = cpu_s

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Raise `OutOfTimeError` in whatever runs when the time is up, and again until it ends."""
        before = signal.signal(signal.SIGVTALRM, self._expire)
        signal.setitimer(signal.ITIMER_VIRTUAL, self.cpu_s, _REPEAT_S)
        try:
            yield
        finally:
            self.stop()
            signal.signal(signal.SIGVTALRM, before)

    def stop(self) -> None:
        """Watch no more."""
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def _expire(self, *_: Any) -> None:
        raise OutOfTimeError
