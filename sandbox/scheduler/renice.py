"""Changes the priority of processes of another user, also where root may not.

A container's root usually lacks CAP_SYS_NICE, and may then change the priority of its own processes only
(setpriority(2)). It may still become another user for a moment, as it does to start those processes.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

__all__ = ["set_niceness"]

_KEEP = -1
_lock = threading.Lock()


def set_niceness(pid: int, niceness: int) -> None:
    """Set the niceness of a process.

    Raises:
        OSError: it has ended, or it is not allowed, such as to raise a priority without privileges.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    except PermissionError:
        owner = _owner(pid)
        if os.geteuid() != 0 or not owner:
            raise
        _set_as(owner, pid, niceness)


def _owner(pid: int) -> int:
    """Return the user of a process, 0 if it is gone. Its folder belongs to root if its memory must not be read."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[2]) for line in lines if line.startswith("Uid:")), 0)


def _set_as(user: int, pid: int, niceness: int) -> None:
    # By the system call, because the C library would change the user of all threads (setresuid(2), "C library/kernel
    # differences"), and the others go on meanwhile.
    from sandbox.isolation.system_calls import call  # noqa: PLC0415 - ctypes, which few containers need here

    with _lock:
        call("setresuid", _KEEP, user, _KEEP)
        try:
            os.setpriority(os.PRIO_PROCESS, pid, niceness)
        finally:
            call("setresuid", _KEEP, 0, _KEEP)
