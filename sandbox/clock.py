"""The CPU clock of another process."""

from __future__ import annotations

import time

__all__ = ["cpu_seconds"]


def cpu_seconds(pid: int) -> float | None:
    """CPU seconds the process has used, all its threads together; ``None`` when it is gone.

    A process's CPU clock can be read by anyone in its pid namespace (clock_getcpuclockid(3): the clock's id is made
    of the pid).
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return None
