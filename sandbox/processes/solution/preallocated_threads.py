"""Threads for an answer that may start none.

Under the process limit no thread can be started (a thread is a task to the kernel, getrlimit(2) RLIMIT_NPROC), yet
harmless programs use them. So a few are started before the walls go up, and wait; `threading` then hands its work to
one of those instead of starting a new one. When all are busy, starting fails as it does on a host that has no threads
left.
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
"""Address space of each one's stack, as the system's own threads have it."""


def preallocate(count: int) -> None:
    """Start ``count`` waiting threads and make `threading` use them; with 0, leave everything as it is."""
    if count == 0:
        return
    pool = _ThreadPool(count)
    previous = _thread.stack_size(STACK_BYTES)
    for _ in range(count):
        _thread.start_new_thread(pool.wait, ())
    _thread.stack_size(previous)
    pool.full.acquire()
    pool.replace()


class _ThreadPool:
    """The waiting threads."""

    def __init__(self, count: int) -> None:
        self.free: list[_Slot] = []
        self.count = count
        self.full = _thread.allocate_lock()
        self.full.acquire()

    def wait(self) -> None:
        """Body of each thread: work, whenever there is some."""
        slot = _Slot()
        self.free.append(slot)
        if len(self.free) == self.count:
            self.full.release()
        while True:
            slot.lock.acquire()
            work, args, kwargs = slot.work
            with contextlib.suppress(BaseException):  # threading reports its own; a bare thread's end is nobody's
                work(*args, **kwargs)
            work = args = kwargs = slot.work = _NOTHING
            self.free.append(slot)

    def start(self, work: Callable[..., Any], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> int:
        """As `_thread.start_new_thread`.

        Raises:
            RuntimeError: every thread is busy.
        """
        try:
            slot = self.free.pop()
        except IndexError:
            raise RuntimeError("can't start new thread") from None
        slot.work = (work, args, kwargs or {})
        slot.lock.release()
        return slot.ident

    def start_joinable(
        self,
        work: Callable[[], Any],
        handle: _Handle | None = None,
        daemon: bool = True,  # noqa: FBT001, FBT002 - its signature
    ) -> _Handle:
        """As `_thread.start_joinable_thread` of CPython 3.13."""
        del daemon
        mine = handle if handle is not None else _Handle()

        def run() -> None:
            try:
                work()
            finally:
                mine._set_done()

        mine.ident = self.start(run)
        return mine

    def replace(self) -> None:
        """Put this lot in the place of the interpreter's own functions."""
        for module in (_thread, threading):
            for name in ("start_new_thread", "start_new", "_start_new_thread"):
                if hasattr(module, name):
                    setattr(module, name, self.start)
            for name in ("start_joinable_thread", "_start_joinable_thread"):
                if hasattr(module, name):
                    setattr(module, name, self.start_joinable)
        if hasattr(threading, "_ThreadHandle"):
            threading._ThreadHandle = _Handle
        # Before 3.13 a thread's end is announced by a lock the interpreter releases when the thread itself ends,
        # which a parked one never does: let the bootstrap's last act release it.
        if hasattr(threading.Thread, "_set_tstate_lock"):
            _release_tstate_locks()


_NOTHING: Any = (None, (), {})


class _Slot:
    """Where one thread waits."""

    __slots__ = ("ident", "lock", "work")

    def __init__(self) -> None:
        self.ident = _thread.get_ident()
        self.lock = _thread.allocate_lock()
        self.lock.acquire()
        self.work: tuple[Any, tuple[Any, ...], dict[str, Any]] = _NOTHING


class _Handle:
    """What `threading` holds of a running thread since CPython 3.13."""

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
