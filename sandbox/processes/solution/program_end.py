"""The end of a program, as the interpreter makes it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sandbox.processes.solution.trampoline import call

if TYPE_CHECKING:
    from sandbox.processes.solution.trampoline import Steps

__all__ = ["finish_threads", "means_success"]

_exit_code_of = SystemExit.__dict__["code"].__get__
"""Looked up here, once: an answer may have replaced it."""


def finish_threads() -> Steps:
    """Return steps that end threads as the interpreter does: executors stop their workers, other threads are joined."""
    for stop in reversed(getattr(threading, "_threading_atexits", ())):
        yield call(stop)
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            yield call(thread.join)


def means_success(system_exit: BaseException) -> bool:
    """Return whether a program that ends by this exception has ended well."""
    # As the interpreter does: None is success, an integer is the exit code, anything else means 1.
    code = _exit_code_of(system_exit)
    return code is None or (issubclass(type(code), int) and int.__eq__(code, 0))
