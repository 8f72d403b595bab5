"""The harness's end of a solution process: its channel and pipes, and the meaning of its exit. Nothing here waits."""

from __future__ import annotations

import os
import posix
import select
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.isolation import audit
from sandbox.processes.harness.time_limits import SHORT_S, seconds_not_queued
from sandbox.processes.memory_files.tree import TreeLimits
from sandbox.wire.framing import HEADER_BYTES, frame_length, send_descriptors, write_all
from sandbox.wire.procfs import cpu_seconds, read_stat
from sandbox.wire.protocol import FILES
from sandbox.wire.replies import Reply, SolutionStatus

if TYPE_CHECKING:
    import _socket

    from sandbox.processes.harness.zygote_client import ZygoteClient
    from sandbox.wire.zygote_protocol import ExitInfo

__all__ = ["HEAD_BYTES", "SolutionProcess", "reply_for_exit"]


# `posix` and not `os`: the functions of `os` are those of files in memory here, and test code may patch them.
_monotonic = time.monotonic
_CHUNK = 1 << 18
_MOMENT_MS = 5
"""Milliseconds in which most answers reply to all that they are asked."""
_SHORT_WAIT_S = 0.025
"""Seconds after that, for hosts that are busy. Later, what an answer uses is watched."""
HEAD_BYTES = 2048
"""Bytes of output that are kept for people to read."""
_TEMPORARY = "/tmp"  # noqa: S108 - only a file without a name is made there
_SPARE_VALUE_BYTES = 1 << 16
_FILES_START = b'["%s",' % FILES.encode()
"""Beginning of a message that has files along with it."""
_SPARE_FILE_BYTES = _SPARE_VALUE_BYTES + TreeLimits().total_bytes * 3 // 2
"""Files cross in base64, which takes four bytes for three."""


