"""Ending what descends from a zygote, wherever it has gone.

A process cannot shed its resource limits or raise them, and its children inherit them (getrlimit(2)): so each zygote
gets a limit that nobody uses, on POSIX message queues, of a size that no other process has. Every descendant can be
told by that, also one that has left its session and its parent.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["new_tag", "reap", "tagged_pids"]

_LEAST_TAG, _TAGS = 1 << 17, 1 << 19
_GIVE_UP_S = 10.0
_PAUSE_S = 0.0005
_LIMIT = b"Max msgqueue size"


def new_tag() -> int:
    """A size of message queues that no other process is likely to have, in bytes; below the kernel's default."""
    return _LEAST_TAG + int.from_bytes(os.urandom(4), "little") % _TAGS


def reap(tags: Collection[int], *, session: int | None = None, spare: Collection[int] = (), looks: int = 20) -> int:
    """Kill every process that bears one of the marks, until there is none.

    Each is stopped as soon as it is seen, so that it can have no child while others are looked for; and what is known
    to be somebody else's is not looked at again, because what forks on and on can only be caught by being quicker.

    Args:
        tags: what `new_tag` gave the zygotes.
        session: a zygote's session, whose processes count as marked.
        spare: pids to leave alone.
        looks: how often in a row there must be none: what forks on and on can slip through one reading of ``/proc``.

    Returns:
        How many were found.
    """
    found: set[int] = set()
    others = set(spare)
    clean = 0
    give_up = time.monotonic() + _GIVE_UP_S
    while clean < looks and time.monotonic() < give_up:
        left = []
        for pid in sorted(_pids() - others, reverse=True):
            if _is_tagged(pid, tags, session):
                left.append(pid)
                _signal(pid, signal.SIGSTOP)
                _kill_group(pid, spare)
            elif pid not in found:
                others.add(pid)
        for pid in left:
            _signal(pid, signal.SIGKILL)
        clean = 0 if left else clean + 1
        found.update(left)
        if not left or found.issuperset(left):
            time.sleep(_PAUSE_S)
    _reap_zombies(tags)
    return len(found)


def tagged_pids(tags: Collection[int]) -> list[int]:
    """Pids of the processes that bear one of the marks now."""
    return [pid for pid in sorted(_pids()) if _is_tagged(pid, tags, None)]


def _reap_zombies(tags: Collection[int]) -> None:
    """Wait for the dead that have come to this process, as they do where it is the first of its container."""
    for pid in _pids():
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent, _ = _status_of(pid)
            if state == b"Z" and parent == os.getpid() and _tag_of(pid) in tags:
                os.waitpid(pid, os.WNOHANG)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _kill_group(pid: int, spare: Collection[int]) -> None:
    """Kill the process's group as one: the kernel lets none of its members fork meanwhile (kill(2), fork(2)).

    A group has members of one session only (setpgid(2)), so all of them descend from whoever bears the mark; but for
    our own group, and those that have somebody in them who is to be spared.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        group = os.getpgid(pid)
        if group != os.getpgrp() and group not in {os.getpgid(other) for other in spare if _exists(other)}:
            os.killpg(group, signal.SIGKILL)


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _pids() -> set[int]:
    with os.scandir("/proc") as entries:
        return {int(entry.name) for entry in entries if entry.name.isdigit()}


def _is_tagged(pid: int, tags: Collection[int], session: int | None) -> bool:
    try:
        state, _, own_session = _status_of(pid)
        return state not in b"ZX" and (own_session == session or _tag_of(pid) in tags)
    except (OSError, ValueError, IndexError):
        return False


def _status_of(pid: int) -> tuple[bytes, int, int]:
    """State, parent and session (proc(5), ``/proc/PID/stat``)."""
    status = Path(f"/proc/{pid}/stat").read_bytes()
    state, parent, _, session, *_ = status[status.rindex(b")") + 2 :].split()
    return state, int(parent), int(session)


def _tag_of(pid: int) -> int | None:
    """The process's limit on message queues (proc(5), ``/proc/PID/limits``)."""
    limits = Path(f"/proc/{pid}/limits").read_bytes()
    hard = limits[limits.index(_LIMIT) + len(_LIMIT) :].split(None, 2)[1]
    return int(hard) if hard.isdigit() else None
