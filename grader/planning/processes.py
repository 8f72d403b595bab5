"""CPU time and memory of this process and everything it has started (proc(5))."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

__all__ = ["TICK_S", "PeakMemory", "cpu_s", "family", "memory_mb", "own_memory_mb"]

TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
"""What CPU time is counted in."""
_PARENT, _OWN, _CHILDREN = 1, slice(11, 13), slice(13, 15)
"""Fields of ``/proc/PID/stat`` after the name: ppid; utime and stime; cutime and cstime."""
_EVERY_S: Final = 0.02


def family() -> dict[int, list[bytes]]:
    """The ``stat`` fields after the name, of this process and all that come from it, by pid."""
    stats: dict[int, list[bytes]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                text = (entry / "stat").read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            stats[int(entry.name)] = text.rpartition(b")")[2].split()
    found: dict[int, list[bytes]] = {}
    newest = {os.getpid()} & stats.keys()
    while newest:
        found |= {pid: stats[pid] for pid in newest}
        newest = {pid for pid, fields in stats.items() if int(fields[_PARENT]) in newest and pid not in found}
    return found


def cpu_s() -> float:
    """CPU seconds of the family so far, with those of its members who have ended and been waited for."""
    ticks = sum(sum(map(int, [*fields[_OWN], *fields[_CHILDREN]])) for fields in family().values())
    return ticks * TICK_S


def memory_mb() -> float:
    """MB that the family holds at most.

    What is no file's is counted in each process that has it, even where a fork shares it with its parent; files are
    counted once, as those of the process that has the most of them in memory.
    """
    own, files = 0, 0
    for pid in family():
        sizes = _sizes(pid)
        own += sizes.get("RssAnon", 0) + sizes.get("RssShmem", 0)
        files = max(files, sizes.get("RssFile", 0))
    return (own + files) / 1024


def own_memory_mb() -> float:
    """MB of this process alone."""
    return sum(_sizes(os.getpid()).values()) / 1024


def _sizes(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if line.startswith("Rss"))
    return {name: int(rest.split()[0]) for name, _, rest in pairs}


@dataclass(slots=True)
class PeakMemory:
    """Looks at the family's memory again and again. A context manager."""

    mb: float = 0.0
    """The most there was."""
    cpu_s: float = 0.0
    """What the looking has cost."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def look(self) -> None:
        """Look now."""
        began = time.thread_time()
        self.mb = max(self.mb, memory_mb())
        self.cpu_s += time.thread_time() - began

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join()

    def _keep_looking(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self.look()
