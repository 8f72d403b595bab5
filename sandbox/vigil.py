"""Whether a process of ours that somebody waits for is still at work: seen from outside, and held against no clock."""

from __future__ import annotations

from sandbox.clock import cpu_seconds

__all__ = ["LOOK_S", "Vigil", "state_of"]

LOOK_S = 1.0
"""Seconds between two looks at a process that is waited for. Whoever waits for another process wakes up as often, and
so can be told from one that is stuck."""
_ODD_LOOKS = 2
_IDLE_LOOKS = 30


class Vigil:
    """Looks at one process, once in `LOOK_S` seconds, and says when it counts as lost.

    Lost is a process that is stopped or gone at two looks in a row, and one that neither ran nor wanted to through
    thirty of them. A busy host makes nobody lost: what waits for a CPU is running in the eyes of the kernel, and what
    waits for a disk is left alone, too.
    """

    __slots__ = ("_cpu_s", "_idle", "_odd", "_pid")

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._cpu_s: float | None = None
        self._idle = self._odd = 0

    def look(self) -> str:
        """Why the process counts as lost; empty while nothing speaks against it."""
        state = state_of(self._pid)
        self._odd = self._odd + 1 if state in _ODD else 0
        if self._odd >= _ODD_LOOKS:
            return _ODD[state]
        cpu_s = cpu_seconds(self._pid)
        self._idle = self._idle + 1 if state == "S" and cpu_s == self._cpu_s else 0
        self._cpu_s = cpu_s
        return "hangs" if self._idle >= _IDLE_LOOKS else ""


_ODD = {"T": "is stopped", "t": "is being traced", "Z": "has died", "X": "has died", "": "has died"}


def state_of(pid: int) -> str:
    """The letter of a process's state (proc(5), ``/proc/PID/stat``, third field); empty when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
            return stat.read(1024).rpartition(b")")[2].split(None, 1)[0].decode()
    except (OSError, IndexError):
        return ""
