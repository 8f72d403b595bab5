"""Replacement of ``multiprocessing``, which cannot start a process: it refuses as a host without processes does."""

from __future__ import annotations

import errno as _errno
import os as _os
import threading as _threading
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Array",
    "AuthenticationError",
    "Barrier",
    "BoundedSemaphore",
    "BufferTooShort",
    "Condition",
    "Event",
    "JoinableQueue",
    "Lock",
    "Manager",
    "Pipe",
    "Pool",
    "Process",
    "ProcessError",
    "Queue",
    "RLock",
    "RawArray",
    "RawValue",
    "Semaphore",
    "SimpleQueue",
    "TimeoutError",
    "Value",
    "active_children",
    "cpu_count",
    "current_process",
    "freeze_support",
    "get_all_start_methods",
    "get_context",
    "get_logger",
    "get_start_method",
    "parent_process",
    "set_start_method",
]


class ProcessError(Exception):
    """Base of the errors of this module."""


class AuthenticationError(ProcessError):
    """Never raised here."""


class BufferTooShort(ProcessError):  # noqa: N818 - its name in the module
    """Never raised here."""


class TimeoutError(ProcessError):  # noqa: A001 - its name in the module
    """Never raised here."""


class _MainProcess:
    name = "MainProcess"
    daemon = False
    exitcode = None
    authkey = b""

    @property
    def pid(self) -> int:
        return _os.getpid()

    ident = pid

    def is_alive(self) -> bool:
        return True


_main = _MainProcess()


def cpu_count() -> int:
    """Return the number of CPUs."""
    return _os.cpu_count() or 1


def current_process() -> _MainProcess:
    """Return the one process that there is."""
    return _main


def parent_process() -> None:
    """Return ``None``: there is no parent."""


def active_children() -> list[Any]:
    """Return an empty list."""
    return []


def freeze_support() -> None:
    """Do nothing."""


def get_start_method(allow_none: bool = False) -> str:  # noqa: ARG001, FBT001, FBT002 - its signature
    """Return the method by which processes would start."""
    return "fork"


def get_all_start_methods() -> list[str]:
    """Return the methods by which processes would start."""
    return ["fork", "spawn", "forkserver"]


def set_start_method(method: str | None, force: bool = False) -> None:  # noqa: FBT001, FBT002 - its signature
    """Do nothing."""


def get_context(method: str | None = None) -> Any:  # noqa: ARG001 - its signature
    """Return this module, which has all of a context."""
    import sys  # noqa: PLC0415 - not a name of the module

    return sys.modules[__name__]


def get_logger() -> Any:
    """Return the logger of the module."""
    import logging  # noqa: PLC0415 - not a name of the module

    return logging.getLogger("multiprocessing")


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise OSError(_errno.EAGAIN, _os.strerror(_errno.EAGAIN))


class Process:
    """A process that cannot start."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., Any] | None = None,
        name: str | None = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        assert group is None, "group argument must be None for now"
        self._target, self._args, self._kwargs = target, tuple(args), dict(kwargs or {})
        self.name, self.daemon = name or "Process-1", bool(daemon)
        self.pid = self.ident = self.exitcode = None

    def run(self) -> None:
        """Call the target."""
        if self._target:
            self._target(*self._args, **self._kwargs)

    def is_alive(self) -> bool:
        """Return ``False``."""
        return False

    start = _refuse


Pool = Pipe = Queue = SimpleQueue = JoinableQueue = Manager = _refuse
Value = Array = RawValue = RawArray = _refuse
# Locks are of use without processes, too, and threads have the same ones.
Lock, RLock, Event, Condition = _threading.Lock, _threading.RLock, _threading.Event, _threading.Condition
Semaphore, BoundedSemaphore, Barrier = _threading.Semaphore, _threading.BoundedSemaphore, _threading.Barrier
