"""Isolation layer: no program started from here gains privileges (PR_SET_NO_NEW_PRIVS, prctl(2)).

Stops: setuid programs and file capabilities. The kernel also demands it before an unprivileged process may apply
`seccomp` or `landlock`.
Absence: those two are absent as well; answers can start no program anyway.
"""

from __future__ import annotations

from sandbox.isolation.system_calls import prctl

__all__ = ["NAME", "apply", "probe"]

NAME = "no_new_privs"
_PR_SET_NO_NEW_PRIVS = 38


def apply() -> None:
    """Set it for this process and all that descend from it, for good.

    Raises:
        OSError: the kernel refuses.
    """
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        apply()
    except OSError as error:
        return f"prctl is refused: {error.strerror}"
    return None
