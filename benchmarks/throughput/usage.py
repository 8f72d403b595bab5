"""What a process and all that descends from it have used, read from outside (proc(5))."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Usage", "cpu_s", "peaks_mb"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _DEAD_CHILDREN = 1, (13, 14)
"""Fields of ``/proc/PID/stat`` after the name."""
_ROLES = (("zygote of analyzers", "analyzer"), ("zygote of solutions", "harness"))
"""Titles in the command lines of zygotes (`sandbox.scheduler.zygote.ZygoteSettings`), and the processes they fork."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one batch."""

    cpu_s: dict[str, float]
    """CPU seconds by role; of processes that have ended, as far as somebody has waited for them."""
    peaks_mb: dict[str, float] = field(default_factory=dict)
    """For each role, the largest resident size that one process has had, shared pages included, in MiB."""


def cpu_s(pid: int) -> dict[str, float]:
    """CPU seconds that a process and what descends from it have used until now, by role.

    The living are counted to the nanosecond (``schedstat``), the dead, whose time their parent has, to a hundredth of a
    second for each parent.
    """
    family = _family(pid)
    found: dict[str, float] = {}
    for one in family:
        with contextlib.suppress(OSError):
            role = _role(one, family, pid)
            spent = sum(
                int((task / "schedstat").read_text().split()[0]) / 1e9 for task in Path(f"/proc/{one}/task").iterdir()
            )
            dead = sum(int(_stat(one)[place]) for place in _DEAD_CHILDREN) / _TICKS
            for name, seconds in ((role, spent), (f"children of {role}", dead)):
                found[name] = found.get(name, 0.0) + seconds
    return found


def peaks_mb(pid: int) -> dict[str, float]:
    """The largest resident size that a process of each role has had so far."""
    family = _family(pid)
    found: dict[str, float] = {}
    for one in family:
        with contextlib.suppress(OSError, IndexError):
            size = int(Path(f"/proc/{one}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
            role = _role(one, family, pid)
            found[role] = max(found.get(role, 0.0), size)
    return found


def _role(pid: int, family: dict[int, int], root: int) -> str:
    if pid == root:
        return "itself"
    line = Path(f"/proc/{pid}/cmdline").read_text()
    kind = next((name for mark, name in _ROLES if mark in line), None)
    if kind is None:
        return "children"
    if pid not in family.values():
        return f"{kind}s"
    forks_workers = any(parent == pid and child not in family.values() for child, parent in family.items())
    return f"zygotes of {kind}s" if forks_workers else "launchers"


def _family(root: int) -> dict[int, int]:
    """A process and its living descendants; the parent of each."""
    parents: dict[int, int] = {}
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parents[int(entry.name)] = int(_stat(int(entry.name))[_PARENT])
    found = {root: parents.get(root, 0)}
    size = 0
    while len(found) > size:
        size = len(found)
        found |= {pid: parent for pid, parent in parents.items() if parent in found}
    return found


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
