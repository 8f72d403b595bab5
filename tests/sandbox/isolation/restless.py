"""Processes that try to outlive their parents; ``python restless.py MANNER TAG NAME`` or a zygote's role."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LIFE_S = 20.0
_SYSTEM = SimpleNamespace(_exit=os._exit, fork=os.fork, setsid=os.setsid, waitpid=os.waitpid, write=os.write)
"""A zygote takes these out of all modules, but not from here."""


def prepare(argument: str) -> Callable[[int], None]:
    """Return the program of a zygote's child: start a process that is to stay, report that, and end."""
    manner = argument.split(maxsplit=1)[0]

    def main(channel: int) -> None:
        leave_behind(manner)
        _SYSTEM.write(channel, b"\0\0\0\0")

    return main


def leave_behind(manner: str) -> None:
    """Start a process without a parent, in a session of its own; a ``racer`` forks on and on."""
    if (pid := _SYSTEM.fork()) != 0:
        _SYSTEM.waitpid(pid, 0)
        return
    with contextlib.suppress(OSError):
        _SYSTEM.setsid()
    if _SYSTEM.fork() != 0:
        _SYSTEM._exit(0)
    end = time.monotonic() + _LIFE_S
    while time.monotonic() < end:
        time.sleep(0.001)
        if manner == "racer":
            with contextlib.suppress(OSError):
                if _SYSTEM.fork() != 0:
                    time.sleep(0.005)
                    _SYSTEM._exit(0)
    _SYSTEM._exit(0)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_MSGQUEUE, (int(sys.argv[2]), int(sys.argv[2])))
    leave_behind(sys.argv[1])
