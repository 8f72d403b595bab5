"""A process that a zygote has forked, as the scheduler sees it: a channel, and liveness checks."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError
from sandbox.scheduler.loop import readable, writable
from sandbox.wire.framing import BYTE_ORDER, HEADER_BYTES, frame
from sandbox.wire.liveness import Liveness
from sandbox.wire.procfs import find_child

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

__all__ = ["ForkedProcess", "wait_while_alive"]

_CHUNK = 1 << 18
_MAX_REPLY_BYTES = 64 << 20


class ForkedProcess:
    """A process that serves one channel. Its liveness (`sandbox.wire.liveness`) is checked whenever it is waited for.

    Args:
        inner_pid: pid of the process as its zygote counts.
        channel: non-blocking socket to the process.
        parent: pid of the zygote as the host counts, if that has a pid namespace of its own; else ``None``.
    """

    def __init__(self, inner_pid: int, channel: socket.socket, *, parent: int | None = None) -> None:
        self.inner_pid = inner_pid
        self._channel = channel
        # In a pid namespace the host's pid has to be searched for. Most jobs end before anything needs it.
        self._pid = inner_pid if parent is None else partial(find_child, inner_pid, parent)

    @property
    def pid(self) -> int | None:
        """Pid of the process as the host counts; ``None`` where processes are hidden."""
        return self._pid if isinstance(self._pid, int) else self._pid()

    async def wait_readable(self, deadline: float) -> bool:
        """Wait for a message to begin, or the process to end.

        Returns:
            True if that was before the deadline.
        """
        return await readable(self._channel.fileno(), deadline)

    async def send(self, payload: bytes, deadline: float) -> None:
        """Send one message.

        Raises:
            ProcessLostError: the process is gone, or does not take it before the deadline (`time.monotonic`).
        """
        view = memoryview(frame(payload))
        liveness: Liveness | None = None
        while view:
            try:
                view = view[self._channel.send(view) :]
            except BlockingIOError:
                if liveness is None:
                    liveness = Liveness(self._pid)
                if not await wait_while_alive(writable, self._channel, deadline, liveness):
                    raise ProcessLostError("a process of the sandbox takes no messages") from None
            except OSError as error:
                raise ProcessLostError(f"a process of the sandbox is gone: {error.strerror}") from None

    async def receive(
        self, deadline: float, *, cpu_s: float = math.inf, on_check: Callable[[], None] | None = None
    ) -> bytes | None:
        """Receive one message; ``None`` if none is complete by the deadline. The process cannot be used after that.

        Args:
            deadline: time at which to give up (`time.monotonic`).
            cpu_s: CPU seconds that the process may use for it.
            on_check: called after each liveness check that the process has passed.

        Raises:
            ProcessSpentError: it has used them up.
            ProcessLostError: the process is gone.
        """
        data, size = bytearray(), None
        liveness: Liveness | None = None
        while size is None or len(data) < size:
            try:
                # Read before waiting: the body is mostly there with its header, and each wait is a round of the loop
                # and a resumption of every coroutine above. Never read more than this message: what follows belongs
                # to the next call.
                missing = HEADER_BYTES - len(data) if size is None else min(size - len(data), _CHUNK)
                chunk = self._channel.recv(missing)
            except BlockingIOError:
                if liveness is None:
                    liveness = Liveness(self._pid, cpu_s=cpu_s)
                if not await wait_while_alive(readable, self._channel, deadline, liveness, on_check):
                    return None
                continue
            except OSError as error:
                raise ProcessLostError(f"a process of the sandbox is gone: {error.strerror}") from None
            if not chunk:
                raise ProcessLostError("a process of the sandbox died")
            data += chunk
            if size is None and len(data) == HEADER_BYTES:
                size = HEADER_BYTES + int.from_bytes(data, BYTE_ORDER)
                # An answer may fill what its harness reports. The grader's memory must not depend on it.
                if size > _MAX_REPLY_BYTES:
                    raise ProcessLostError("a message of a sandbox process is too large")
        return bytes(memoryview(data)[HEADER_BYTES:])

    def close(self) -> None:
        """Close the channel. The process ends by itself when it next waits for a message."""
        self._channel.close()


async def wait_while_alive(
    event: Callable[[int, float], Awaitable[bool]],
    channel: socket.socket,
    deadline: float,
    liveness: Liveness,
    on_check: Callable[[], None] | None = None,
) -> bool:
    """Wait for an event at the near end of a channel, and check the process at the far end meanwhile.

    Returns:
        True if the event came before the deadline.

    Raises:
        ProcessLostError: the process that could bring it about is lost.
    """
    while not await event(channel.fileno(), min(deadline, time.monotonic() + liveness.pause_s)):
        if time.monotonic() >= deadline:
            return False
        liveness.check()
        if on_check is not None:
            on_check()
    return True