class SolutionProcess:
    """A process with its channel and the pipes it writes to.

    Every call returns at once.

    Args:
        zygote: forks the process, and knows its pid.
        channel: socket for requests and replies; owned by this object from now on, and made non-blocking.
        cpu_limit_s: CPU seconds at which the kernel kills it.
        output_bytes: number of bytes that it may write, and that a reply may have.
    """

    # When the process has ended, what is in the pipes is read, but their end is not awaited: a descendant that has kept
    # a copy of a descriptor could hold that off for ever (pipe(7)).

    def __init__(self, zygote: ZygoteClient, channel: _socket.socket, *, cpu_limit_s: float, output_bytes: int) -> None:
        channel.setblocking(False)
        self._zygote = zygote
        self.channel = channel
        self.cpu_limit_s = cpu_limit_s
        self.output = bytearray()
        """Bytes written to standard output; programs are graded by them."""
        self.errors = bytearray()
        """Bytes written to standard error."""
        self.output_head = b""
        """The first `HEAD_BYTES` written, to output or errors."""
        self.output_exceeded = False
        self.reply_too_large = False
        self.hung_up = False
        """True if the process has closed its end of the channel."""
        self.request_s = 0.0
        """Seconds that its requests have taken."""
        self._outgoing = memoryview(b"")
        self.cpu_seen_s = 0.0
        """CPU seconds it had used when they were last asked for."""
        self._output_bytes = output_bytes
        self._written = 0
        self.is_slow = False
        """True once it has kept the harness waiting (`wait_for_end`)."""
        self._pipes: dict[int, bool] = {}
        """Read ends of the pipes; true for standard output."""
        self._received = bytearray()

    @property
    def pid(self) -> int:
        """Its pid; the first time, this waits until it is forked."""
        return self._zygote.pid

    def start(self, message: bytes, stdin: bytes | None) -> None:
        """Send its streams and its first message."""
        output, output_end = posix.pipe2(os.O_CLOEXEC)
        errors, errors_end = posix.pipe2(os.O_CLOEXEC)
        posix.set_blocking(output, False)
        posix.set_blocking(errors, False)
        self._pipes = {output: True, errors: False}
        given = [posix.open(os.devnull, os.O_RDONLY) if stdin is None else _file_of(stdin), output_end, errors_end]
        try:
            sent = send_descriptors(self.channel, message, given)
        except (BrokenPipeError, ConnectionResetError):
            sent = len(message)
        for descriptor in given:
            posix.close(descriptor)
        self._outgoing = memoryview(message)[sent:]

    def send_message(self, message: bytes) -> None:
        """Send as much of a message as the channel takes at once, and keep the rest for `send`."""
        self._outgoing = memoryview(message)
        self.send()

    def register(self, poller: select.poll) -> None:
        """Register the channel and the pipes for reading, and the channel for writing if there is something to send."""
        poller.register(self.channel.fileno(), select.POLLIN | (select.POLLOUT if self._outgoing else 0))
        for pipe in self._pipes:
            poller.register(pipe, select.POLLIN)

    def send(self, poller: select.poll | None = None) -> None:
        """Send as much as the channel takes."""
        try:
            self._outgoing = self._outgoing[self.channel.send(self._outgoing) :]
        except BlockingIOError:
            return
        # The process is gone. That is noticed when its channel is read, where a last reply may still be.
        except (BrokenPipeError, ConnectionResetError):
            self._outgoing = memoryview(b"")
        if not self._outgoing and poller is not None:
            poller.modify(self.channel.fileno(), select.POLLIN)

    def drain(self, poller: select.poll | None = None) -> None:
        """Read what it has written, until that is more than it may write."""
        for pipe, is_output in list(self._pipes.items()):
            while chunk := _read_available(pipe):
                if is_output:
                    self.output += chunk
                else:
                    self.errors += chunk
                if len(self.output_head) < HEAD_BYTES:
                    self.output_head = (self.output_head + chunk)[:HEAD_BYTES]
                self._written += len(chunk)
                if self._written > self._output_bytes:
                    self.output_exceeded = True
                    return
            if chunk is not None:
                if poller is not None:
                    poller.unregister(pipe)
                posix.close(pipe)
                del self._pipes[pipe]

    def wait_for_end(self) -> None:
        """Wait a moment until the process has done all that it was asked for and ended.

        Nothing else wakes at first: no reply, and no output, of which there is seldom more than the pipes hold.
        """
        if not self._zygote.tells_of_ends:
            self._wait_for_hang_up()
            return
        poller = select.poll()
        poller.register(self._zygote.fileno(), select.POLLIN)
        if self._outgoing:
            poller.register(self.channel.fileno(), select.POLLOUT)
        ready = poller.poll(_MOMENT_MS)
        if not ready:
            for pipe in self._pipes:
                poller.register(pipe, select.POLLIN)
            until = _monotonic() + _SHORT_WAIT_S
            while not (ready or self.output_exceeded) and (left_s := until - _monotonic()) > 0:
                ready = poller.poll(left_s * 1000)
                if any(descriptor in self._pipes for descriptor, _ in ready):
                    self.drain(poller)
                    ready = []
        self.is_slow = [descriptor for descriptor, _ in ready] != [self._zygote.fileno()]
        if not self.is_slow:
            self._zygote.take_end()

    def _wait_for_hang_up(self) -> None:
        poller = select.poll()
        # No events: only that the other end was closed wakes (POLLHUP is always reported, poll(2)).
        poller.register(self.channel.fileno(), select.POLLOUT if self._outgoing else 0)
        poller.register(self._zygote.fileno(), 0)
        for pipe in self._pipes:
            poller.register(pipe, select.POLLIN)
        self.is_slow = [descriptor for descriptor, _ in poller.poll(_MOMENT_MS)] != [self.channel.fileno()]

    def take_reply(self) -> memoryview | None:
        """Return the next reply if it is there already."""
        body = self._complete_reply()
        if body is None:
            with suppress(BlockingIOError, ConnectionResetError):
                self._received += self.channel.recv(_CHUNK)
            body = self._complete_reply()
        return body

    def ignore_replies(self) -> None:
        """Forget what has come over the channel without a request."""
        self._received = bytearray()

    def receive(self) -> memoryview | None:
        """Read what has come over the channel; return a reply once it is complete."""
        try:
            chunk = self.channel.recv(_CHUNK)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            chunk = b""
        self.hung_up = not chunk
        self._received += chunk
        return None if self.hung_up else self._complete_reply()

    def _complete_reply(self) -> memoryview | None:
        """Take the first reply of what was received; ``None`` if it is not complete."""
        received = self._received
        if len(received) < HEADER_BYTES:
            return None
        size = frame_length(received)
        room = _SPARE_FILE_BYTES if received.startswith(_FILES_START, HEADER_BYTES) else _SPARE_VALUE_BYTES
        self.reply_too_large = size > self._output_bytes + room
        if self.reply_too_large or len(received) < HEADER_BYTES + size:
            return None
        end = HEADER_BYTES + size
        self._received = received[end:]
        return memoryview(received)[HEADER_BYTES:end]

    def cpu_since(self) -> float:
        """Return the CPU seconds used since the last call, or since the process began."""
        # What a process that has ended has used is known, and counted with its end.
        return 0.0 if self._zygote.has_ended else self.cpu_until(cpu_seconds(self.pid) or 0.0)

    def cpu_until(self, used_s: float) -> float:
        """Return the CPU seconds used since the last call, if it has used ``used_s`` in all."""
        new = max(0.0, used_s - self.cpu_seen_s)
        self.cpu_seen_s += new
        return new

    def wall_s(self) -> float:
        """Return the seconds that its requests have taken, without those spent waiting for a CPU."""
        return self.request_s if self.request_s < SHORT_S else seconds_not_queued(self.pid, self.request_s)

    def is_ending(self) -> bool:
        """Return whether it has ended or is about to: it loses its descriptors before its end is reported."""
        if self._zygote.has_ended:
            return True
        stat = read_stat(self.pid)
        return stat is None or stat.is_exiting

    def close(self) -> None:
        """Close channel and pipes."""
        self.channel.close()
        for pipe in self._pipes:
            posix.close(pipe)
        self._pipes.clear()


