"""A solution process as the harness holds it: its channel and pipes, and what its exit means. Nothing here waits."""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING

from sandbox.isolation import audit
from sandbox.processes.harness.time_limits import seconds_not_queued
from sandbox.wire.framing import HEADER_BYTES, frame_length, send_descriptors, write_all
from sandbox.wire.procfs import cpu_seconds, read_stat
from sandbox.wire.replies import Reply, SolutionStatus

if TYPE_CHECKING:
    import socket

    from sandbox.wire.zygote_protocol import ExitInfo

__all__ = ["HEAD_BYTES", "SolutionProcess", "reply_for_exit"]


_CHUNK = 1 << 18
HEAD_BYTES = 2048
"""How much of what processes write is kept for people."""
_TEMPORARY = "/tmp"  # noqa: S108 - a file without a name is made there
_SPARE_VALUE_BYTES = 1 << 16


class SolutionProcess:
    """A process with its channel and the pipes it writes to.

    Every call returns at once. What is left in the pipes when the process has ended is all there will ever be:
    nobody waits for their end, which a process it has left behind could hold off for ever.

    Args:
        pid: the process.
        channel: where it is asked; becomes this object's, and non-blocking.
        cpu_limit_s: CPU seconds at which the kernel kills it.
        output_bytes: how much it may write, and how long an answer may be.
    """

    def __init__(self, pid: int, channel: socket.socket, *, cpu_limit_s: float, output_bytes: int) -> None:
        channel.setblocking(False)
        self.pid = pid
        self.channel = channel
        self.cpu_limit_s = cpu_limit_s
        self.output = bytearray()
        """What it has written to its standard output, which is what programs are judged by."""
        self.errors = bytearray()
        """What it has written to its standard error."""
        self.head = b""
        """The first KiB it has written, to output or errors."""
        self.output_exceeded = False
        self.reply_too_large = False
        self.hung_up = False
        """The channel is closed at its end."""
        self.request_s = 0.0
        """Seconds its requests have taken."""
        self._outgoing = memoryview(b"")
        self._cpu_before_s = cpu_seconds(pid) or 0.0
        self._output_bytes = output_bytes
        self._written = 0
        self._pipes: dict[int, bool] = {}
        self._received = bytearray()

    def start(self, message: bytes, stdin: bytes | None) -> None:
        """Give it its streams and its first message."""
        output, output_end = os.pipe2(os.O_CLOEXEC)
        errors, errors_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(output, False)
        os.set_blocking(errors, False)
        self._pipes = {output: True, errors: False}
        given = [os.open(os.devnull, os.O_RDONLY) if stdin is None else _file_of(stdin), output_end, errors_end]
        try:
            sent = send_descriptors(self.channel, message, given)
        except (BrokenPipeError, ConnectionResetError):
            sent = len(message)
        for descriptor in given:
            os.close(descriptor)
        self._outgoing = memoryview(message)[sent:]

    def ask(self, message: bytes) -> None:
        """Send what the channel takes of a message at once, and have the rest ready."""
        self._outgoing = memoryview(message)
        self.send()

    def register(self, poller: select.poll) -> None:
        """Have the poller wake up for everything that can come from it, and for room for what is to go out."""
        poller.register(self.channel.fileno(), select.POLLIN | (select.POLLOUT if self._outgoing else 0))
        for pipe in self._pipes:
            poller.register(pipe, select.POLLIN)

    def send(self, poller: select.poll | None = None) -> None:
        """Send what the channel takes. A process that is gone is noticed when it is read from."""
        try:
            self._outgoing = self._outgoing[self.channel.send(self._outgoing) :]
        except BlockingIOError:
            return
        except (BrokenPipeError, ConnectionResetError):
            self._outgoing = memoryview(b"")
        if not self._outgoing and poller is not None:
            poller.modify(self.channel.fileno(), select.POLLIN)

    def drain(self, poller: select.poll | None = None) -> None:
        """Take what it has written, unless that is more than it may."""
        for pipe, is_output in list(self._pipes.items()):
            while chunk := _read_available(pipe):
                if is_output:
                    self.output += chunk
                else:
                    self.errors += chunk
                if len(self.head) < HEAD_BYTES:
                    self.head = (self.head + chunk)[:HEAD_BYTES]
                self._written += len(chunk)
                if self._written > self._output_bytes:
                    self.output_exceeded = True
                    return
            if chunk is not None:
                if poller is not None:
                    poller.unregister(pipe)
                os.close(pipe)
                del self._pipes[pipe]

    def receive(self) -> memoryview | None:
        """Take what has come over the channel; the answer when it is whole."""
        try:
            chunk = self.channel.recv(_CHUNK)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            chunk = b""
        self.hung_up = not chunk
        received = self._received
        received += chunk
        if self.hung_up or len(received) < HEADER_BYTES:
            return None
        size = frame_length(received)
        self.reply_too_large = size > self._output_bytes + _SPARE_VALUE_BYTES
        if self.reply_too_large or len(received) < HEADER_BYTES + size:
            return None
        self._received = bytearray()
        return memoryview(received)[HEADER_BYTES : HEADER_BYTES + size]

    def cpu_since(self) -> float:
        """CPU seconds it has used since this was asked last, or since it began."""
        return self.cpu_until(cpu_seconds(self.pid) or 0.0)

    def cpu_until(self, used_s: float) -> float:
        """CPU seconds that are new, when it has used so many in all."""
        new = max(0.0, used_s - self._cpu_before_s)
        self._cpu_before_s += new
        return new

    def wall_s(self) -> float:
        """Seconds its requests have taken, apart from those it waited for a CPU."""
        return seconds_not_queued(self.pid, self.request_s)

    def is_ending(self) -> bool:
        """Return whether it has ended or is about to: it loses its descriptors before its end is reported."""
        stat = read_stat(self.pid)
        return stat is None or stat.is_exiting

    def close(self) -> None:
        """Let go of channel and pipes."""
        self.channel.close()
        for pipe in self._pipes:
            os.close(pipe)
        self._pipes.clear()


