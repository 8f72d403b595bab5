"""Liveness checks for our child processes, based on /proc state and CPU time instead of timeouts."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError, ProcessSpentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CHECK_INTERVAL_S", "Liveness", "cpu_seconds", "find_child", "process_state"]


def cpu_seconds(pid: int) -> float | None:
    """CPU seconds the process has used, all its threads together; ``None`` when it is gone.

    A process's CPU clock can be read by anyone in its pid namespace (clock_getcpuclockid(3): the clock's id is made
    of the pid).
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return None


CHECK_INTERVAL_S = 1.0
"""Seconds between two looks at a process that is waited for. Whoever waits for another process wakes up as often, and
so can be told from one that is stuck."""
_LOST_CHECKS = 2
_IDLE_CHECKS = 30
_SHORTEST_INTERVAL_S = 0.01
_LOST_STATES = {"T": "is stopped", "t": "is being traced", "Z": "has died", "X": "has died", "": "has died"}


class Liveness:
    """Looks at one process while somebody waits for it, and says when it counts as lost.

    Lost is a process that is stopped or gone at two looks in a row, one that neither ran nor wanted to through thirty
    of them, and one that has used up what CPU seconds it has. A busy host makes nobody lost: what waits for a CPU is
    running in the eyes of the kernel, and what waits for a disk is left alone, too.

    Args:
        pid: the process; or what finds it, asked at the first look.
        cpu_s: CPU seconds it may use from now on, or from the first look on where it must be found.
    """

    __slots__ = ("_cpu_end_s", "_cpu_s", "_find", "_idle", "_lost_checks", "_pid", "pause_s")

    def __init__(self, pid: int | Callable[[], int | None], *, cpu_s: float = math.inf) -> None:
        self._pid: int | None = None
        self._find = None if isinstance(pid, int) else pid
        self._cpu_s = 0.0
        self._cpu_end_s = cpu_s
        self._idle = self._lost_checks = 0
        self.pause_s = min(cpu_s, CHECK_INTERVAL_S)
        """When the next look is worth while, in seconds from the last one."""
        if isinstance(pid, int):
            self._begin(pid)

    def check(self) -> None:
        """Look at the process.

        Raises:
            ProcessSpentError: it has used up its CPU seconds.
            ProcessLostError: it is lost for another reason.
        """
        if self._pid is None and self._find is not None and (found := self._find()) is not None:
            self._begin(found)
        if self._pid is None:
            return  # some hosts hide processes, which then can only be waited for
        state, used_s = process_state(self._pid), cpu_seconds(self._pid)
        self._lost_checks = self._lost_checks + 1 if state in _LOST_STATES and (state or used_s is None) else 0
        if self._lost_checks >= _LOST_CHECKS:
            raise ProcessLostError(f"a process of the sandbox {_LOST_STATES[state]}")
        before_s, self._cpu_s = self._cpu_s, used_s or 0.0
        if self._cpu_s >= self._cpu_end_s:
            raise ProcessSpentError("a process of the sandbox has used up its CPU seconds")
        self._idle = self._idle + 1 if state == "S" and self._cpu_s == before_s else 0
        if self._idle >= _IDLE_CHECKS:
            raise ProcessLostError("a process of the sandbox hangs")
        self.pause_s = min(CHECK_INTERVAL_S, max(_SHORTEST_INTERVAL_S, self._cpu_end_s - self._cpu_s))

    def _begin(self, pid: int) -> None:
        self._pid = pid
        if math.isfinite(self._cpu_end_s):
            self._cpu_s = cpu_seconds(pid) or 0.0
            self._cpu_end_s += self._cpu_s


def process_state(pid: int) -> str:
    """The letter of a process's state (proc(5), ``/proc/PID/stat``, third field); empty when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
            return stat.read(1024).rpartition(b")")[2].split(None, 1)[0].decode()
    except (OSError, IndexError):
        return ""


def find_child(inner_pid: int, parent: int) -> int | None:
    """Return the pid of that child of ``parent`` which has ``inner_pid`` in its own pid namespace (proc(5), ``NSpid``).

    The parent's children are looked at first. All of ``/proc`` is searched only if the child is not among them: some
    kernels list no children (``CONFIG_PROC_CHILDREN``), and a list may leave out one child when another ends meanwhile.
    """
    candidates = chain(_listed_children(parent), _all_pids())
    return next((pid for pid in candidates if _is_child(pid, inner_pid, parent)), None)


def _listed_children(parent: int) -> list[int]:
    """Return the children that the kernel lists for a process (proc(5), ``/proc/PID/task/TID/children``).

    Each thread has a list of its own, of the children that it forked or took over from a thread that ended.
    """
    pids: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{parent}/task").iterdir():
            with suppress(OSError):  # a thread may end meanwhile
                pids += map(int, (thread / "children").read_bytes().split())
    return sorted(pids)


def _all_pids() -> Iterator[int]:
    """Yield the pids of all processes; ``/proc`` is not listed before the first one is asked for."""
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    yield from pids


def _is_child(pid: int, inner_pid: int, parent: int) -> bool:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    fields = dict(line.split(":", 1) for line in lines if line.startswith(("PPid:", "NSpid:")))
    return fields.get("PPid", "").strip() == str(parent) and fields.get("NSpid", "").split()[-1:] == [str(inner_pid)]
