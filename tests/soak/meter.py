"""Count the resources of a process and its descendants from outside; an inherited limit identifies descendants."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.isolation.privileges import UNPRIVILEGED_UID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.core.grader import Grader

__all__ = ["Meter", "Process", "Reading", "family"]

_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
_LIMIT = "Max pending signals"
_USERS = range(UNPRIVILEGED_UID, UNPRIVILEGED_UID + 1000)
_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
_SYSTEM_V = ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg")


@dataclass(frozen=True, slots=True)
class Reading:
    """Resources at one moment."""

    samples: int
    """Number of samples graded before."""
    processes: int
    """Number of running processes, including this one."""
    zombies: int
    descriptors: dict[str, int] = field(default_factory=dict)
    """Largest number of open descriptors of a process, by role; without processes that cannot be read."""
    memory_mb: dict[str, float] = field(default_factory=dict)
    """Resident size of the largest process by role, in MiB."""
    entries: int = 0
    """Number of new entries in directories that everyone may write to, and of new System V objects."""

    def values(self) -> dict[str, float]:
        """Return all values by name."""
        return {
            "processes": self.processes,
            "zombies": self.zombies,
            "entries": self.entries,
            **{f"descriptors of {role}": count for role, count in self.descriptors.items()},
            **{f"MiB of {role}": size for role, size in self.memory_mb.items()},
        }


@dataclass(frozen=True, slots=True)
class Process:
    """This process or one of its descendants."""

    pid: int
    parent: int
    state: str
    """State as in proc(5)."""
    started: int
    """Start time in clock ticks since boot."""


class Meter:
    """Reads the resources of this process and its descendants.

    Descendants that were started before the first meter are not counted, nor zombies that existed before this meter.

    Args:
        graders: graders whose processes are named by their roles; nothing must be graded while reading.
    """

    def __init__(self, graders: Sequence[Grader] = ()) -> None:
        _mark()
        self._graders = graders
        self._entries_before = _entries()
        self._dead = {process.pid for process in family() if process.state in "ZX"}

    def read(self, samples: int) -> Reading:
        """Take a reading now."""
        roles = self._roles()
        processes = [process for process in family() if process.pid not in self._dead]
        living = {process.pid: process for process in processes if process.state not in "ZX"}
        memory_mb: dict[str, float] = {}
        descriptors: dict[str, int] = {}
        for process in living.values():
            role = roles.get(process.pid) or roles.get(-process.parent, "strays")
            with contextlib.suppress(OSError):
                resident_kb = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * _PAGE_KB
                memory_mb[role] = max(memory_mb.get(role, 0.0), resident_kb / 1024)
                descriptors[role] = max(
                    descriptors.get(role, 0), sum(1 for _ in Path(f"/proc/{process.pid}/fd").iterdir())
                )
        more = Counter(_entries())
        more.subtract(Counter(self._entries_before))
        return Reading(
            samples=samples,
            processes=len(living),
            zombies=len(processes) - len(living),
            descriptors=dict(sorted(descriptors.items())),
            memory_mb=dict(sorted(memory_mb.items())),
            entries=sum(count for count in more.values() if count > 0),
        )

    def _roles(self) -> dict[int, str]:
        """Return roles by pid, and those of children by the negative pid of their parent."""
        roles = {os.getpid(): "grader"}
        for grader in self._graders:
            analyzer_zygote = grader._sandbox._analyzer_zygote
            for zygote in grader._sandbox._zygotes():
                if zygote.pid is not None and zygote.session is not None:
                    worker = "analyzers" if zygote is analyzer_zygote else "harnesses"
                    roles |= {zygote.session: "launchers", zygote.pid: f"zygotes of {worker}", -zygote.pid: worker}
                    if zygote.small_pid is not None:
                        roles[zygote.small_pid] = "small zygotes"
        return roles


def family() -> list[Process]:
    """Return this process and its descendants, also those that have left their session and parent.

    Zombies are included only if their parent is one of these processes.
    """
    mark = str(_mark())
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    found = []
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            limits = Path(f"/proc/{pid}/limits").read_text()
            if limits.partition(_LIMIT)[2].split(None, 2)[1] == mark:
                found.append(_process_of(pid))
    known = {process.pid for process in found}
    return [process for process in found if process.state not in "ZX" or process.parent in known]


@cache
def _mark() -> int:
    """Set and return a limit of pending signals that only this process and its descendants have.

    A process inherits its limits and cannot raise hard ones (getrlimit(2)); none of ours needs to queue signals.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_SIGPENDING)
    mark = (hard if 0 < hard < 1 << 20 else 1 << 16) - 1 - secrets.randbelow(4096)
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (mark, mark))
    return mark


def _process_of(pid: int) -> Process:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return Process(pid, parent=int(fields[1]), state=fields[0], started=int(fields[19]))


def _entries() -> list[str]:
    """List entries that may be ours in directories that everyone may write to, and System V objects."""
    names = _objects()
    for folder in {*_FOLDERS, tempfile.gettempdir()}:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            names += [entry.path for entry in entries if _may_be_ours(entry)]
    return names


def _may_be_ours(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry has an answer's user, an attack's name, or is in a folder of our own."""
    uid = entry.stat(follow_symlinks=False).st_uid
    return uid in _USERS or "stray" in entry.name or Path(entry.path).parent not in map(Path, _FOLDERS)


def _objects() -> list[str]:
    found = []
    for table in _SYSTEM_V:
        with contextlib.suppress(OSError):
            found += [f"{table}:{line.split()[1]}" for line in Path(table).read_text().splitlines()[1:]]
    return found
