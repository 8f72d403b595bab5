"""Messages between a zygote and those who ask it, one a packet."""

from __future__ import annotations

import struct

__all__ = ["EXIT_FORMAT", "FORKS"]

EXIT_FORMAT = struct.Struct("!cIiQQ")
"""A child has ended: the letter X, pid, wait status as in wait(2), CPU microseconds, peak resident KiB."""
FORKS = 4
"""The descriptor over which an examiner asks its zygote for solution processes."""
