"""What the end of an answer's process says of the answer."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from sandbox.execution import SolutionStatus
from sandbox.processes.reply import Reply
from sandbox.walls import audit

if TYPE_CHECKING:
    from sandbox.ending import Ending

__all__ = ["last_words"]

_CPU_SLACK_S = 0.1
"""How much less than the limit a process may seem to have used that the kernel has killed for it."""


def last_words(ending: Ending, *, cpu_limit_s: float, had_closed: bool) -> Reply:
    """What came of a request whose process has hung up.

    Status ``memory`` means that somebody has killed it, as a host does that is out of memory.

    Args:
        ending: how it ended.
        cpu_limit_s: seconds of CPU time after which the kernel kills it.
        had_closed: it had hung up before it came to its end.
    """
    if os.WIFEXITED(ending.status):
        code = os.WEXITSTATUS(ending.status)
        if code == audit.EXIT_CODE:
            return Reply(SolutionStatus.POLICY, detail="a wall was touched")
        return Reply(SolutionStatus.EXITED, value=code, detail=f"ended its own process with code {code}")
    number = os.WTERMSIG(ending.status)
    name = signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"
    worn_out = number == signal.SIGKILL and ending.cpu_s >= cpu_limit_s - _CPU_SLACK_S
    if number == signal.SIGXCPU or worn_out:
        return Reply(SolutionStatus.TIMEOUT, detail="used up its time")
    if number != signal.SIGKILL:
        return Reply(SolutionStatus.CRASHED, detail=f"killed by {name}")
    if had_closed:
        return Reply(SolutionStatus.CRASHED, detail="closed the descriptors it is asked over")
    return Reply(SolutionStatus.MEMORY, detail="killed by the host, as a process out of memory is")
