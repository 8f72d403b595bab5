"""Facts about processes from the kernel: the one reader of ``/proc`` (proc(5)) for the grader and the harness.

Every function takes a pid as the caller's own pid namespace counts. A process can end between two reads, so none of
them raises for a process that is gone.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ProcessStat",
    "age_seconds",
    "all_pids",
    "autogroup_file",
    "children",
    "cpu_seconds",
    "find_child",
    "message_queue_limit",
    "process_exists",
    "process_state",
    "queued_seconds",
    "read_stat",
]

# Test code may patch these, and files of its process are in memory. What the harness uses is looked up here, once.
_open, _clock_gettime = open, time.clock_gettime
_STAT_BYTES = 1024
_START_FIELD = 19
"""Index of the start time, counted from the field behind the program's name."""
_MESSAGE_QUEUE_LINE = b"Max msgqueue size"
_PF_EXITING = 0x4
"""Flag of a process that is on its way out (Linux, include/linux/sched.h)."""


class ProcessStat(NamedTuple):
    """Fields of ``/proc/PID/stat``."""

    state: str
    """Letter of the state: R running, S sleeping, D waiting for a disk, T stopped, t traced, Z zombie, X dead."""
    parent: int
    session: int
    is_exiting: bool
    """True once the process has begun to exit. It loses its descriptors before its parent can wait for it."""


def read_stat(pid: int) -> ProcessStat | None:
    """Return a process's state, parent and session; ``None`` if the process is gone or hidden."""
    try:
        # Unbuffered: one read(2) gives one consistent line, and a buffer would be the largest part of the cost.
        with _open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
            line = stat.read(_STAT_BYTES)
        # The second field is the program's name in parentheses. A process chooses its name, which may hold spaces and
        # parentheses, so the fields are counted from the last parenthesis.
        state, parent, _, session, _, _, flags, *_ = line.rpartition(b")")[2].split()
        return ProcessStat(state.decode(), int(parent), int(session), bool(int(flags) & _PF_EXITING))
    except (OSError, ValueError):
        return None


def age_seconds(pid: int) -> float | None:
    """Return the seconds since a process was forked, however often it was replaced since; ``None`` if it is gone."""
    try:
        with _open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
            ticks = int(stat.read(_STAT_BYTES).rpartition(b")")[2].split()[_START_FIELD])
    except (OSError, ValueError, IndexError):
        return None
    # Counted from the boot, suspensions included (proc(5), starttime).
    return max(0.0, _clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))


def process_state(pid: int) -> str:
    """Return the letter of a process's state; an empty string if the process is gone or hidden."""
    stat = read_stat(pid)
    return stat.state if stat is not None else ""


def process_exists(pid: int) -> bool:
    """Return whether there is such a process, zombies included."""
    return Path(f"/proc/{pid}").exists()


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU seconds that all threads of a process have used; ``None`` if the process is gone.

    A process's CPU clock can be read by anyone in its pid namespace. The clock's id is made of the pid
    (clock_getcpuclockid(3)), so this needs no file, and is exact to the nanosecond where ``stat`` counts ticks.
    """
    # Linux, include/linux/posix-timers.h: ~pid in the upper bits, 2 (CPUCLOCK_SCHED) for time on a CPU.
    try:
        return _clock_gettime((~pid << 3) | 2)
    except OSError:
        return None


def queued_seconds(pid: int) -> float | None:
    """Return the seconds that a process's first thread has waited for a CPU since it began.

    That is the second field of ``schedstat``, in nanoseconds. ``None`` on kernels without ``CONFIG_SCHED_INFO``.
    """
    try:
        with _open(f"/proc/{pid}/schedstat", "rb", buffering=0) as schedstat:
            return int(schedstat.read(128).split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return None


def message_queue_limit(pid: int) -> int | None:
    """Return a process's hard limit on bytes in POSIX message queues; ``None`` if it is unlimited or not readable."""
    try:
        limits = Path(f"/proc/{pid}/limits").read_bytes()
        hard = limits[limits.index(_MESSAGE_QUEUE_LINE) + len(_MESSAGE_QUEUE_LINE) :].split(None, 2)[1]
    except (OSError, ValueError, IndexError):
        return None
    return int(hard) if hard.isdigit() else None


def autogroup_file(pid: int) -> Path:
    """Return the file by which the niceness of a process's session is set (sched(7), *The autogroup feature*)."""
    return Path(f"/proc/{pid}/autogroup")


def all_pids() -> Iterator[int]:
    """Yield the pids of all processes; ``/proc`` is not listed before the first one is asked for."""
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    yield from pids


def children(pid: int, thread: int | None = None) -> list[int]:
    """Return the children that the kernel lists for one thread of a process, by default for its first thread.

    Each thread has a list of its own, of the children that it forked or took over from a thread that ended
    (``/proc/PID/task/TID/children``). The list is empty on kernels without ``CONFIG_PROC_CHILDREN``. It may leave out
    one child when another ends during the read.
    """
    try:
        return sorted(map(int, Path(f"/proc/{pid}/task/{thread or pid}/children").read_bytes().split()))
    except OSError:
        return []


def find_child(inner_pid: int, parent: int) -> int | None:
    """Return the pid of that child of ``parent`` which has ``inner_pid`` in its own pid namespace (``NSpid``).

    The parent's children are looked at first. All of ``/proc`` is searched only if the child is not among them, because
    that takes longer the more processes the host has; `children` says why the list may be short.
    """
    pids = chain(_children_of_all_threads(parent), all_pids())
    return next((pid for pid in pids if _is_child(pid, inner_pid, parent)), None)


def _children_of_all_threads(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += children(pid, int(thread.name))
    return sorted(found)


def _is_child(pid: int, inner_pid: int, parent: int) -> bool:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    # Both fields: two zygotes have namespaces of their own, and so may have children of the same inner pid.
    fields = dict(line.split(":", 1) for line in lines if line.startswith(("PPid:", "NSpid:")))
    return fields.get("PPid", "").strip() == str(parent) and fields.get("NSpid", "").split()[-1:] == [str(inner_pid)]
