"""Isolation layer: a process that starts as root becomes an unprivileged user.

Stops: everything the kernel grants to root. A zygote drops its privileges after it has loaded what it needs. The kernel
then also marks it non-dumpable (PR_SET_DUMPABLE, prctl(2)), so that processes of the same user can neither trace it nor
read its memory.
Absence: the process was never root, so there is nothing to give up; or its user cannot be changed. Then process limits
do not hold, because root is exempt from ``RLIMIT_NPROC`` (getrlimit(2)).
"""

from __future__ import annotations

import os

__all__ = ["NAME", "UNPRIVILEGED_UID", "drop", "probe", "uid_of"]

NAME = "privileges"
UNPRIVILEGED_UID = 60_993
"""First user id for zygotes. No account on Debian, Amazon Linux or in the usual images has one in this range."""
_UIDS = 190
"""Size of the range. From 61,184 on, systemd assigns user ids by itself (https://systemd.io/UIDS-GIDS)."""


def uid_of(number: int) -> int:
    """Return the user of one zygote of a sandbox.

    Each zygote has its own, so that the answers of one cannot reach those of another.

    Args:
        number: of the zygote, from 0.
    """
    return UNPRIVILEGED_UID + number % _UIDS


def probe(uid: int = UNPRIVILEGED_UID) -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        drop(uid)
    except OSError as error:
        return f"cannot become user {uid}: {error.strerror}"
    return None


def drop(uid: int) -> None:
    """Become ``uid`` without supplementary groups if the process is root; otherwise do nothing.

    Raises:
        OSError: the user cannot be changed.
    """
    if os.geteuid() != 0:
        return
    # Groups first: once the user has changed, the process may no longer change them (CAP_SETGID, capabilities(7)). All
    # three ids are set, because a saved id of 0 would be a way back to root (setresuid(2)).
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