def _read_available(pipe: int) -> bytes | None:
    """Return what can be read at once; empty at the end, ``None`` if nothing is there yet."""
    try:
        return posix.read(pipe, _CHUNK)
    except BlockingIOError:
        return None


def _file_of(data: bytes) -> int:
    """Return a descriptor of a file without a name that holds the data."""
    # A file and not a pipe, because a pipe holds only 64 KiB (pipe(7)): someone would have to write while it is read.
    try:
        descriptor = posix.memfd_create("stdin")
    except OSError:
        descriptor = posix.open(_TEMPORARY, os.O_TMPFILE | os.O_RDWR, 0o600)
    write_all(descriptor, data)
    posix.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


_CPU_SLACK_S = 0.1
"""CPU seconds below the limit at which the kernel may already have killed a process: it counts in ticks."""


def reply_for_exit(exit_info: ExitInfo, *, cpu_limit_s: float, had_closed: bool) -> Reply:
    """Return the reply to a request whose process has hung up.

    Args:
        exit_info: the exit status, and the resources used.
        cpu_limit_s: CPU seconds at which the kernel kills the process.
        had_closed: the process had closed its channel before it began to exit.
    """
    # An answer can fake most of these: it can end its process with any code, or use up its CPU limit. So none of them
    # may be better for it than a wrong result.
    if os.WIFEXITED(exit_info.status):
        code = os.WEXITSTATUS(exit_info.status)
        if code == audit.EXIT_CODE:
            return Reply(SolutionStatus.POLICY, detail="did something that the sandbox forbids")
        return Reply(SolutionStatus.EXITED, value=code, detail=f"ended its own process with code {code}")
    number = os.WTERMSIG(exit_info.status)
    name = signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"
    cpu_exhausted = number == signal.SIGKILL and exit_info.cpu_s >= cpu_limit_s - _CPU_SLACK_S
    if number == signal.SIGXCPU or cpu_exhausted:
        return Reply(SolutionStatus.TIMEOUT, detail="used up its time")
    if number != signal.SIGKILL:
        return Reply(SolutionStatus.CRASHED, detail=f"killed by {name}")
    # An exiting process loses its descriptors before it becomes a zombie. One that hung up while it was not exiting has
    # closed the channel by itself, and the SIGKILL is ours.
    if had_closed:
        return Reply(SolutionStatus.CRASHED, detail="closed the channel for requests")
    # What is left is a SIGKILL from outside, most likely of the kernel's out-of-memory killer.
    return Reply(SolutionStatus.MEMORY, detail="killed by the host, as a process out of memory is")
