"""How long a request to another process may take, watched from outside it."""

from __future__ import annotations

import time

from sandbox.clock import cpu_seconds

__all__ = ["Watch"]

_FLOOR_S = 0.002
_UNKNOWN_FACTOR = 10.0


class Watch:
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
        self._next = self._wall_start + min(cpu_s, wall_s)

    def pause_ms(self) -> int:
        """Milliseconds until the next look is worth while."""
        return max(1, int((self._next - time.monotonic()) * 1000) + 1)

    def due(self) -> bool:
        """Whether it is time for a look."""
        return time.monotonic() >= self._next

    def expired(self) -> bool:
        """Look: whether the request has used up its CPU seconds or its wall-clock seconds."""
        cpu = cpu_seconds(self._pid)
        if cpu is None:
            self._next = time.monotonic() + _FLOOR_S
            return False
        now = time.monotonic()
        cpu_left = self._cpu_s - (cpu - self._cpu_start)
        wall_left = self._wall_s - (now - self._wall_start)
        if wall_left <= 0:
            queued = _queued_seconds(self._pid)
            wall_left += queued if queued is not None else self._wall_s * (_UNKNOWN_FACTOR - 1)
        if cpu_left <= 0 or wall_left <= 0:
            return True
        self._next = now + max(_FLOOR_S, min(cpu_left, wall_left))
        return False


def _queued_seconds(pid: int) -> float | None:
    """Seconds the process's first thread has waited for a CPU since it began."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb", buffering=0) as schedstat:
            return int(schedstat.read(128).split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return None
