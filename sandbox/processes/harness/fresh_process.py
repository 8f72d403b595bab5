"""A child of the harness process that serves one job and ends with it, so that nothing its test code changes stays.

Test code can change whatever a process has: its environment, modules, filters and signal handlers. No analysis of it is
trusted to find that out. The child is forked from a harness that has the tests compiled, so it costs little.
"""

from __future__ import annotations

import math
import os
import resource
import select
import signal
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError, ProcessSpentError
from sandbox.wire.framing import HEADER_BYTES, frame_length, send_frame
from sandbox.wire.liveness import CHECK_INTERVAL_S, Liveness

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run_in_child"]

_leave = os._exit
"""Looked up here, once, because test code may patch the module."""
_CHUNK = 1 << 18
_GRACE_S = 2
"""CPU seconds from SIGXCPU, which test code could catch, to SIGKILL."""


def run_in_child(work: Callable[[], bytes], *, channel: int, cpu_s: float) -> bytes:
    """Fork a process, and return the bytes that `work` returns there.

    Args:
        work: called in the child, which ends when it returns.
        channel: the calling process's connection to the scheduler, which the child does not get. When it is closed,
            this process ends.
        cpu_s: CPU seconds after which the kernel kills the child, rounded up to whole ones. A limit from outside,
            because no signal handler runs before a function that is written in C returns.

    Raises:
        ProcessSpentError: the child has used up its CPU seconds.
        ProcessLostError: it ended, or hangs, without a result.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        os.close(channel)
        _serve_once(work, writer, cpu_s)
    os.close(writer)
    try:
        return _result_of(pid, reader, channel, cpu_s)
    finally:
        os.close(reader)


def _serve_once(work: Callable[[], bytes], writer: int, cpu_s: float) -> None:
    try:
        # SIGXCPU at the soft limit says why the process ends; SIGKILL may come from the host as well.
        seconds = max(1, math.ceil(cpu_s))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + _GRACE_S))
        send_frame(writer, work())
    except BaseException:  # noqa: BLE001 - nobody is left to report it to: the parent takes this process for lost
        _leave(1)
    # Without the handlers of atexit, and without waiting for threads: test code may have left either.
    _leave(0)


def _result_of(pid: int, reader: int, channel: int, cpu_s: float) -> bytes:
    data = _receive(pid, reader, channel)
    # The result is complete, or the child has ended. Either way it is gone in a moment.
    _, status, usage = os.wait4(pid, 0)
    if data is not None:
        return data
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    # By the kernel's ticks it may have used more than by its clocks, which are compared here.
    overdue = usage.ru_utime + usage.ru_stime >= math.ceil(cpu_s) + _GRACE_S / 2
    if number == signal.SIGXCPU or (number == signal.SIGKILL and overdue):
        raise ProcessSpentError("the tests have used up their CPU seconds")
    raise ProcessLostError("the process that ran the tests has died")


def _receive(pid: int, reader: int, channel: int) -> bytes | None:
    """Receive the child's result; ``None`` if it ends before that is complete."""
    poller = select.poll()
    poller.register(reader, select.POLLIN)
    poller.register(channel, 0)  # only its hang-up is reported (poll(2))
    data, liveness = bytearray(), None
    while len(data) < HEADER_BYTES or len(data) < HEADER_BYTES + frame_length(data):
        ready = [descriptor for descriptor, _ in poller.poll(CHECK_INTERVAL_S * 1000)]
        if channel in ready:
            os._exit(0)
        if not ready:
            liveness = liveness or Liveness(pid)
            liveness.check()
            continue
        chunk = os.read(reader, _CHUNK)
        if not chunk:
            return None
        data += chunk
    return bytes(memoryview(data)[HEADER_BYTES:])
