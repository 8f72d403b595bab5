"""Wall: what loses its parent comes to the zygote, and the zygote ends with whoever started it.

Stops: processes that outlive a run because nobody knows of them (PR_SET_CHILD_SUBREAPER and PR_SET_PDEATHSIG, prctl(2);
both survive exec(2), the latter only as long as the process does not change its user).
Absence: a process that could be started at all, which the other walls refuse, is found by its mark
(`sandbox.scheduler.reaper`) instead.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # built into the interpreter, without stubs

from sandbox.isolation.system_calls import prctl

__all__ = ["NAME", "apply", "probe"]

NAME = "orphans"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def apply() -> None:
    """For this process, across exec(2).

    Raises:
        OSError: the kernel refuses.
    """
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    prctl(_PR_SET_PDEATHSIG, _signal.SIGKILL)


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        apply()
    except OSError as error:
        return f"prctl is refused: {error.strerror}"
    return None
