"""Threads that are started before the answer, because the answer can start none.

``RLIMIT_NPROC`` counts threads as well as processes (getrlimit(2)), and is 0 in a solution process, yet harmless
programs use threads. So some are started before the limit is set, and wait. `threading` then hands work to one of these
instead of starting a new one. When all are busy, the next one begins when another ends. A program whose threads all
wait for one more than there are waits until its time is up.
"""

from __future__ import annotations

import _thread
import contextlib
import operator
import threading
from collections import deque
from concurrent.futures import thread as _pools
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_POOL_WORKERS", "preallocate", "stack_bytes"]

_STACK_BYTES = 8 << 20
"""Bytes of address space for a thread's stack, the usual default (pthread_create(3))."""
_SMALL_STACK_BYTES = 1 << 20
"""The same for threads beyond the first sixteen: what is in use at a time is memory, too."""
_USUAL_STACKS = 16
_LARGE_STACK_BYTES = 128 << 20
"""The same for the first thread of a program that asks for large stacks: contest solutions recurse in one."""
MAX_POOL_WORKERS = 48
"""Number of threads that a pool takes at most: its threads end with the pool, so others would wait for ever."""


def stack_bytes(count: int, *, large: bool) -> int:
    """Return the address space that the stacks of `preallocate` take together."""
    return sum(_stack_sizes(count, large=large))


def _stack_sizes(count: int, *, large: bool) -> list[int]:
    usual = min(count, _USUAL_STACKS)
    sizes = [_STACK_BYTES] * usual + [_SMALL_STACK_BYTES] * (count - usual)
    if large and sizes:
        sizes[0] = _LARGE_STACK_BYTES
    return sizes


def preallocate(count: int, *, large: bool = False) -> None:
    """Start waiting threads and make `threading` use them; with a ``count`` of 0, leave everything as it is.

    Args:
        count: number of threads.
        large: whether the one that is used first gets a large stack.
    """
    if count == 0:
        return
    pool = _ThreadPool(count)
    # Fixed sizes, because the default depends on the host, and the stacks are added to the address space limit.
    previous = _thread.stack_size()
    for number, size in enumerate(_stack_sizes(count, large=large)):
        _thread.stack_size(size)
        _thread.start_new_thread(pool.wait, (number,))
    _thread.stack_size(previous)
    # All must have their stacks before the limit on the address space is set.
    pool.wait_for_all()
    pool.replace_functions()


