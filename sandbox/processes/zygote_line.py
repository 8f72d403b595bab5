"""An examiner's line to its zygote: where solution processes come from, and who tells of their end."""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.channel import receive_descriptors, send_descriptors
from sandbox.errors import ProcessLostError
from sandbox.processes.zygote_messages import EXIT_FORMAT
from sandbox.vigil import LOOK_S, Vigil

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

__all__ = ["Ending", "ZygoteLine"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended."""

    status: int
    """Wait status, as in wait(2)."""
    cpu_s: float
    """CPU seconds it has used in all."""
    peak_mb: float
    """Its largest resident memory, in MiB."""


class ZygoteLine:
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
        self._tell(b"F", [channel.fileno()])
        while True:
            message = self._notice()
            if message[:1] == b"P":
                return int(message[1:])

    def end(self, pid: int) -> Ending:
        """Kill a process it has forked, and wait until that is gone."""
        self._tell(b"K%d" % pid)
        while True:
            message = self._notice()
            if message[:1] == b"X":
                _, ended, status, cpu_us, peak_kb = EXIT_FORMAT.unpack(message)
                if ended == pid:
                    return Ending(status, cpu_us / 1e6, peak_kb / 1024)

    def hung_up(self, why: str = "is gone") -> ProcessLostError:
        """Take note that the zygote is lost; the error to raise."""
        self.lost = True
        return ProcessLostError(f"a zygote {why}")

    def _tell(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            send_descriptors(self._channel, message, descriptors)
        except OSError:
            raise self.hung_up() from None

    def _notice(self) -> bytes:
        vigil: Vigil | None = None
        while not self._poller.poll(LOOK_S * 1000):
            vigil = vigil or Vigil(os.getppid())
            if why := vigil.look():
                raise self.hung_up(why)
        try:
            message, _ = receive_descriptors(self._channel, 64, 0)
        except OSError:
            message = b""
        if not message:
            raise self.hung_up()
        return message
