"""Ends everything that descends from a zygote, wherever it has gone.

A descendant can leave its session, its process group and its parent, so none of these finds it for certain. What it
cannot do is raise a hard resource limit (getrlimit(2)), and its children inherit its limits. So each zygote sets a
limit that nothing here uses, on POSIX message queues, to a size that no other process has. That size is the tag.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

from sandbox.wire.procfs import all_pids, message_queue_limit, process_exists, read_stat

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["new_tag", "reap", "tagged_pids"]

_MIN_TAG, _TAGS = 1 << 17, 1 << 19
_GIVE_UP_S = 10.0
_PAUSE_S = 0.0005


def new_tag() -> int:
    """Return a size of message queues, in bytes, that no other process is likely to have.

    It is below the kernel's default of 800 KiB, so that a process without privileges can set it (getrlimit(2),
    ``RLIMIT_MSGQUEUE``).
    """
    return _MIN_TAG + int.from_bytes(os.urandom(4), "little") % _TAGS


def reap(tags: Collection[int], *, session: int | None = None, spare: Collection[int] = (), rounds: int = 20) -> int:
    """Kill every process that has one of the tags, until there is none.

    Args:
        tags: what `new_tag` gave the zygotes.
        session: a zygote's session, whose processes count as tagged.
        spare: pids to leave alone.
        rounds: how many readings of ``/proc`` in a row must find none. A process that forks on and on can slip through
            one reading, because a child may get a pid that was already passed.

    Returns:
        Number of processes that were found.
    """
    found: set[int] = set()
    untagged = set(spare)
    clean_rounds = 0
    give_up = time.monotonic() + _GIVE_UP_S
    while clean_rounds < rounds and time.monotonic() < give_up:
        tagged = []
        # Newest pids first: the youngest child of a process that keeps forking is the one that forks next.
        for pid in sorted(set(all_pids()) - untagged, reverse=True):
            if _is_tagged(pid, tags, session):
                tagged.append(pid)
                # Stopped at once, so that it cannot fork while the rest of /proc is read; killed after the round.
                _signal(pid, signal.SIGSTOP)
                _kill_group(pid, spare)
            elif pid not in found:
                # A tag is set before the first fork and never given up, so a process without one stays without. Not
                # reading it again makes the next round quicker, and only speed catches what forks on and on.
                untagged.add(pid)
        for pid in tagged:
            _signal(pid, signal.SIGKILL)
        clean_rounds = 0 if tagged else clean_rounds + 1
        found.update(tagged)
        if not tagged or found.issuperset(tagged):
            time.sleep(_PAUSE_S)
    _reap_zombies(tags)
    return len(found)


def tagged_pids(tags: Collection[int]) -> list[int]:
    """Return the pids of the processes that have one of the tags now, zombies left out."""
    return [pid for pid in sorted(all_pids()) if _is_tagged(pid, tags, None)]


def _reap_zombies(tags: Collection[int]) -> None:
    """Wait for dead descendants that have become children of this process.

    That happens where it is the first process of its container, or a subreaper (prctl(2)): orphans come to it.
    """
    for pid in all_pids():
        stat = read_stat(pid)
        # waitpid(-1) would take the exit status of a child that is somebody else's to wait for, such as a Popen's.
        if stat is not None and stat.state == "Z" and stat.parent == os.getpid() and message_queue_limit(pid) in tags:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _kill_group(pid: int, spare: Collection[int]) -> None:
    """Kill a process's group as one.

    A member cannot escape by forking meanwhile: the kernel blocks forks while it signals a group, and restarts a fork
    that finds a signal pending (Linux, kernel/fork.c). All members of a group are of one session (setpgid(2)), so all
    of them descend from the process with the tag. Left out are our own group, and groups with a member to be spared.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        group = os.getpgid(pid)
        if group != os.getpgrp() and group not in {os.getpgid(other) for other in spare if process_exists(other)}:
            os.killpg(group, signal.SIGKILL)


def _is_tagged(pid: int, tags: Collection[int], session: int | None) -> bool:
    stat = read_stat(pid)
    if stat is None or stat.state in {"Z", "X"}:
        return False
    return stat.session == session or message_queue_limit(pid) in tags
