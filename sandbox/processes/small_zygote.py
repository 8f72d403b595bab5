"""The small zygote: a child of the zygote that forks the processes of answers which need few modules.

A fork copies the page tables of its parent, and the end of the child takes them down again (fork(2)). That takes time
for each page and each mapping, used or not: with all modules that an answer may import, and those of the tests,
about twice as much as with those that nearly all answers make do with. So a zygote forks a small one while it has no
other modules loaded yet. Harnesses choose (`sandbox.wire.small_modules`). An answer that imports another module
nevertheless ends its process by that, and is run again by the large zygote.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from sandbox.errors import ProcessLostError
from sandbox.wire.framing import send_descriptors
from sandbox.wire.zygote_protocol import ALL_KILLED, ATTACH, KILL

__all__ = ["SmallZygote", "fork_small_zygote"]

_READY = b"r"
small_pid = 0
"""Pid of the small zygote, set in the zygote, and read in its harnesses."""


class SmallZygote:
    """The small zygote, as its parent sees it.

    Args:
        pid: its pid.
        channel: socket to it.
    """

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel

    def wait_until_ready(self) -> None:
        """Wait until it is ready.

        Raises:
            ProcessLostError: something keeps it from starting.
        """
        message = self.channel.recv(1 << 12)
        if message != _READY:
            reason = message.removeprefix(_READY).decode("utf-8", "replace") or "it died"
            raise ProcessLostError(f"a small zygote cannot start: {reason}")

    def say_ready(self, error: str = "") -> None:
        """Tell the parent; called in the small zygote."""
        self.channel.send(_READY + error.encode("utf-8", "replace")[: 1 << 11])

    def attach(self, harness: int, forks: socket.socket) -> None:
        """Have it serve a harness, over its end of that socket, which is closed here."""
        with forks:
            send_descriptors(self.channel, ATTACH + b"%d" % harness, [forks.fileno()])

    def kill_all(self) -> None:
        """Have it kill all its children, and wait until they are gone."""
        self.channel.send(KILL)
        if self.channel.recv(16) != ALL_KILLED:
            os._exit(1)  # it is gone, and what is left of it ends with this process


def fork_small_zygote() -> SmallZygote:
    """Fork this process; return what either side has of the other: the pid is 0 in the small zygote."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        with suppress(OSError), open("/proc/self/comm", "w", encoding="utf-8") as name:  # for ps(1) and top(1)
            name.write("small zygote")
        return SmallZygote(0, theirs)
    theirs.close()
    global small_pid  # noqa: PLW0603 - harnesses are forked from this process
    small_pid = pid
    return SmallZygote(pid, ours)
