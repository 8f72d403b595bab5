"""An event loop over descriptors, for coroutines that wait for processes.

It is smaller and cheaper than asyncio, which could not be used anyway: a trainer may already run an asyncio loop in the
thread that asks for grades, and asyncio refuses a second one there.
"""

from __future__ import annotations

import os
import select
import time
import types
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterable, Sequence

__all__ = ["Future", "Lock", "Loop", "Pool", "pause", "readable", "writable"]

T = TypeVar("T")
_LONGEST_WAIT_S = 3600.0
"""poll(2) takes milliseconds as a C int, and deadlines may be infinite."""


class Future(Generic[T]):
    """A value that is there later. Awaiting it returns the value, or raises the error it has failed with."""

    __slots__ = ("_error", "_value", "_waiters", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._waiters: list[_Task] = []

    def set(self, value: T) -> None:
        """Set the value, unless the future is done."""
        self._finish(value, None)

    def fail(self, error: BaseException) -> None:
        """Make awaiting it raise, unless the future is done."""
        self._finish(None, error)

    def _finish(self, value: T | None, error: BaseException | None) -> None:
        if self.done:
            return
        self.done, self._value, self._error = True, value, error
        for task in self._waiters:
            task.loop.make_ready(task, value=True)
        self._waiters.clear()

    def park(self, task: _Task) -> None:
        """Resume the task when the value is there. For `Loop`."""
        self._waiters.append(task)

    def outcome(self) -> T:
        """Return the value of a future that is done, or raise what it has failed with."""
        assert self.done
        if self._error is not None:
            raise self._error
        return cast("T", self._value)

    def __await__(self) -> Generator[Any, Any, T]:
        if not self.done:
            yield self
        return self.outcome()


class Pool(Generic[T]):
    """Items that one coroutine uses at a time, handed out first come, first served."""

    def __init__(self, items: Iterable[T]) -> None:
        self._free = deque(items)
        self._waiting: deque[Future[T]] = deque()

    async def acquire(self) -> T:
        """Wait for an item."""
        if self._free:
            return self._free.popleft()
        future: Future[T] = Future()
        self._waiting.append(future)
        return await future

    def release(self, item: T) -> None:
        """Hand an item to the coroutine that has waited longest."""
        if self._waiting:
            # Not through the free items: a coroutine that comes before the waiting one resumes would take it.
            self._waiting.popleft().set(item)
        else:
            # To the front: the item used last has its processes running, and its memory in the caches.
            self._free.appendleft(item)


class Lock:
    """A lock for coroutines, used as ``async with lock:``."""

    def __init__(self) -> None:
        self._pool = Pool([None])

    async def __aenter__(self) -> None:
        await self._pool.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._pool.release(None)


class _Wait:
    """Request to the loop to go on when the descriptor is ready, or when the deadline has passed."""

    __slots__ = ("deadline", "descriptor", "event")

    def __init__(self, descriptor: int, event: int, deadline: float) -> None:
        self.descriptor, self.event, self.deadline = descriptor, event, deadline


@types.coroutine
def readable(descriptor: int, deadline: float) -> Generator[_Wait, bool, bool]:
    """Wait until the descriptor is readable; return True if that was before the deadline (`time.monotonic`)."""
    return (yield _Wait(descriptor, select.POLLIN, deadline))


@types.coroutine
def writable(descriptor: int, deadline: float) -> Generator[_Wait, bool, bool]:
    """Wait until the descriptor is writable; return True if that was before the deadline (`time.monotonic`)."""
    return (yield _Wait(descriptor, select.POLLOUT, deadline))


async def pause(seconds: float) -> None:
    """Let the other coroutines go on for a time."""
    descriptor = os.eventfd(0)  # nothing ever happens there
    try:
        await readable(descriptor, time.monotonic() + seconds)
    finally:
        os.close(descriptor)


class _Task:
    __slots__ = ("coroutine", "loop", "result", "started")

    def __init__(self, loop: Loop, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.loop = loop
        self.coroutine = coroutine
        self.result: Future[Any] = Future()
        self.started = False


class Loop:
    """Runs coroutines until those it was given are done."""

    def __init__(self) -> None:
        self._ready: deque[tuple[_Task, bool]] = deque()
        self._poller = select.poll()
        self._waiting: dict[int, tuple[_Task, float]] = {}
        """By descriptor, the one task that waits for it, and its deadline."""
        self._unfinished: set[_Task] = set()
        self._emitted: deque[Any] = deque()

    def run(self, coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """Run coroutines side by side until all are done.

        Coroutines that these have spawned and not awaited may be unfinished by then. They go on in the next call.

        Returns:
            Their results, in order.

        Raises:
            BaseException: the first error, in order.
        """
        futures = self.spawn_all(coroutines)
        for _ in self.run_iter(futures):
            pass
        return [future.outcome() for future in futures]

    def run_iter(self, futures: Sequence[Future[T]]) -> Generator[Any, None, list[T]]:
        """Run until these futures are done; yield what coroutines emit, whenever all of them wait.

        Returns:
            The results of the futures, in order.

        Raises:
            BaseException: the first error, in order.
        """
        self._emitted.clear()  # of a run whose caller stopped early
        self._advance_ready()
        while not all(future.done for future in futures):
            while self._emitted:
                yield self._emitted.popleft()
            self._wait()
            self._advance_ready()
        while self._emitted:
            yield self._emitted.popleft()
        return [future.outcome() for future in futures]

    def emit(self, item: Any) -> None:
        """Have `run_iter` yield an item."""
        self._emitted.append(item)

    def close(self) -> None:
        """Close every coroutine that has not ended, so that its ``finally`` clauses run now and not at some later time.

        Left to the garbage collector, they would give back what they hold to pools that have been made since.
        """
        while self._unfinished:
            self._unfinished.pop().coroutine.close()

    def spawn_all(self, coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[Future[T]]:
        """Start several coroutines."""
        return [self.spawn(coroutine) for coroutine in coroutines]

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start one more coroutine, beside those that run."""
        task = _Task(self, coroutine)
        self._unfinished.add(task)
        self._ready.append((task, True))
        return task.result

    def make_ready(self, task: _Task, *, value: bool) -> None:
        """Resume a parked task at the next step. For `Future`."""
        self._ready.append((task, value))

    def _advance_ready(self) -> None:
        while self._ready:
            self._advance(*self._ready.popleft())

    def _wait(self) -> None:
        assert self._waiting, "every task waits for another"
        earliest = min(deadline for _, deadline in self._waiting.values())
        timeout_s = min(max(0.0, earliest - time.monotonic()), _LONGEST_WAIT_S)
        for descriptor, _ in self._poller.poll(timeout_s * 1000):
            self._wake(descriptor, ready=True)
        # After the events: a descriptor that became ready just before its deadline counts as ready.
        now = time.monotonic()
        for descriptor in [descriptor for descriptor, (_, deadline) in self._waiting.items() if deadline <= now]:
            self._wake(descriptor, ready=False)

    def _wake(self, descriptor: int, *, ready: bool) -> None:
        self._poller.unregister(descriptor)
        task, _ = self._waiting.pop(descriptor)
        self._ready.append((task, ready))

    def _advance(self, task: _Task, value: bool) -> None:  # noqa: FBT001 - what the coroutine is sent
        try:
            # A coroutine that has not started takes nothing but None.
            wait = task.coroutine.send(value if task.started else None)
        except StopIteration as end:
            self._unfinished.discard(task)
            task.result.set(end.value)
            return
        except (KeyboardInterrupt, SystemExit):
            raise  # for the caller of the loop, and at once
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            self._unfinished.discard(task)
            task.result.fail(error)
            return
        task.started = True
        if isinstance(wait, Future):
            wait.park(task)
        else:
            assert wait.descriptor not in self._waiting, "two tasks wait for one descriptor"
            self._waiting[wait.descriptor] = (task, wait.deadline)
            self._poller.register(wait.descriptor, wait.event)
