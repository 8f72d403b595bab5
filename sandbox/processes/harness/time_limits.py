"""Time limits of one request to a solution process, checked from outside the process."""

from __future__ import annotations

import time
from enum import Enum, auto
from typing import Protocol

from sandbox.wire.liveness import CHECK_INTERVAL_S
from sandbox.wire.procfs import cpu_seconds, process_state, queued_seconds

__all__ = ["SHORT_S", "UNKNOWN_QUEUE_DIVISOR", "CheckResult", "TimeLimits", "seconds_not_queued"]

_monotonic = time.monotonic
"""Looked up here, once, because test code may patch the module."""
_SHORTEST_INTERVAL_S = 0.002
UNKNOWN_QUEUE_DIVISOR = 10.0
"""Divisor of waiting times on hosts that do not report how long a process waited for a CPU."""
SHORT_S = 0.005
"""Seconds of which the time in the run queue is not subtracted."""
_STOPPED_CHECKS = 2
_CALLBACK_SHARE = 0.5
"""Share of the CPU time of callbacks that counts. The way to test code and back takes most of it, and an honest answer
may call a function of the test a hundred thousand times."""


class HasPid(Protocol):
    """A process."""

    @property
    def pid(self) -> int:
        """Its pid, as this process counts."""


class CheckResult(Enum):
    """Result of a check."""

    CONTINUE = auto()
    """It may go on."""
    EXCEEDED = auto()
    """The request has used up its CPU seconds or its wall-clock seconds."""
    STOPPED = auto()
    """A signal has stopped the process, and it has not been continued since the check before."""


class TimeLimits:
    """Limits of one request: CPU time, and wall-clock time without the time spent waiting for a CPU.

    The grade must not depend on the load of the host. So time in the run queue does not count (proc(5),
    ``/proc/PID/schedstat``, second field). Where the kernel does not report it, the wall-clock limit is stretched.

    Args:
        process: has the pid, which is looked at when it is needed.
        cpu_s: CPU seconds that the request may use.
        wall_s: seconds that it may take, without those spent waiting for a CPU.
        cpu_start_s: CPU seconds that the process had used before.
    """

    def __init__(self, process: HasPid, cpu_s: float, wall_s: float, *, cpu_start_s: float) -> None:
        self._process = process
        self._cpu_s = cpu_s
        self._wall_s = wall_s
        self._cpu_start = cpu_start_s
        self._wall_start = _monotonic()
        self._next = self._wall_start + min(cpu_s, wall_s, CHECK_INTERVAL_S)
        self._stopped = 0

    def exclude(self, seconds: float, *, cpu_s: float) -> None:
        """Do not count some seconds, which were spent in this process for callbacks of the request.

        Args:
            seconds: seconds that went by.
            cpu_s: CPU seconds that this process has used for them. A part of these counts: a request that calls back
                for ever must not take several times as long as one that only computes.
        """
        self._wall_start += seconds
        self._cpu_s -= cpu_s * _CALLBACK_SHARE

    def pause_ms(self) -> int:
        """Return the milliseconds until the next check is due; at least 1, at most a second or so."""
        return max(1, int((self._next - _monotonic()) * 1000) + 1)

    def due(self) -> bool:
        """Return whether it is time for a check."""
        return _monotonic() >= self._next

    def check(self) -> CheckResult:
        """Compare what the process has used with the limits."""
        pid = self._process.pid
        cpu = cpu_seconds(pid)
        if cpu is None:
            self._next = _monotonic() + _SHORTEST_INTERVAL_S
            return CheckResult.CONTINUE
        now = _monotonic()
        # The time in the run queue is another file to read. So it is read only if the wall-clock limit seems exceeded.
        cpu_left = self._cpu_s - (cpu - self._cpu_start)
        wall_left = self._wall_s - (now - self._wall_start)
        if wall_left <= 0:
            wall_left = self._wall_s - seconds_not_queued(pid, now - self._wall_start)
        # A stop can be over in a moment, such as a debugger's ("t" is a tracing stop, proc(5)). It counts if it lasts
        # until the next check, or if no time is left.
        self._stopped = self._stopped + 1 if process_state(pid) in {"T", "t"} else 0
        if self._stopped >= (_STOPPED_CHECKS if wall_left > 0 else 1):
            return CheckResult.STOPPED
        if cpu_left <= 0 or wall_left <= 0:
            return CheckResult.EXCEEDED
        self._next = now + min(CHECK_INTERVAL_S, max(_SHORTEST_INTERVAL_S, min(cpu_left, wall_left)))
        return CheckResult.CONTINUE


def seconds_not_queued(pid: int, wall_s: float) -> float:
    """Subtract the time in which a process's first thread waited for a CPU.

    Args:
        pid: the process.
        wall_s: seconds since the process began, or a part of them.
    """
    if wall_s < SHORT_S:
        return wall_s
    queued_s = queued_seconds(pid)
    return wall_s / UNKNOWN_QUEUE_DIVISOR if queued_s is None else max(0.0, wall_s - queued_s)
