"""An event loop over descriptors, for coroutines that wait for processes.

It is smaller and cheaper than asyncio, which could not be used anyway: a trainer may already run an asyncio loop in the
thread that asks for grades, and asyncio refuses a second one there.
"""

from __future__ import annotations

import heapq
import math
import os
import select
import time
import types
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterable, Sequence

__all__ = ["CancelledError", "Future", "Loop", "pause", "readable", "settled", "writable"]

T = TypeVar("T")
_LONGEST_WAIT_S = 3600.0
"""poll(2) takes milliseconds as a C int, and deadlines may be infinite."""
_KEPT_TIMERS = 64
"""Number of timers that may be out of date before it is worth while to drop them."""


class CancelledError(BaseException):
    """Nobody wants the result of the coroutine any more (`Loop.cancel`).

    Not an ``Exception``, so that no handler of failures takes it for one.
    """


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

    def unpark(self, task: _Task) -> None:
        """Forget a task that waits no longer. For `Loop`."""
        self._waiters.remove(task)

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


class _FutureWait:
    """Request to the loop to go on when a future is done, or when the deadline has passed."""

    __slots__ = ("deadline", "future")

    def __init__(self, future: Future[Any], deadline: float) -> None:
        self.future, self.deadline = future, deadline


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


@types.coroutine
def settled(future: Future[Any], deadline: float) -> Generator[_FutureWait, bool, bool]:
    """Wait until a future is done; return True if that was before the deadline (`time.monotonic`)."""
    return future.done or (yield _FutureWait(future, deadline))


async def pause(seconds: float) -> None:
    """Let the other coroutines go on for a time."""
    descriptor = os.eventfd(0)  # nothing ever happens there
    try:
        await readable(descriptor, time.monotonic() + seconds)
    finally:
        os.close(descriptor)


class _Task:
    __slots__ = ("cancel_is_due", "coroutine", "loop", "result", "started", "wait", "was_cancelled")

    def __init__(self, loop: Loop, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.loop = loop
        self.coroutine = coroutine
        self.result: Future[Any] = Future()
        self.started = self.was_cancelled = self.cancel_is_due = False
        self.wait: Future[Any] | _FutureWait | _Wait | None = None
        """What it waits for; ``None`` while it is ready or runs."""


class Loop:
    """Runs coroutines until those it was given are done."""

    def __init__(self) -> None:
        self._ready: deque[tuple[_Task, bool]] = deque()
        self._poller = select.poll()
        self._waiting: dict[int, tuple[_Task, float]] = {}
        """By descriptor, the one task that waits for it, and its deadline."""
        self._timers: list[tuple[float, int, _Task, _FutureWait]] = []
        """A heap of deadlines, with the order of their arrival, of tasks that wait for futures."""
        self._timed = 0
        """Number of these that are not out of date."""
        self._timer_order = count()
        self._unfinished: dict[Future[Any], _Task] = {}
        """By its result, every task that has not ended."""
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
            _, task = self._unfinished.popitem()
            task.coroutine.close()

    def spawn_all(self, coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[Future[T]]:
        """Start several coroutines."""
        return [self.spawn(coroutine) for coroutine in coroutines]

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start one more coroutine, beside those that run."""
        task = _Task(self, coroutine)
        self._unfinished[task.result] = task
        self._ready.append((task, True))
        return task.result

    def cancel(self, result: Future[Any]) -> None:
        """Have a coroutine of `spawn` raise `CancelledError` where it waits, once; nothing if it has ended.

        Its descriptor is no longer watched when this returns, so that it may be closed. What the coroutine does to
        clear up comes later.
        """
        task = self._unfinished.get(result)
        if task is None or task.was_cancelled:
            return
        task.was_cancelled = task.cancel_is_due = True
        if isinstance(task.wait, _Wait):
            self._wake(task.wait.descriptor, ready=False)
        elif task.wait is not None:
            (task.wait.future if isinstance(task.wait, _FutureWait) else task.wait).unpark(task)
            self.make_ready(task, value=False)

    def make_ready(self, task: _Task, *, value: bool) -> None:
        """Resume a parked task at the next step. For `Future`."""
        if isinstance(task.wait, _FutureWait) and task.wait.deadline < math.inf:
            self._timed -= 1
        task.wait = None
        self._ready.append((task, value))

    def _advance_ready(self) -> None:
        while self._ready:
            self._advance(*self._ready.popleft())

    def _wait(self) -> None:
        if len(self._timers) > _KEPT_TIMERS + 2 * self._timed:
            self._timers = [timer for timer in self._timers if timer[2].wait is timer[3]]
            heapq.heapify(self._timers)
        assert self._waiting or self._timed, "every task waits for another"
        earliest = min((deadline for _, deadline in self._waiting.values()), default=math.inf)
        if self._timers:  # one that is out of date costs no more than a round
            earliest = min(earliest, self._timers[0][0])
        timeout_s = min(max(0.0, earliest - time.monotonic()), _LONGEST_WAIT_S)
        for descriptor, _ in self._poller.poll(timeout_s * 1000):
            self._wake(descriptor, ready=True)
        # After the events: a descriptor that became ready just before its deadline counts as ready.
        now = time.monotonic()
        for descriptor in [descriptor for descriptor, (_, deadline) in self._waiting.items() if deadline <= now]:
            self._wake(descriptor, ready=False)
        while self._timers and self._timers[0][0] <= now:
            _, _, task, wait = heapq.heappop(self._timers)
            if task.wait is wait:
                wait.future.unpark(task)
                self.make_ready(task, value=False)

    def _wake(self, descriptor: int, *, ready: bool) -> None:
        self._poller.unregister(descriptor)
        task, _ = self._waiting.pop(descriptor)
        self.make_ready(task, value=ready)

    def _advance(self, task: _Task, value: bool) -> None:  # noqa: FBT001 - what the coroutine is sent
        try:
            if task.cancel_is_due:
                task.cancel_is_due = False
                wait = task.coroutine.throw(CancelledError())
            else:
                # A coroutine that has not started takes nothing but None.
                wait = task.coroutine.send(value if task.started else None)
        except StopIteration as end:
            self._unfinished.pop(task.result, None)
            task.result.set(end.value)
            return
        except (KeyboardInterrupt, SystemExit):
            raise  # for the caller of the loop, and at once
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            self._unfinished.pop(task.result, None)
            task.result.fail(error)
            return
        task.started = True
        task.wait = wait
        if isinstance(wait, Future):
            wait.park(task)
        elif isinstance(wait, _FutureWait):
            wait.future.park(task)
            if wait.deadline < math.inf:
                self._timed += 1
                heapq.heappush(self._timers, (wait.deadline, next(self._timer_order), task, wait))
        else:
            assert wait.descriptor not in self._waiting, "two tasks wait for one descriptor"
            self._waiting[wait.descriptor] = (task, wait.deadline)
            self._poller.register(wait.descriptor, wait.event)
