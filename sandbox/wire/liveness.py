"""Liveness checks for our child processes, based on ``/proc`` state and CPU time instead of timeouts.

A timeout long enough for the busiest host would notice a stuck process far too late, and a shorter one would give up
processes that only wait for a CPU.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError, ProcessSpentError
from sandbox.wire.procfs import cpu_seconds, process_state

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHECK_INTERVAL_S", "Liveness"]

CHECK_INTERVAL_S = 1.0
"""Seconds between two checks of a process that is waited for. A process of ours that itself waits for another wakes up
as often, uses a little CPU time by that, and so differs from one that is stuck."""
_LOST_CHECKS = 2
_IDLE_CHECKS = 30
_SHORTEST_INTERVAL_S = 0.01
_LOST_STATES = {"T": "is stopped", "t": "is being traced", "Z": "has died", "X": "has died", "": "has died"}


class Liveness:
    """Checks one process while another waits for it, and raises when the process counts as lost.

    Lost is a process that is stopped or gone at two checks in a row, one that slept and used no CPU time through
    thirty of them, and one that has used up its CPU seconds. A busy host makes no process lost: the kernel reports one
    that waits for a CPU as running (R), and one that waits for a disk (D) is left alone, too.

    Args:
        pid: the process; or a function that finds it, called at the first check.
        cpu_s: CPU seconds it may use from now on, or from the first check on if it must be found.
    """

    __slots__ = ("_cpu_end_s", "_cpu_s", "_find", "_idle", "_lost_checks", "_pid", "pause_s")

    def __init__(self, pid: int | Callable[[], int | None], *, cpu_s: float = math.inf) -> None:
        self._pid: int | None = None
        self._find = None if isinstance(pid, int) else pid
        self._cpu_s = 0.0
        self._cpu_end_s = cpu_s
        self._idle = self._lost_checks = 0
        self.pause_s = min(cpu_s, CHECK_INTERVAL_S)
        """Seconds from the last check until the next one is worth while."""
        if isinstance(pid, int):
            self._begin(pid)

    def check(self) -> None:
        """Check the process.

        Raises:
            ProcessSpentError: it has used up its CPU seconds.
            ProcessLostError: it is lost for another reason.
        """
        if self._pid is None and self._find is not None and (found := self._find()) is not None:
            self._begin(found)
        if self._pid is None:
            return  # some hosts hide processes (proc(5), hidepid), which then can only be waited for
        state, used_s = process_state(self._pid), cpu_seconds(self._pid)
        # Two checks in a row: one may fall between SIGSTOP and SIGCONT of a debugger or a host that suspends. An empty
        # state alone proves nothing where processes are hidden; the CPU clock must be gone as well.
        self._lost_checks = self._lost_checks + 1 if state in _LOST_STATES and (state or used_s is None) else 0
        if self._lost_checks >= _LOST_CHECKS:
            raise ProcessLostError(f"a process of the sandbox {_LOST_STATES[state]}")
        before_s, self._cpu_s = self._cpu_s, used_s or 0.0
        if self._cpu_s >= self._cpu_end_s:
            raise ProcessSpentError("a process of the sandbox has used up its CPU seconds")
        # The CPU clock has to stand still to the nanosecond: whatever woke up in between was not stuck.
        self._idle = self._idle + 1 if state == "S" and self._cpu_s == before_s else 0
        if self._idle >= _IDLE_CHECKS:
            raise ProcessLostError("a process of the sandbox hangs")
        self.pause_s = min(CHECK_INTERVAL_S, max(_SHORTEST_INTERVAL_S, self._cpu_end_s - self._cpu_s))

    def _begin(self, pid: int) -> None:
        self._pid = pid
        if math.isfinite(self._cpu_end_s):
            self._cpu_s = cpu_seconds(pid) or 0.0
            self._cpu_end_s += self._cpu_s
