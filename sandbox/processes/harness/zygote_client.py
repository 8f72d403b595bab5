"""A harness's connection to its zygote, which forks solution processes and reports their exit."""

from __future__ import annotations

import posix
import select
from typing import TYPE_CHECKING, NamedTuple

from sandbox.errors import ProcessLostError
from sandbox.wire.framing import receive_descriptors, send_descriptors
from sandbox.wire.liveness import CHECK_INTERVAL_S, Liveness
from sandbox.wire.zygote_protocol import END, FORK, ExitInfo

if TYPE_CHECKING:
    import _socket
    import socket
    from collections.abc import Sequence

__all__ = ["ZygoteClient", "Zygotes"]


class Zygotes(NamedTuple):
    """The zygotes that a harness can have solution processes forked by."""

    large: ZygoteClient
    """The harness's own, with all modules that answers may import."""
    small: ZygoteClient
    """The small zygote (`sandbox.processes.small_zygote`)."""

    @property
    def lost(self) -> bool:
        """True if one of them is gone."""
        return self.large.lost or self.small.lost


class ZygoteClient:
    """Sends requests to the zygote, and waits for replies while the zygote is at work.

    Every method raises `ProcessLostError` once the zygote is gone. Test code may swallow that, so `lost` records it.

    Args:
        channel: socket to it.
        zygote: its pid; ``None`` if it is the parent of this process.
    """

    def __init__(self, channel: socket.socket, zygote: int | None = None) -> None:
        self.lost = False
        """True if the zygote is gone. Failures from then on are no fault of the answer."""
        self._channel = channel
        self._pid = 0
        # Now: a child that inherits this object has another parent.
        self._zygote = posix.getppid() if zygote is None else zygote
        self._poller = select.poll()
        self._poller.register(channel.fileno(), select.POLLIN)

    def fileno(self) -> int:
        """Return a descriptor that hangs up when the zygote ends."""
        return self._channel.fileno()

    def fork(self, channel: _socket.socket) -> None:
        """Have a solution process forked that serves ``channel``. One at a time: the one before was ended."""
        self._pid = 0
        self._send(FORK, [channel.fileno()])

    @property
    def pid(self) -> int:
        """Pid of the process that was forked last."""
        # Read when it is needed. Most processes are done by then, and nobody has waited for the reply.
        if not self._pid:
            self._pid = int(self._next_message()[1:])
        return self._pid

    def end(self) -> ExitInfo:
        """Kill the process that was forked last, unless it has ended, and wait until it is gone."""
        self._send(END + b"%d" % self.pid)
        message = self._next_message()
        if len(message) == 1:  # it is not known, so neither is what is left of it
            raise self.hung_up()
        return ExitInfo.unpack(message[1:])

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
