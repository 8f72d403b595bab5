"""A harness's connection to its zygote, which forks solution processes and reports their exit."""

from __future__ import annotations

import posix
import select
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError
from sandbox.wire.framing import receive_descriptors, send_descriptors
from sandbox.wire.liveness import CHECK_INTERVAL_S, Liveness
from sandbox.wire.zygote_protocol import EXITED, FORK, FORKED, KILL, ExitInfo

if TYPE_CHECKING:
    import _socket
    import socket
    from collections.abc import Sequence

__all__ = ["ZygoteClient"]


class ZygoteClient:
    """Sends requests to the zygote, and waits for replies while the zygote is at work.

    Every method raises `ProcessLostError` once the zygote is gone. Test code may swallow that, so `lost` records it.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.lost = False
        """True if the zygote is gone. Failures from then on are no fault of the answer."""
        self._channel = channel
        self._zygote = posix.getppid()  # now: a child that inherits this object has another parent
        self._poller = select.poll()
        self._poller.register(channel.fileno(), select.POLLIN)

    def fileno(self) -> int:
        """Return a descriptor that hangs up when the zygote ends."""
        return self._channel.fileno()

    def fork(self, channel: _socket.socket) -> int:
        """Have a solution process forked that serves ``channel``; return its pid."""
        self._send(FORK, [channel.fileno()])
        # Exits of other processes may be reported before the reply; they are of no interest any more.
        while True:
            message = self._next_message()
            if message[:1] == FORKED:
                return int(message[1:])

    def end(self, pid: int) -> ExitInfo:
        """Kill a process that the zygote has forked for this harness, and wait until it is gone."""
        self._send(KILL + b"%d" % pid)
        while True:
            message = self._next_message()
            if message[:1] == EXITED:
                exit_info = ExitInfo.unpack(message[1:])
                if exit_info.pid == pid:
                    return exit_info

    def hung_up(self) -> ProcessLostError:
        """Record that the zygote is gone, and return the error to raise."""
        self.lost = True
        return ProcessLostError("a zygote is gone")

    def _send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            send_descriptors(self._channel, message, descriptors)
        except OSError:
            raise self.hung_up() from None

    def _next_message(self) -> bytes:
        # No deadline: under load a fork may take any time. The wait ends when the socket hangs up, or when the zygote
        # makes no progress.
        liveness: Liveness | None = None
        while not self._poller.poll(CHECK_INTERVAL_S * 1000):
            liveness = liveness or Liveness(self._zygote)
            try:
                liveness.check()
            except ProcessLostError:
                self.lost = True
                raise
        try:
            message, _ = receive_descriptors(self._channel, 64, 0)
        except OSError:
            message = b""
        if not message:
            raise self.hung_up()
        return message
