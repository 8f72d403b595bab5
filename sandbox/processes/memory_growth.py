"""Memory growth of a process, which decides whether it is replaced before it serves others."""

from __future__ import annotations

import resource

__all__ = ["MemoryGrowth"]

_ROOM_MB = 32.0
"""MiB that a process may have grown by and stay in use."""


class MemoryGrowth:
    """Growth of the process's peak memory since this object was made."""

    def __init__(self) -> None:
        self._start_mb = _peak_mb()

    @property
    def exceeded(self) -> bool:
        """True if the process has grown too much."""
        return _peak_mb() - self._start_mb > _ROOM_MB


def _peak_mb() -> float:
    # The peak and not the present size, because memory that is given back to the allocator is seldom given back to the
    # host. ru_maxrss is in KiB (getrusage(2)).
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
