"""Blocking calls in threads, whose results coroutines of the sandbox's loop await."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from sandbox.scheduler.loop import Future, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["BackgroundCalls", "DeadlinePassedError", "NoThreadError"]

KeyT = TypeVar("KeyT", bound="Hashable")
ResultT = TypeVar("ResultT")


class DeadlinePassedError(Exception):
    """A call has not returned before the deadline."""


class NoThreadError(Exception):
    """A call cannot be made: the host refuses to start a thread."""


class BackgroundCalls(Generic[KeyT, ResultT]):
    """Calls one function in threads that end with the work. A context manager.

    The threads only wait for the network. Results reach the loop through a pipe, and futures are resolved in the
    thread of the loop alone, so nothing that awaits them needs a lock.

    Args:
        function: called in the threads, with one key at a time.
        threads: maximum number of threads.
        deadline: time at which open calls fail with `DeadlinePassedError` (`time.monotonic`).
        name: name of the threads.
    """

    # Not concurrent.futures: its threads are joined at exit, and one that hangs on a silent connection must hold up
    # neither the batch nor the end of the program. Nor multiprocessing's pools: Lambda has no /dev/shm for semaphores.

    def __init__(self, function: Callable[[KeyT], ResultT], *, threads: int, deadline: float, name: str) -> None:
        self._function = function
        self._threads = threads
        self._deadline = deadline
        self._name = name
        self._futures: dict[KeyT, Future[ResultT]] = {}
        """Open calls. Only the thread of the loop touches them."""
        self._is_finished = False
        self._lock = threading.Lock()
        """Guards everything below."""
        self._queued: deque[KeyT] = deque()
        self._completed: list[tuple[KeyT, ResultT | Exception]] = []
        self._running = 0
        self._is_closed = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def submit(self, key: KeyT) -> Future[ResultT]:
        """Have the function called with a key; once, however often an open key is submitted.

        The future fails with what the function raised, with `DeadlinePassedError`, or with `NoThreadError`.
        """
        if (known := self._futures.get(key)) is not None:
            return known
        future: Future[ResultT] = Future()
        if time.monotonic() >= self._deadline:
            future.fail(DeadlinePassedError())
            return future
        self._futures[key] = future
        with self._lock:
            self._queued.append(key)
            needs_thread = self._running < self._threads
            self._running += needs_thread
        if needs_thread:
            self._start_thread()
        return future

    def finish(self) -> None:
        """Let `deliver` end with the last open call: no other will be submitted."""
        self._is_finished = True
        with self._lock:
            self._wake_loop()

    async def deliver(self) -> None:
        """Resolve futures until `finish` was called and none is open. Runs beside the coroutines that await them."""
        while self._futures or not self._is_finished:
            # After the deadline no future stays open, so there is nothing left to wake up for but `finish`.
            is_late = time.monotonic() >= self._deadline
            await readable(self._reader, math.inf if is_late else self._deadline)
            self._resolve()

    def close(self) -> None:
        """Drop what has not been called yet. Threads that run end with their call, and its result is lost."""
        with self._lock:
            if self._is_closed:
                return
            # Under the lock: a thread that writes afterwards could hit another file that got the same descriptor.
            self._is_closed = True
            self._queued.clear()
            os.close(self._reader)
            os.close(self._writer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_thread(self) -> None:
        try:
            # Daemons, so that a call that hangs does not keep the interpreter from exiting.
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        except RuntimeError:  # can't start new thread
            with self._lock:
                self._running -= 1
                if not self._running:  # else the threads that run take what is queued
                    self._completed += [(key, NoThreadError()) for key in self._queued]
                    self._queued.clear()
                    self._wake_loop()

    def _resolve(self) -> None:
        with self._lock:
            with contextlib.suppress(BlockingIOError):
                while os.read(self._reader, 4096):
                    pass
            completed, self._completed = self._completed, []
            is_late = time.monotonic() >= self._deadline
            if is_late:
                self._queued.clear()
        for key, result in completed:
            future = self._futures.pop(key, None)
            if future is None:  # it has failed at the deadline
                continue
            if isinstance(result, Exception):
                future.fail(result)
            else:
                future.set(result)
        if is_late:
            for future in self._futures.values():
                future.fail(DeadlinePassedError())
            self._futures.clear()

    def _wake_loop(self) -> None:
        """Make the pipe readable; the caller holds the lock."""
        if not self._is_closed:
            with contextlib.suppress(BlockingIOError):  # a full pipe is readable enough
                os.write(self._writer, b"!")

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._is_closed or not self._queued:
                    self._running -= 1
                    return
                key = self._queued.popleft()
            result = self._call(key)
            with self._lock:
                self._completed.append((key, result))
                self._wake_loop()

    def _call(self, key: KeyT) -> ResultT | Exception:
        try:
            return self._function(key)
        except Exception as error:  # noqa: BLE001 - raised where the result is awaited
            return error
