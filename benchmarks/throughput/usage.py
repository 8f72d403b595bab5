"""CPU time and memory of a process and its descendants, read from /proc (proc(5))."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Usage", "cpu_s", "peaks_mb"]

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _DEAD_CHILDREN = 1, (13, 14)
"""Indices of fields in ``/proc/PID/stat`` after the name: ppid; cutime and cstime."""
_ROLES = (("zygote of analyzers", "analyzers"), ("zygote of solutions", "harnesses"))
"""Titles of zygotes in their command lines (`sandbox.scheduler.zygote.ZygoteSettings`), and the role of the long-lived
processes that they fork."""

_SMALL = "small zygote"
"""Name of the small zygotes, and of their children (`sandbox.processes.small_zygote`)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Resources used by one batch."""

    cpu_s: dict[str, float]
    """CPU seconds by role; exited processes count once their parent has waited for them."""
    peaks_mb: dict[str, float] = field(default_factory=dict)
    """Largest resident size of one process by role, including shared pages, in MiB."""


def cpu_s(pid: int) -> dict[str, float]:
    """Return the CPU seconds used so far by a process and its descendants, by role.

    Running processes are measured in nanoseconds (``schedstat``). The time of exited ones is added to their parent, in
    hundredths of a second.
    """
    family = _family(pid)
    found: dict[str, float] = {}
    for one in family:
        with contextlib.suppress(OSError):
            role = _role(one, family, pid)
            spent = sum(
                int((task / "schedstat").read_text().split()[0]) / 1e9 for task in Path(f"/proc/{one}/task").iterdir()
            )
            dead = sum(int(_stat(one)[index]) for index in _DEAD_CHILDREN) / _TICKS
            for name, seconds in ((role, spent), (f"children of {role}", dead)):
                found[name] = found.get(name, 0.0) + seconds
    return found


def peaks_mb(pid: int) -> dict[str, float]:
    """Return the largest resident size so far of a process, by role, in MiB."""
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
    role = next((role for text, role in _ROLES if text in line), None)
    if role is None:
        return "children"
    if _name(pid) == _SMALL and _name(family[pid]) != _SMALL:
        return "small zygotes"
    # Launcher, zygote and forked processes share a title: workers have no children, those of a zygote are workers.
    if pid not in family.values():
        return role
    forks_workers = any(parent == pid and child not in family.values() for child, parent in family.items())
    return f"zygotes of {role}" if forks_workers else "launchers"


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _family(root: int) -> dict[int, int]:
    """Return the parents of a process and of its running descendants, by pid."""
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
