"""An event loop for asyncio that needs no descriptor, and the answer's coroutines that run in it.

The standard one opens an epoll and a pair of sockets just to be woken by other threads, which an answer's process
cannot. What harmless programs do with asyncio (tasks, sleep, queues, threads) needs neither; what they cannot do is
wait for descriptors, of which they can open none anyway.
"""

from __future__ import annotations

import _thread
import asyncio
from asyncio import unix_events
from typing import TYPE_CHECKING, Any, NoReturn

from sandbox.processes.solution.trampoline import call

if TYPE_CHECKING:
    from sandbox.processes.solution.trampoline import Steps

__all__ = ["Coroutines", "DescriptorFreeEventLoop", "install_event_loop"]


class _Waker:
    """In the place of a selector: waits for nothing but to be rung, or for the time to pass."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._lock.acquire()

    def select(self, timeout: float | None = None) -> list[Any]:
        """Wait; no descriptor is ever ready."""
        if timeout is None:
            self._lock.acquire()
        elif timeout > 0:
            self._lock.acquire(timeout=timeout)
        return []

    def ring(self) -> None:
        """End the wait, the present one or the next."""
        if self._lock.locked():
            self._lock.release()

    def get_map(self) -> dict[Any, Any]:
        """No descriptor is registered."""
        return {}

    def get_key(self, fileobj: Any) -> NoReturn:
        """No descriptor is registered."""
        raise KeyError(fileobj)

    def register(self, fileobj: Any, events: int, data: Any = None) -> NoReturn:  # noqa: ARG002 - a selector's signature
        """Refuse."""
        raise OSError("descriptors cannot be waited for in the sandbox")

    unregister = modify = register

    def close(self) -> None:
        """Nothing to close."""


class DescriptorFreeEventLoop(asyncio.SelectorEventLoop):
    """The usual event loop, without the descriptors."""

    def __init__(self, selector: Any = None) -> None:  # noqa: ARG002 - the usual loop's signature
        self._bell = _Waker()
        super().__init__(self._bell)  # type: ignore[arg-type]  # all of a selector that the loop uses

    def _make_self_pipe(self) -> None:
        """Nothing to make: the bell wakes the loop."""

    def _close_self_pipe(self) -> None:
        """Nothing was made."""

    def _write_to_self(self) -> None:
        self._bell.ring()


def install_event_loop() -> None:
    """Make asyncio use it, in this process and its children."""
    for module in (asyncio, unix_events):
        for name in ("SelectorEventLoop", "EventLoop"):
            if hasattr(module, name):
                setattr(module, name, DescriptorFreeEventLoop)
    policy: Any = getattr(unix_events, "_UnixDefaultEventLoopPolicy", None) or unix_events._DefaultEventLoopPolicy  # type: ignore[attr-defined]  # its name before 3.14
    policy._loop_factory = DescriptorFreeEventLoop


class Coroutines:
    """Runs what is awaited elsewhere. All of it runs in one loop, so what was started together goes on together."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Future[Any]] = {}

    def start(self, awaitable: Any) -> Steps:
        """Have it run from the next `finish` on, whichever that is for."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        if id(awaitable) not in self._tasks:
            self._tasks[id(awaitable)] = yield call(asyncio.ensure_future, awaitable, loop=self._loop)

    def finish(self, awaitable: Any) -> Steps:
        """What it returns."""
        yield from self.start(awaitable)
        assert self._loop is not None
        result = yield call(self._loop.run_until_complete, self._tasks.pop(id(awaitable)))
        return result
