"""Wall: no privileges.

Stops: everything the kernel grants to root. A zygote that starts as root becomes an unprivileged user after it
has loaded what it needs; the kernel then also marks it non-dumpable (credentials(7), prctl(2) PR_SET_DUMPABLE), so that
processes of the same user cannot trace it or read its memory.
Absence: the process was never root (nothing to give up), or the user cannot be changed, and process limits do not hold,
because root is exempt from ``RLIMIT_NPROC`` (getrlimit(2)).
"""

from __future__ import annotations

import os

__all__ = ["NAME", "UNPRIVILEGED_UID", "drop", "probe", "uid_of"]

NAME = "privileges"
UNPRIVILEGED_UID = 60_993
"""Used by no account on Debian, Amazon Linux or in the usual images, so that no other process shares it."""
_UIDS = 190
"""From 61,184 on, systemd gives users out by itself (https://systemd.io/UIDS-GIDS)."""


def uid_of(number: int) -> int:
    """The user of one zygote of a sandbox: each has its own, so that the answers of one cannot reach those of another.

    Args:
        number: of the zygote, from 0.
    """
    return UNPRIVILEGED_UID + number % _UIDS


def probe(uid: int = UNPRIVILEGED_UID) -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        drop(uid)
    except OSError as error:
        return f"cannot become user {uid}: {error.strerror}"
    return None


def drop(uid: int) -> None:
    """Become ``uid`` with no supplementary groups, when root; otherwise nothing.

    Raises:
        OSError: the user cannot be changed.
    """
    if os.geteuid() != 0:
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