class _ThreadPool:
    """The waiting threads."""

    def __init__(self, count: int) -> None:
        self.free: list[_Slot] = []
        self.count = count
        self.queue: deque[Job] = deque()
        """Jobs that wait for a thread."""
        self._lock = _thread.allocate_lock()
        """Held while a job and a thread find each other."""
        self._all_waiting = _thread.allocate_lock()
        self._all_waiting.acquire()

    def wait_for_all(self) -> None:
        """Wait until all threads wait for a job. The one with the lowest number is used first."""
        self._all_waiting.acquire()
        self.free.sort(key=operator.attrgetter("number"), reverse=True)

    def wait(self, number: int) -> None:
        """Wait for functions and run them; the body of each thread."""
        slot = _Slot(number)
        self.free.append(slot)
        if len(self.free) == self.count:
            self._all_waiting.release()
        while True:
            slot.lock.acquire()
            function, args, kwargs = slot.job
            # `threading` reports exceptions by itself, and a thread without it ends silently.
            with contextlib.suppress(BaseException):
                function(*args, **kwargs)
            # Not kept until the next job: objects of the answer would be freed too late.
            slot.job = _NO_JOB
            function, args, kwargs = _NO_JOB
            with self._lock:
                if self.queue:
                    slot.job = self.queue.popleft()
                    slot.lock.release()
                else:
                    self.free.append(slot)

    def start(
        self, function: Callable[..., Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> int:
        """Do as `_thread.start_new_thread` does; if every thread is busy, return 0, and the function is run later."""
        job: Job = (function, args, kwargs or {})
        with self._lock:
            if not self.free:
                self.queue.append(job)
                return 0
            slot = self.free.pop()
            slot.job = job
            slot.lock.release()
            return slot.ident

    def start_joinable(
        self,
        function: Callable[[], Any],
        handle: _Handle | None = None,
        daemon: bool = True,  # noqa: FBT001, FBT002 - its signature
    ) -> _Handle:
        """Do as `_thread.start_joinable_thread` of CPython 3.13 does."""
        del daemon
        own_handle = handle if handle is not None else _Handle()

        def run() -> None:
            own_handle.ident = _thread.get_ident()
            try:
                function()
            finally:
                own_handle._set_done()

        own_handle.ident = self.start(run) or None
        return own_handle

    def replace_functions(self) -> None:
        """Replace the interpreter's own functions that start threads."""
        for module in (_thread, threading):
            for name in ("start_new_thread", "start_new", "_start_new_thread"):
                if hasattr(module, name):
                    setattr(module, name, self.start)
            for name in ("start_joinable_thread", "_start_joinable_thread"):
                if hasattr(module, name):
                    setattr(module, name, self.start_joinable)
        if hasattr(threading, "_ThreadHandle"):
            threading._ThreadHandle = _Handle
        pools: Any = _pools.ThreadPoolExecutor
        adjust = pools._adjust_thread_count

        def adjust_thread_count(executor: Any) -> None:
            if len(executor._threads) < MAX_POOL_WORKERS:
                adjust(executor)

        pools._adjust_thread_count = adjust_thread_count
        # Before 3.13, join() waits for a lock that the interpreter releases when the thread itself ends, which a
        # preallocated thread never does. So the lock is released at the end of Thread._bootstrap.
        if hasattr(threading.Thread, "_set_tstate_lock"):
            _release_tstate_locks()


Job: TypeAlias = "tuple[Any, tuple[Any, ...], dict[str, Any]]"
"""A function with its arguments."""
_NO_JOB: Job = (None, (), {})


class _Slot:
    """State of one thread: the lock that it waits for, and its job."""

    __slots__ = ("ident", "job", "lock", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.ident = _thread.get_ident()
        self.lock = _thread.allocate_lock()
        self.lock.acquire()
        self.job: Job = _NO_JOB


class _Handle:
    """The handle by which `threading` joins a thread since CPython 3.13."""

    def __init__(self) -> None:
        self.ident: int | None = None
        self._done = _thread.allocate_lock()
        self._done.acquire()

    def is_done(self) -> bool:
        return not self._done.locked()

    def join(self, timeout: float | None = None) -> None:
        if self._done.acquire(timeout=-1 if timeout is None or timeout < 0 else timeout):
            self._done.release()

    def _set_done(self) -> None:
        if self._done.locked():
            self._done.release()


def _release_tstate_locks() -> None:
    def set_tstate_lock(thread: Any) -> None:
        thread._tstate_lock = _thread.allocate_lock()
        thread._tstate_lock.acquire()
        if not thread.daemon:
            with threading._shutdown_locks_lock:  # type: ignore[attr-defined]  # the library's own, before 3.13
                threading._shutdown_locks.add(thread._tstate_lock)  # type: ignore[attr-defined]  # the library's own, before 3.13

    bootstrap = threading.Thread._bootstrap  # type: ignore[attr-defined]  # the library's own, before 3.13

    def run(thread: Any) -> None:
        try:
            bootstrap(thread)
        finally:
            lock = thread._tstate_lock
            if lock is not None and lock.locked():
                lock.release()

    threading.Thread._set_tstate_lock = set_tstate_lock  # type: ignore[attr-defined]  # the library's own, before 3.13
    threading.Thread._bootstrap = run  # type: ignore[attr-defined]  # the library's own, before 3.13
