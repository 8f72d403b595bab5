"""Answers that take long let the others go first: they run on, at a lower priority."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.wire.liveness import cpu_seconds, process_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["SLOW_AFTER_S", "PriorityControl"]

SLOW_AFTER_S = 0.03
"""Seconds of CPU time that hardly any honest answer needs, and seconds from one look to the next until one has."""
_LONGEST_INTERVAL_S = 0.25
_ASLEEP_AFTER_S = 0.3
"""Seconds; on a busy host an answer may wait as long for an examiner that waits for a CPU, and is not made to wait
longer for that."""
_LOW_NICENESS = 10
"""Of ten parts of a CPU that two processes want, one with this niceness gets one (sched(7)). Twice as much moved the
others no less, and an answer whose host is busy otherwise would take for ever."""


class PriorityControl:
    """Watches what one zygote's children do, and has an answer that takes long yield while others want its CPU.

    Args:
        zygote: its pid.
        harness: the pid of that child which runs no answer; ``None`` where processes are hidden.
        others: asked at each look at an answer that takes long whether others are to go first now.
    """

    def __init__(self, zygote: int, harness: int | None, others: Callable[[], bool]) -> None:
        self._zygote = zygote
        self._harness = harness
        self._others = others
        self._group = Path(f"/proc/{zygote}/autogroup")
        self._sleeping: dict[int, tuple[float, float]] = {}
        """Of those that slept at the last look: CPU seconds, and since when (`time.monotonic`) no more were used."""
        self._is_busy = self._is_slow = False
        self.pause_s = SLOW_AFTER_S
        """Until the next look is worth while: less and less is to be seen, and each look costs the others time."""
        self._niceness = self._group_niceness = 0

    def check(self) -> None:
        """Check the answers.

        One counts as long when it has used up `SLOW_AFTER_S`, which lowers its priority, or slept for
        `_ASLEEP_AFTER_S`.
        """
        answers = self._answers()
        self._judge(answers)
        if self._is_busy:
            self.pause_s = min(2 * self.pause_s, _LONGEST_INTERVAL_S)
        if self._is_slow:
            others = self._others()
            self._set_niceness(answers, _LOW_NICENESS if others and self._is_busy else 0)

    def end(self) -> bool:
        """Have the next answer run as others do; whether it will. If not, this is to be called again later."""
        self._set_niceness([], 0)
        return not self._group_niceness

    def _judge(self, answers: Sequence[int]) -> None:
        now, before = time.monotonic(), self._sleeping
        used = {pid: cpu_seconds(pid) or 0.0 for pid in answers}
        self._sleeping = {}
        for pid, seconds in used.items():
            if process_state(pid) == "S":
                seconds_then, since = before.get(pid, (-1.0, now))
                self._sleeping[pid] = seconds, since if seconds_then == seconds else now
        self._is_busy = self._is_busy or any(seconds >= SLOW_AFTER_S for seconds in used.values())
        slept = any(now - since >= _ASLEEP_AFTER_S for _, since in self._sleeping.values())
        self._is_slow = self._is_slow or self._is_busy or slept

    def _set_niceness(self, answers: Sequence[int], niceness: int) -> None:
        """Have the answers that there are now run at a lower priority, or as they did before, where that is allowed.

        Where each session has a share of the CPUs of its own (sched(7), *The autogroup feature*), a process's niceness
        means nothing to those of other sessions; so the zygote's session is made nice, too.
        """
        if niceness != self._group_niceness:
            self._set_group_niceness(niceness)
        if niceness or self._niceness:
            for pid in answers:
                with suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, pid, niceness)
        self._niceness = niceness

    def _set_group_niceness(self, niceness: int) -> None:
        try:
            self._group.write_text(str(niceness))
        except BlockingIOError:
            return  # who is not root may do it ten times a second
        except OSError:  # there are no such groups here, or the zygote is gone
            self._group_niceness = 0
        else:
            self._group_niceness = niceness

    def _answers(self) -> list[int]:
        try:
            listed = Path(f"/proc/{self._zygote}/task/{self._zygote}/children").read_text()
        except OSError:
            return []
        return [pid for pid in map(int, listed.split()) if pid != self._harness]
