"""A harmless answer, served in the process that is forked for real ones.

The interpreter adapts code to what it does (PEP 659) and remembers what it has looked up. A child that did so anew
would have to copy each page where that is noted.
"""

from __future__ import annotations

import _socket
import os
from socket import SHUT_WR, socketpair
from typing import TYPE_CHECKING, Protocol

from sandbox.channel import frame, send_descriptors
from sandbox.processes.calls import Errand
from sandbox.processes.ground import stand
from sandbox.processes.protocol import CALL, LOAD, LoadSettings
from sandbox.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.calls import Work

__all__ = ["hold"]

_TIMES = 12
_SOURCE = """
import math


def answer(*numbers):
    total = 0
    for number in numbers:
        total += math.floor(number)
    return [total, str(total)]
"""
_REQUESTS = ([CALL, "answer", [1, 2, 3.5], {}], [CALL, "answer", [4, True], {}], [CALL, "answer", ["five"], {}])


class Served(Protocol):
    """A solution process's program."""

    def begin(self, link: _socket.socket) -> list[int]:
        """Take its first message; returns the descriptors that came with it."""

    def load_and_listen(self) -> Work:
        """Load the answer, and do what is asked until the examiner hangs up."""


def hold(make: Callable[[int], Served]) -> None:
    """Serve the answer some times.

    Args:
        make: the program for a channel.
    """
    settings = LoadSettings(_SOURCE, names=("answer",))
    for _ in range(_TIMES):
        ours, theirs = socketpair()
        with ours:
            send_descriptors(ours, frame(encode([LOAD, list(settings)])), [ours.fileno()] * 3)
            channel = theirs.detach()
            served = make(channel)
            for descriptor in served.begin(_socket.socket(fileno=channel)):
                os.close(descriptor)
            ours.sendall(b"".join(frame(encode(request)) for request in _REQUESTS * 2))
            ours.shutdown(SHUT_WR)
            stand(Errand(served.load_and_listen()).take)
            os.close(channel)
