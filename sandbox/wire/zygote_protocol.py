"""What a zygote and those who ask it for processes agree on: descriptors, and how a child's exit is reported."""

from __future__ import annotations

import os
import signal
import struct
from dataclasses import dataclass
from typing import ClassVar

__all__ = ["CHANNEL", "FORKS", "ExitInfo"]


CHANNEL = 3
"""A child's own descriptor."""
FORKS = 4
"""The descriptor over which an examiner asks its zygote for solution processes."""


@dataclass(frozen=True, slots=True)
class ExitInfo:
    """How a process ended."""

    pid: int
    status: int
    """Wait status, as in wait(2)."""
    cpu_s: float
    """CPU seconds it has used in all."""
    peak_mb: float
    """Its largest resident memory, in MiB."""

    _FORMAT: ClassVar[struct.Struct] = struct.Struct("!iIQQ")

    def pack(self) -> bytes:
        """As `unpack` takes it."""
        return self._FORMAT.pack(self.pid, self.status, int(self.cpu_s * 1e6), int(self.peak_mb * 1024))

    @classmethod
    def unpack(cls, data: bytes) -> ExitInfo:
        """What `pack` made."""
        pid, status, cpu_us, peak_kb = cls._FORMAT.unpack(data)
        return cls(pid, status, cpu_us / 1e6, peak_kb / 1024)

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it: somebody's will, or the host's that is out of memory, but no crash."""
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL
