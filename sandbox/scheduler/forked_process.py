"""A process that a zygote has forked, as the ordering side holds it."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError
from sandbox.scheduler.loop import readable, writable
from sandbox.wire.framing import HEADER_BYTES, frame, frame_length
from sandbox.wire.liveness import Liveness
from sandbox.wire.procfs import find_child

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

__all__ = ["ForkedProcess", "ready"]

_CHUNK = 1 << 18
_MAX_REPLY_BYTES = 64 << 20


class ForkedProcess:
    """A process that serves one channel. Who waits for it watches it, too: see `sandbox.wire.liveness`."""

    def __init__(self, inner_pid: int, channel: socket.socket, *, parent: int | None = None) -> None:
        self.inner_pid = inner_pid
        """The process as its zygote counts, which may have a pid namespace of its own."""
        self._channel = channel
        self._pid = inner_pid if parent is None else partial(find_child, inner_pid, parent)

    @property
    def pid(self) -> int | None:
        """The process as this one counts; ``None`` where processes are hidden."""
        return self._pid if isinstance(self._pid, int) else self._pid()

    async def wait_readable(self, deadline: float) -> bool:
        """Wait for a message to begin, or the worker to end; whether that was before the deadline."""
        return await readable(self._channel.fileno(), deadline)

    async def send(self, payload: bytes, deadline: float) -> None:
        """Send one message.

        Raises:
            ProcessLostError: the worker is gone, or does not take it before the deadline (`time.monotonic`).
        """
        view = memoryview(frame(payload))
        liveness = Liveness(self._pid)
        while view:
            try:
                view = view[self._channel.send(view) :]
            except BlockingIOError:
                if not await ready(writable, self._channel, deadline, liveness):
                    raise ProcessLostError("a worker takes no messages") from None
            except OSError as error:
                raise ProcessLostError(f"a worker is gone: {error.strerror}") from None

    async def receive(
        self, deadline: float, *, cpu_s: float = math.inf, on_check: Callable[[], None] | None = None
    ) -> bytes | None:
        """Receive one message; ``None`` when none is whole by the deadline, which leaves the worker useless.

        Args:
            deadline: when to give up (`time.monotonic`).
            cpu_s: CPU seconds the worker may spend on it.
            on_check: called whenever the worker was looked at and nothing is wrong with it.

        Raises:
            ProcessSpentError: it has spent them.
            ProcessLostError: the worker is gone.
        """
        data, size = bytearray(), None
        liveness = Liveness(self._pid, cpu_s=cpu_s)
        while size is None or len(data) < size:
            if not await ready(readable, self._channel, deadline, liveness, on_check):
                return None
            try:
                want = HEADER_BYTES - len(data) if size is None else min(size - len(data), _CHUNK)
                chunk = self._channel.recv(want)
            except BlockingIOError:
                continue
            except OSError as error:
                raise ProcessLostError(f"a worker is gone: {error.strerror}") from None
            if not chunk:
                raise ProcessLostError("a worker died")
            data += chunk
            if size is None and len(data) == HEADER_BYTES:
                size = HEADER_BYTES + frame_length(data)
                if size > _MAX_REPLY_BYTES:
                    raise ProcessLostError("a worker's message is too large")
        return bytes(memoryview(data)[HEADER_BYTES:])

    def close(self) -> None:
        """Hang up."""
        self._channel.close()


async def ready(
    event: Callable[[int, float], Awaitable[bool]],
    channel: socket.socket,
    deadline: float,
    liveness: Liveness,
    on_check: Callable[[], None] | None = None,
) -> bool:
    """Wait for an event at the near end of a channel, and keep an eye on who is at the far end.

    Returns:
        Whether it came before the deadline.

    Raises:
        ProcessLostError: nobody is there who could bring it about.
    """
    while not await event(channel.fileno(), min(deadline, time.monotonic() + liveness.pause_s)):
        if time.monotonic() >= deadline:
            return False
        liveness.check()
        if on_check is not None:
            on_check()
    return True
