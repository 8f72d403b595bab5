"""Whether a process of ours has grown, and is to be replaced before it serves others."""

from __future__ import annotations

import resource

__all__ = ["MemoryGrowth"]

_ROOM_MB = 32.0
"""What one job or source may make a process grow by and leave it in use."""


class MemoryGrowth:
    """How a process has grown since this was made.

    What counts is the most it has ever held (getrusage(2), ``ru_maxrss``), because what is given back to the allocator
    is seldom given back to the host.
    """

    def __init__(self) -> None:
        self._start_mb = _peak_mb()

    @property
    def exceeded(self) -> bool:
        """Whether it has grown too much."""
        return _peak_mb() - self._start_mb > _ROOM_MB


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
