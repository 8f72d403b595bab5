"""Wall: the grader's memory and environment cannot be read by the processes it starts.

Stops: reading ``/proc/PID/mem``, ``environ`` or ``fd`` of the grader's process for credentials, tests and other samples
(ptrace(2), "Ptrace access mode checking"). It stands when the answer's processes are of another user, when the host
restricts tracing, or when the interpreter is a file that may be run but not read (mode 0711), which makes every process
of it non-dumpable.
Absence: answers can still open no file and call no native code; keep credentials out of the grader's process.
"""

from __future__ import annotations

import os

from sandbox.isolation import privileges

__all__ = ["NAME", "probe"]

NAME = "unreadable"


def probe(uid: int, grader: int) -> str | None:
    """Why the wall does not stand, or ``None``. Changes the calling process: call it in a forked child.

    Args:
        uid: the user that answers run as, when root can choose.
        grader: pid of the grader's process.
    """
    privileges.drop(uid)
    for name in ("environ", "mem"):
        try:
            os.close(os.open(f"/proc/{grader}/{name}", os.O_RDONLY))
        except OSError:
            continue
        return f"/proc/PID/{name} of the grader can be opened"
    return None
