"""A harness's connection to its zygote, which forks solution processes and reports their exit."""

from __future__ import annotations

import posix
import select
from typing import TYPE_CHECKING, NamedTuple

from sandbox.errors import ProcessLostError
from sandbox.wire.framing import receive_descriptors, send_descriptors
from sandbox.wire.liveness import CHECK_INTERVAL_S, Liveness
from sandbox.wire.zygote_protocol import DIED, END, ENDED, FORK, FORK_ONCE, FORKED, WHICH, ExitInfo

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
        watches: whether it can tell when a process has ended by itself (`sandbox.processes.child_ends`).
    """

    def __init__(self, channel: socket.socket, zygote: int | None = None, *, watches: bool = False) -> None:
        self.lost = False
        """True if the zygote is gone. Failures from then on are no fault of the answer."""
        self._channel = channel
        self._watches = watches
        self._pid = 0
        self._says_pid = False
        """True if the pid of the process that was forked last comes unasked."""
        self._exit_info: ExitInfo | None = None
        """Exit of that process if the zygote has reported it unasked."""
        # Now: a child that inherits this object has another parent.
        self._zygote = posix.getppid() if zygote is None else zygote
        self._poller = select.poll()
        self._poller.register(channel.fileno(), select.POLLIN)

    def fileno(self) -> int:
        """Return a descriptor that hangs up when the zygote ends."""
        return self._channel.fileno()

    def fork(self, channel: _socket.socket, *, once: bool = False) -> None:
        """Have a solution process forked that serves ``channel``. One at a time: the one before was ended.

        Args:
            channel: its end of the channel.
            once: whether it ends by itself, unless something goes wrong; then `wait_for_end` is told of that.
        """
        self._pid, self._exit_info = 0, None
        once = once and self._watches
        self._says_pid = not once
        self._send(FORK_ONCE if once else FORK, [channel.fileno()])

    @property
    def pid(self) -> int:
        """Pid of the process that was forked last."""
        # Read when it is needed. Most processes are done by then, and nobody has waited for the reply.
        if self._exit_info is not None:
            return self._exit_info.pid
        if not self._pid:
            if not self._says_pid:
                self._send(WHICH)
            self._pid = int(self._reply(FORKED)[1:])
        return self._pid

    @property
    def tells_of_ends(self) -> bool:
        """True if the zygote tells when the process that was forked last ends (`take_end`)."""
        return not self._says_pid

    @property
    def has_ended(self) -> bool:
        """True if the zygote has told that the process that was forked last has ended."""
        return self._exit_info is not None

    def take_end(self) -> None:
        """Receive the message that the process has ended, which has come."""
        assert not self._says_pid
        self._exit_info = ExitInfo.unpack(self._reply(DIED)[1:])

    def end(self) -> ExitInfo:
        """Kill the process that was forked last, unless it has ended, and wait until it is gone."""
        if self._exit_info is None:
            self._send(END)
            if self._says_pid and not self._pid:
                self._pid = int(self._reply(FORKED)[1:])
            message = self._reply(ENDED)
            if len(message) == 1:  # it is not known, so neither is what is left of it
                raise self.hung_up()
            self._exit_info = ExitInfo.unpack(message[1:])
        return self._exit_info

    def hung_up(self) -> ProcessLostError:
        """Record that the zygote is gone, and return the error to raise."""
        self.lost = True
        return ProcessLostError("a zygote is gone")

    def _send(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            send_descriptors(self._channel, message, descriptors)
        except OSError:
            raise self.hung_up() from None

    def _reply(self, kind: bytes) -> bytes:
        """Return the next message of a kind. One that the process has ended may come at any time before it."""
        message = self._next_message()
        while message[:1] != kind:
            if message[:1] != DIED:
                raise self.hung_up()
            message = self._next_message()
        return message

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
