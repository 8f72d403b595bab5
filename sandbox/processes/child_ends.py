"""How a zygote learns that a child has ended: by a descriptor, where the host has these."""

from __future__ import annotations

import os

__all__ = ["can_watch_children"]


def can_watch_children() -> bool:
    """Return whether this host gives descriptors of processes (pidfd_open(2), Linux 5.3; sandboxed kernels lack it)."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True
