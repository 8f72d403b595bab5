"""Threads that are started before the answer, because the answer can start none.

``RLIMIT_NPROC`` counts threads as well as processes (getrlimit(2)), and is 0 in a solution process, yet harmless
programs use threads. So a few are started before the limit is set, and wait. `threading` then hands work to one of
these instead of starting a new one. When all are busy, starting fails as it does on a host that has no threads left.
"""

from __future__ import annotations

import _thread
import contextlib
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["STACK_BYTES", "preallocate"]

STACK_BYTES = 8 << 20
"""Bytes of address space for each thread's stack, the usual default (pthread_create(3))."""


def preallocate(count: int) -> None:
    """Start ``count`` waiting threads and make `threading` use them; with 0, leave everything as it is."""
    if count == 0:
        return
    pool = _ThreadPool(count)
    # A fixed size, because the default depends on the host, and the stacks are added to the address space limit.
    previous = _thread.stack_size(STACK_BYTES)
    for _ in range(count):
        _thread.start_new_thread(pool.wait, ())
    _thread.stack_size(previous)
    # All must have their stacks before the limit on the address space is set.
    pool.all_waiting.acquire()
    pool.replace_functions()


class _ThreadPool:
    """The waiting threads."""

    def __init__(self, count: int) -> None:
        self.free: list[_Slot] = []
        self.count = count
        self.all_waiting = _thread.allocate_lock()
        self.all_waiting.acquire()

    def wait(self) -> None:
        """Wait for functions and run them; the body of each thread."""
        slot = _Slot()
        self.free.append(slot)
        if len(self.free) == self.count:
            self.all_waiting.release()
        while True:
            slot.lock.acquire()
            function, args, kwargs = slot.job
            # `threading` reports exceptions by itself, and a thread without it ends silently.
            with contextlib.suppress(BaseException):
                function(*args, **kwargs)
            # Not kept until the next job: objects of the answer would be freed too late.
            function = args = kwargs = slot.job = _NO_JOB
            self.free.append(slot)

    def start(
        self, function: Callable[..., Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> int:
        """Do as `_thread.start_new_thread` does.

        Raises:
            RuntimeError: every thread is busy.
        """
        try:
            slot = self.free.pop()
        except IndexError:
            raise RuntimeError("can't start new thread") from None
        slot.job = (function, args, kwargs or {})
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
            try:
                function()
            finally:
                own_handle._set_done()

        own_handle.ident = self.start(run)
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
        # Before 3.13, join() waits for a lock that the interpreter releases when the thread itself ends, which a
        # preallocated thread never does. So the lock is released at the end of Thread._bootstrap.
        if hasattr(threading.Thread, "_set_tstate_lock"):
            _release_tstate_locks()


_NO_JOB: Any = (None, (), {})


class _Slot:
    """State of one thread: the lock that it waits for, and its job."""

    __slots__ = ("ident", "job", "lock")

    def __init__(self) -> None:
        self.ident = _thread.get_ident()
        self.lock = _thread.allocate_lock()
        self.lock.acquire()
        self.job: tuple[Any, tuple[Any, ...], dict[str, Any]] = _NO_JOB


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
