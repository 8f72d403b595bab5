"""Lowers the priority of answers that take long, so that those which wait are graded first.

A slow answer is neither killed nor paused: it keeps its limits, and its verdict must not depend on what else is graded.
It only runs on beside the others, with a smaller share of the CPU, while a spare executor takes its place.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.scheduler.renice import set_niceness
from sandbox.wire.procfs import autogroup_file, children, cpu_seconds, process_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["SLOW_AFTER_S", "PriorityControl"]

SLOW_AFTER_S = 0.03
"""Seconds of CPU time that hardly any honest answer needs; also the seconds between checks until one has used them."""
_LONGEST_INTERVAL_S = 0.25
_ASLEEP_AFTER_S = 0.3
"""Seconds of sleep after which an answer counts as slow. On a busy host an answer may wait as long for a harness that
itself waits for a CPU, and must not be made to wait longer for that."""
_LOW_NICENESS = 10
"""Niceness at which a process gets about a tenth of a CPU that it shares with another one (sched(7)). Niceness 19 made
the others no faster, and on a host that is busy with other work the answer would hardly run at all."""


class PriorityControl:
    """Watches the children of one zygote, and lowers the priority of a slow answer while others want its CPU.

    Args:
        zygote: its pid.
        harness: the pid of the child that runs no answer; ``None`` where processes are hidden. What it and its children
            use counts, too: they work on what the answer returned.
        others_first: called at each check of a slow answer; returns whether others are to go first now.
        small: pid of the child that is a small zygote; ``None`` if there is none, or where processes are hidden.
    """

    def __init__(
        self, zygote: int, harness: int | None, others_first: Callable[[], bool], *, small: int | None = None
    ) -> None:
        self._zygote = zygote
        self._small = small
        self._harness = harness
        self._others_first = others_first
        self._autogroup = autogroup_file(zygote)
        self._harness_cpu_s = (cpu_seconds(harness) or 0.0) if harness is not None else 0.0
        """CPU seconds that the harness has used for earlier answers."""
        self._sleeping: dict[int, tuple[float, float]] = {}
        """By pid of each process that slept at the last check, its CPU seconds and the time when they last changed."""
        self._used_cpu = self._is_slow = False
        self.pause_s = SLOW_AFTER_S
        """Seconds until the next check is worth while. They grow, because each check takes CPU time from the others."""
        self._niceness = self._group_niceness = 0

    def check(self) -> None:
        """Check the answers, and set their priority.

        An answer is slow when it has used `SLOW_AFTER_S` or slept for `_ASLEEP_AFTER_S`. Only the former lowers its
        priority: one that sleeps takes nothing from the others, and should not be late when it wakes up.
        """
        solutions = self._solutions()
        # Not the harness itself, which serves the next answer, too.
        testers = children(self._harness) if self._harness is not None else []
        self._measure(solutions, testers)
        if self._used_cpu:
            self.pause_s = min(2 * self.pause_s, _LONGEST_INTERVAL_S)
        if self._is_slow:
            others_first = self._others_first()
            self._set_niceness([*solutions, *testers], _LOW_NICENESS if others_first and self._used_cpu else 0)

    def end(self) -> bool:
        """Give the next answer of this zygote its normal priority.

        Returns:
            True if that is done; if False, this must be called again later.
        """
        self._set_niceness([], 0)
        return not self._group_niceness

    def _measure(self, solutions: Sequence[int], testers: Sequence[int]) -> None:
        now, before = time.monotonic(), self._sleeping
        used_s = {pid: cpu_seconds(pid) or 0.0 for pid in solutions}
        self._sleeping = {}
        for pid, seconds in used_s.items():
            if process_state(pid) == "S":
                seconds_before, since = before.get(pid, (-1.0, now))
                # Asleep at two checks is not asleep in between; only a CPU clock that stood still shows that.
                self._sleeping[pid] = seconds, since if seconds_before == seconds else now
        # Only an answer's sleep counts: those that test it sleep while they wait for it.
        used_s |= {pid: cpu_seconds(pid) or 0.0 for pid in testers}
        if self._harness is not None:
            used_s[self._harness] = (cpu_seconds(self._harness) or 0.0) - self._harness_cpu_s
        self._used_cpu = self._used_cpu or any(seconds >= SLOW_AFTER_S for seconds in used_s.values())
        slept = any(now - since >= _ASLEEP_AFTER_S for _, since in self._sleeping.values())
        self._is_slow = self._is_slow or self._used_cpu or slept

    def _set_niceness(self, pids: Sequence[int], niceness: int) -> None:
        """Set the niceness of processes and of their session, where that is allowed."""
        # Where autogrouping is on, the kernel divides the CPU between sessions first (sched(7), "The autogroup
        # feature"). A process's niceness then means nothing to the other executors, so the session's is set, too.
        if niceness != self._group_niceness:
            self._set_group_niceness(niceness)
        if niceness or self._niceness:
            for pid in pids:
                with suppress(OSError):  # it has ended, or the user may not raise a priority again
                    set_niceness(pid, niceness)
        self._niceness = niceness

    def _set_group_niceness(self, niceness: int) -> None:
        try:
            self._autogroup.write_text(str(niceness))
        except BlockingIOError:
            return  # EAGAIN: without privileges the kernel takes one change in a tenth of a second
        except OSError:  # this kernel has no autogroups, or the zygote is gone
            self._group_niceness = 0
        else:
            self._group_niceness = niceness

    def _solutions(self) -> list[int]:
        # A zygote has one thread, so that thread's list has all of its children.
        listed = children(self._zygote) + (children(self._small) if self._small is not None else [])
        return [pid for pid in listed if pid not in {self._harness, self._small}]
