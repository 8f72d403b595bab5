"""An examiner's line to its zygote: where solution processes come from, and who tells of their end."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError
from sandbox.wire.framing import receive_descriptors, send_descriptors
from sandbox.wire.liveness import CHECK_INTERVAL_S, Liveness
from sandbox.wire.zygote_protocol import EXITED, FORK, FORKED, KILL, ExitInfo

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

__all__ = ["ZygoteClient"]


class ZygoteClient:
    """Asks the zygote, and waits for it no longer than it is at work.

    Every method raises `ProcessLostError` once the zygote is gone. Test code may swallow that, so `lost` says it, too.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.lost = False
        """The zygote is gone, and with it whatever is still asked: no fault of the answer's."""
        self._channel = channel
        self._poller = select.poll()
        self._poller.register(channel.fileno(), select.POLLIN)

    def fileno(self) -> int:
        """A descriptor that hangs up with the zygote."""
        return self._channel.fileno()

    def fork(self, channel: socket.socket) -> int:
        """Have a solution process forked that serves ``channel``; its pid."""
        self._tell(FORK, [channel.fileno()])
        while True:
            message = self._next_message()
            if message[:1] == FORKED:
                return int(message[1:])

    def end(self, pid: int) -> ExitInfo:
        """Kill a process it has forked, and wait until that is gone."""
        self._tell(KILL + b"%d" % pid)
        while True:
            message = self._next_message()
            if message[:1] == EXITED:
                ending = ExitInfo.unpack(message[1:])
                if ending.pid == pid:
                    return ending

    def hung_up(self) -> ProcessLostError:
        """Take note that the zygote is gone; the error to raise."""
        self.lost = True
        return ProcessLostError("a zygote is gone")

    def _tell(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            send_descriptors(self._channel, message, descriptors)
        except OSError:
            raise self.hung_up() from None

    def _next_message(self) -> bytes:
        liveness: Liveness | None = None
        while not self._poller.poll(CHECK_INTERVAL_S * 1000):
            liveness = liveness or Liveness(os.getppid())
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
