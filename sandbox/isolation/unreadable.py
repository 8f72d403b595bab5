"""Isolation layer: the grader's memory and environment cannot be read by the processes it starts.

Stops: reading ``/proc/PID/mem``, ``environ`` or ``fd`` of the grader's process for credentials, tests and other samples
(ptrace(2), "Ptrace access mode checking"). Nothing is applied; the host provides the layer or does not. It is active
when solution processes run as another user, when the host restricts tracing, or when the interpreter is a file that may
be run but not read (mode 0711), which makes every process of it non-dumpable.
Absence: answers can still open no file and call no native code; keep credentials out of the grader's process.
"""

from __future__ import annotations

import os

from sandbox.isolation import privileges

__all__ = ["NAME", "probe"]

NAME = "unreadable"


def probe(uid: int, grader: int) -> str | None:
    """Return why the layer is not active, or ``None``. Changes the calling process: call it in a forked child.

    Args:
        uid: user that answers run as, if this process is root.
        grader: pid of the grader's process.
    """
    privileges.drop(uid)
    # The kernel checks when the file is opened (proc(5)), so it is enough to try: what can be opened can be read.
    for name in ("environ", "mem"):
        try:
            os.close(os.open(f"/proc/{grader}/{name}", os.O_RDONLY))
        except OSError:
            continue
        return f"/proc/PID/{name} of the grader can be opened"
    return None