def _read_available(pipe: int) -> bytes | None:
    """What can be read at once; empty at the end, ``None`` when nothing is there yet."""
    try:
        return os.read(pipe, _CHUNK)
    except BlockingIOError:
        return None


def _file_of(data: bytes) -> int:
    """A descriptor from which the data can be read as from a file, though it has no name."""
    try:
        descriptor = os.memfd_create("stdin")
    except OSError:
        descriptor = os.open(_TEMPORARY, os.O_TMPFILE | os.O_RDWR, 0o600)
    write_all(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


_CPU_SLACK_S = 0.1
"""How much less than the limit a process may seem to have used that the kernel has killed for it."""


def reply_for_exit(ending: ExitInfo, *, cpu_limit_s: float, had_closed: bool) -> Reply:
    """What came of a request whose process has hung up.

    Status ``memory`` means that somebody has killed it, as a host does that is out of memory.

    Args:
        ending: how it ended.
        cpu_limit_s: seconds of CPU time after which the kernel kills it.
        had_closed: it had hung up before it came to its end.
    """
    if os.WIFEXITED(ending.status):
        code = os.WEXITSTATUS(ending.status)
        if code == audit.EXIT_CODE:
            return Reply(SolutionStatus.POLICY, detail="a wall was touched")
        return Reply(SolutionStatus.EXITED, value=code, detail=f"ended its own process with code {code}")
    number = os.WTERMSIG(ending.status)
    name = signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"
    cpu_exhausted = number == signal.SIGKILL and ending.cpu_s >= cpu_limit_s - _CPU_SLACK_S
    if number == signal.SIGXCPU or cpu_exhausted:
        return Reply(SolutionStatus.TIMEOUT, detail="used up its time")
    if number != signal.SIGKILL:
        return Reply(SolutionStatus.CRASHED, detail=f"killed by {name}")
    if had_closed:
        return Reply(SolutionStatus.CRASHED, detail="closed the descriptors it is asked over")
    return Reply(SolutionStatus.MEMORY, detail="killed by the host, as a process out of memory is")
