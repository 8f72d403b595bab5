"""Isolation layer: orphaned processes become children of the zygote, and the zygote dies with its parent.

Stops: processes that outlive a run because their parent is gone (PR_SET_CHILD_SUBREAPER and PR_SET_PDEATHSIG,
prctl(2)).
Absence: an answer cannot start a process in the first place, because of the layers ``rlimits``, ``functions`` and
``audit``. One that was started nevertheless is found by its tag (`sandbox.scheduler.reaper`).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # built into the interpreter, without stubs

from sandbox.isolation.system_calls import prctl

__all__ = ["NAME", "apply", "probe"]

NAME = "orphans"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def apply() -> None:
    """Set both for this process, across exec(2).

    Raises:
        OSError: the kernel refuses.
    """
    # Both survive execve(2), and no child inherits them: so the process that will be the zygote sets them, after it was
    # forked and before it becomes the zygote. The death signal is also cleared when a process changes its user.
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    prctl(_PR_SET_PDEATHSIG, _signal.SIGKILL)


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        apply()
    except OSError as error:
        return f"prctl is refused: {error.strerror}"
    return None
