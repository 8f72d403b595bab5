"""How long a request to another process may take, watched from outside it."""

from __future__ import annotations

import time
from enum import Enum, auto

from sandbox.wire.liveness import CHECK_INTERVAL_S
from sandbox.wire.procfs import cpu_seconds, process_state, queued_seconds

__all__ = ["CheckResult", "TimeLimits", "seconds_not_queued"]

_SHORTEST_INTERVAL_S = 0.002
_UNKNOWN_FACTOR = 10.0
_SHORT_S = 0.005
_STOPPED_CHECKS = 2


class CheckResult(Enum):
    """What a look at a process shows."""

    CONTINUE = auto()
    """It may go on."""
    EXCEEDED = auto()
    """The request has used up its CPU seconds or its wall-clock seconds."""
    STOPPED = auto()
    """A signal has stopped the process, and nobody has continued it since the look before."""


class TimeLimits:
    """Watches one request: how much CPU it may use, and how long it may take apart from waiting for a CPU.

    Time in the run queue is the host's doing, not the answer's (proc(5), ``/proc/PID/schedstat``, second field), so
    it does not count. Where the kernel keeps no such account, the wall limit is stretched instead.
    """

    def __init__(self, pid: int, cpu_s: float, wall_s: float) -> None:
        self._pid = pid
        self._cpu_s = cpu_s
        self._wall_s = wall_s
        self._cpu_start = cpu_seconds(pid) or 0.0
        self._wall_start = time.monotonic()
        self._next = self._wall_start + min(cpu_s, wall_s, CHECK_INTERVAL_S)
        self._stopped = 0

    def exclude(self, seconds: float) -> None:
        """Let some time not count that was not the request's."""
        self._wall_start += seconds

    def pause_ms(self) -> int:
        """Milliseconds until the next look is worth while, at most a second or so."""
        return max(1, int((self._next - time.monotonic()) * 1000) + 1)

    def due(self) -> bool:
        """Whether it is time for a look."""
        return time.monotonic() >= self._next

    def check(self) -> CheckResult:
        """Look at the process."""
        cpu = cpu_seconds(self._pid)
        if cpu is None:
            self._next = time.monotonic() + _SHORTEST_INTERVAL_S
            return CheckResult.CONTINUE
        now = time.monotonic()
        cpu_left = self._cpu_s - (cpu - self._cpu_start)
        wall_left = self._wall_s - (now - self._wall_start)
        if wall_left <= 0:
            wall_left = self._wall_s - seconds_not_queued(self._pid, now - self._wall_start)
        self._stopped = self._stopped + 1 if process_state(self._pid) in {"T", "t"} else 0
        if self._stopped >= (_STOPPED_CHECKS if wall_left > 0 else 1):
            return CheckResult.STOPPED
        if cpu_left <= 0 or wall_left <= 0:
            return CheckResult.EXCEEDED
        self._next = now + min(CHECK_INTERVAL_S, max(_SHORTEST_INTERVAL_S, min(cpu_left, wall_left)))
        return CheckResult.CONTINUE


def seconds_not_queued(pid: int, wall_s: float) -> float:
    """So many seconds, less those in which the process's first thread waited for a CPU, ever since it began."""
    if wall_s < _SHORT_S:
        return wall_s
    queued_s = queued_seconds(pid)
    return wall_s / _UNKNOWN_FACTOR if queued_s is None else max(0.0, wall_s - queued_s)
