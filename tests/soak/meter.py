"""What a process and all that descends from it hold: counted from outside, by a mark that no descendant can shed."""

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
_PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
_SYSTEM_V = ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg")


@dataclass(frozen=True, slots=True)
class Reading:
    """What there was at one moment."""

    samples: int
    """Graded until then."""
    processes: int
    """Of the family, this one included."""
    zombies: int
    descriptors: dict[str, int] = field(default_factory=dict)
    """For each role, the most that one process has open; roles whose processes may not be looked into are missing."""
    memory_mb: dict[str, float] = field(default_factory=dict)
    """For each role, the resident MiB of its largest process."""
    entries: int = 0
    """In the directories anybody may write to, and of System V."""

    def values(self) -> dict[str, float]:
        """All of it by name, as a table has it."""
        return {
            "processes": self.processes,
            "zombies": self.zombies,
            "entries": self.entries,
            **{f"descriptors of {role}": count for role, count in self.descriptors.items()},
            **{f"MiB of {role}": size for role, size in self.memory_mb.items()},
        }


@dataclass(frozen=True, slots=True)
class Process:
    """One of the family."""

    pid: int
    parent: int
    state: str
    """As in proc(5)."""
    started: int
    """In clock ticks since the host was booted."""


class Meter:
    """Reads what the calling process and its descendants hold.

    Descendants started before the first meter of a process was made are not seen, nor zombies that were there before
    this one.

    Args:
        graders: whose processes get the names of their roles, as long as nothing is being graded.
    """

    def __init__(self, graders: Sequence[Grader] = ()) -> None:
        _mark()
        self._graders = graders
        self._strange = _entries()
        self._dead = {process.pid for process in family() if process.state in "ZX"}

    def read(self, samples: int) -> Reading:
        """Read everything now."""
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
        more.subtract(Counter(self._strange))
        return Reading(
            samples=samples,
            processes=len(living),
            zombies=len(processes) - len(living),
            descriptors=dict(sorted(descriptors.items())),
            memory_mb=dict(sorted(memory_mb.items())),
            entries=sum(count for count in more.values() if count > 0),
        )

    def _roles(self) -> dict[int, str]:
        """Roles by pid, and by the negative pid of the parent."""
        roles = {os.getpid(): "grader"}
        for grader in self._graders:
            analysts = grader._sandbox._analyzer_zygote
            for zygote in grader._sandbox._zygotes():
                if zygote.pid is not None and zygote.session is not None:
                    worker = "analysts" if zygote is analysts else "examiners"
                    roles |= {zygote.session: "launchers", zygote.pid: f"zygotes of {worker}", -zygote.pid: worker}
        return roles


def family() -> list[Process]:
    """This process and all that descends from it, wherever it has gone; zombies only as long as one of them is to bury
    them, and not the host."""
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
    """A number of pending signals that only this process and its descendants are limited to.

    A process inherits its limits and cannot raise hard ones (getrlimit(2)); nobody here needs to queue signals.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_SIGPENDING)
    mark = (hard if 0 < hard < 1 << 20 else 1 << 16) - 1 - secrets.randbelow(4096)
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (mark, mark))
    return mark


def _process_of(pid: int) -> Process:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return Process(pid, parent=int(fields[1]), state=fields[0], started=int(fields[19]))


def _entries() -> list[str]:
    """What lies about where anybody may write, if it may be of our making, and of System V; names may repeat."""
    found = _objects()
    for place in {*_PLACES, tempfile.gettempdir()}:
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            found += [entry.path for entry in entries if _may_be_ours(entry)]
    return found


def _may_be_ours(entry: os.DirEntry[str]) -> bool:
    """Others use these places, too: what counts is what has an answer's user, an attack's name, or our own folder."""
    uid = entry.stat(follow_symlinks=False).st_uid
    return uid in _USERS or "stray" in entry.name or Path(entry.path).parent not in map(Path, _PLACES)


def _objects() -> list[str]:
    found = []
    for table in _SYSTEM_V:
        with contextlib.suppress(OSError):
            found += [f"{table}:{line.split()[1]}" for line in Path(table).read_text().splitlines()[1:]]
    return found
