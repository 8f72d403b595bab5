"""An event loop for asyncio that needs no descriptor, and the answer's coroutines that run in it.

The standard loop opens an epoll instance, and a pair of sockets by which other threads wake it. A solution process can
open neither (``RLIMIT_NOFILE``). What harmless programs do with asyncio (tasks, sleep, queues, threads) needs neither.
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
    """Replacement for a selector that has no descriptors: it waits until it is woken, or until a timeout."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._lock.acquire()

    def select(self, timeout: float | None = None) -> list[Any]:
        """Wait, and return no events: no descriptor is ever ready."""
        if timeout is None:
            self._lock.acquire()
        elif timeout > 0:
            self._lock.acquire(timeout=timeout)
        return []

    def wake(self) -> None:
        """End the present wait, or the next one."""
        if self._lock.locked():
            self._lock.release()

    def get_map(self) -> dict[Any, Any]:
        """Return an empty mapping: no descriptor is registered."""
        return {}

    def get_key(self, fileobj: Any) -> NoReturn:
        """Raise `KeyError`: no descriptor is registered."""
        raise KeyError(fileobj)

    def register(self, fileobj: Any, events: int, data: Any = None) -> NoReturn:  # noqa: ARG002 - a selector's signature
        """Refuse a descriptor."""
        raise OSError("descriptors cannot be waited for in the sandbox")

    unregister = modify = register

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


class DescriptorFreeEventLoop(asyncio.SelectorEventLoop):
    """The usual event loop, without the descriptors."""

    def __init__(self, selector: Any = None) -> None:  # noqa: ARG002 - the usual loop's signature
        self._waker = _Waker()
        super().__init__(self._waker)  # type: ignore[arg-type]  # it has all of a selector that the loop uses

    def _make_self_pipe(self) -> None:
        """Do nothing: the waker replaces the pair of sockets."""

    def _close_self_pipe(self) -> None:
        """Do nothing."""

    def _write_to_self(self) -> None:
        self._waker.wake()


def install_event_loop() -> None:
    """Make asyncio use `DescriptorFreeEventLoop` in this process and its children."""
    for module in (asyncio, unix_events):
        for name in ("SelectorEventLoop", "EventLoop"):
            if hasattr(module, name):
                setattr(module, name, DescriptorFreeEventLoop)
    policy: Any = getattr(unix_events, "_UnixDefaultEventLoopPolicy", None) or unix_events._DefaultEventLoopPolicy  # type: ignore[attr-defined]  # its name before 3.14
    policy._loop_factory = DescriptorFreeEventLoop


class Coroutines:
    """Runs awaitables that test code awaits. All run in one loop, so those that were started together run together."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Future[Any]] = {}

    def start(self, awaitable: Any) -> Steps:
        """Schedule an awaitable. It begins to run in the next `finish`, whichever awaitable that is for."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        if id(awaitable) not in self._tasks:
            self._tasks[id(awaitable)] = yield call(asyncio.ensure_future, awaitable, loop=self._loop)

    def finish(self, awaitable: Any) -> Steps:
        """Run the loop until an awaitable is done, and return its result."""
        yield from self.start(awaitable)
        assert self._loop is not None
        result = yield call(self._loop.run_until_complete, self._tasks.pop(id(awaitable)))
        return result
