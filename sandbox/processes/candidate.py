"""The examiner's side of the solution process: ask it, watch it, end it."""

from __future__ import annotations

import os
import select
import signal
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.channel import HEADER_BYTES, frame, frame_length, receive_descriptors, send_descriptors
from sandbox.clock import cpu_seconds
from sandbox.errors import ProcessLostError, ValueCodecError
from sandbox.execution import SolutionStatus
from sandbox.processes import parked_threads
from sandbox.processes.protocol import CALL, GET, LARGE, LOAD, OK, RAISED, RUN, LoadSettings
from sandbox.processes.watch import Watch
from sandbox.processes.zygote_messages import EXIT_FORMAT
from sandbox.values import decode, encode
from sandbox.walls import audit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.limits import Limits

__all__ = ["Candidate", "Raised", "Reply"]

_CHUNK = 1 << 18
_HEAD_BYTES = 2048
_TEMPORARY = "/tmp"  # noqa: S108 - a file without a name is made there
_SPARE_VALUE_BYTES = 1 << 16
_PF_EXITING = 0x4
"""Among a process's flags in proc(5), ``/proc/PID/stat``: on its way out (Linux, include/linux/sched.h)."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of the answer, as far as it crosses."""

    type_name: str
    base: str
    """The nearest built-in class it descends from."""
    text: str
    line: int
    """1-based line of the answer it came from; 0 when it came from elsewhere."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request."""

    status: SolutionStatus
    value: Any = None
    args: Sequence[Any] | None = None
    """What became of mutable arguments: an item for each that changed, ``None`` for the others; ``None`` when none
    did."""
    raised: Raised | None = None
    detail: str = ""
    """One line for people, when there is no value."""


@dataclass(slots=True)
class _Process:
    """A solution process that was asked for."""

    pid: int
    channel: socket.socket
    pipes: dict[int, bool]
    """Descriptors of what it writes, until it closes them, and whether that is its output: what programs are judged
    by."""
    written: int = 0
    """Bytes that came out of them."""
    received: bytearray = field(default_factory=bytearray)
    cpu_before_s: float = 0.0


class Candidate:
    """The answer, as the conductor of an exam may ask it.

    It has one process at a time; one that is lost is replaced when the answer is to be loaded again.
    """

    def __init__(self, source: str, limits: Limits, forks: socket.socket) -> None:
        self.source = source
        self.limits = limits
        self.cpu_s = 0.0
        self.peak_mb = 0.0
        self.output = bytearray()
        """What the present or last process has written to its standard output, up to the limit."""
        self.head = b""
        """The first KiB written by any of them, to output or errors."""
        self.lost = False
        """The zygote is gone, and with it whatever is still asked: no fault of the answer's."""
        self._forks = forks
        self._process: _Process | None = None
        self._timeouts = 0
        self._started = 0
        self._threads = parked_threads.THREADS if parked_threads.needs_threads(source) else 0

    @property
    def alive(self) -> bool:
        """Whether there is a process that can be asked."""
        return self._process is not None

    @property
    def spent(self) -> bool:
        """Whether the sample's budget is used up, so that nothing more may be asked."""
        return (
            self._timeouts >= self.limits.timeouts
            or self.cpu_s >= self.limits.total_cpu_s
            or (not self.alive and self._started > self.limits.restarts)
        )

    def load(self, *, preamble: str = "", own_names: Sequence[str] = (), names: Sequence[str] = ()) -> Reply:
        """Start a process and load the answer as a module; the value is a dict of those names that it has."""
        return self._start(preamble, own_names, names, stdin=None)

    def run(self, stdin: bytes) -> Reply:
        """Start a process and run the answer as a program; the value is what it wrote, as bytes."""
        self._started = 0  # each run is a process of its own by nature, not a replacement
        reply = self._start("", (), (), stdin=stdin)
        if reply.status is SolutionStatus.RETURNED:
            reply = self._ask([RUN])
        exited_well = reply.status is SolutionStatus.EXITED and reply.value == 0
        self.close()
        if reply.status is SolutionStatus.RETURNED or exited_well:
            return Reply(SolutionStatus.RETURNED, value=bytes(self.output))
        return reply

    def call(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Reply:
        """Call what ``target`` names: a dotted name, or a reference the answer has handed out."""
        return self._ask([CALL, target, list(args), dict(kwargs)])

    def get(self, target: Any, attribute: str) -> Reply:
        """Read an attribute."""
        return self._ask([GET, target, attribute])

    def close(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        if self._process is not None:
            self._end()

    # Starting

    def _start(self, preamble: str, own_names: Sequence[str], names: Sequence[str], stdin: bytes | None) -> Reply:
        self.close()
        if self.spent:
            return Reply(SolutionStatus.NOT_RUN, detail="the sample's budget is used up")
        self._started += 1
        self.output = bytearray()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            self._tell_zygote(b"F", [theirs.fileno()])
        pid = self._forked()
        output, output_end = os.pipe2(os.O_CLOEXEC)
        errors, errors_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(output, False)
        os.set_blocking(errors, False)
        input_ = os.open(os.devnull, os.O_RDONLY) if stdin is None else _file_of(stdin)
        self._process = _Process(pid, ours, {output: True, errors: False}, cpu_before_s=cpu_seconds(pid) or 0.0)
        settings = LoadSettings(
            source=self.source,
            preamble=preamble,
            own_names=tuple(own_names),
            names=tuple(names),
            program=stdin is not None,
            cpu_s=self.limits.total_cpu_s - self.cpu_s + self.limits.cpu_s,
            memory_mb=self.limits.memory_mb,
            value_bytes=self.limits.output_kb * 1024,
            threads=self._threads,
        )
        message = frame(encode([LOAD, settings.plain()]))
        given = [input_, output_end, errors_end]
        try:
            sent = send_descriptors(ours, message, given)
        except (BrokenPipeError, ConnectionResetError):
            sent = len(message)
        for descriptor in given:
            os.close(descriptor)
        return self._exchange(message[sent:])

    def _forked(self) -> int:
        while True:
            message = self._notice()
            if message[:1] == b"P":
                return int(message[1:])

    def _notice(self) -> bytes:
        try:
            message, _ = receive_descriptors(self._forks, 64, 0)
        except OSError:
            message = b""
        if not message:
            raise self._zygote_lost()
        return message

    def _tell_zygote(self, message: bytes, descriptors: Sequence[int] = ()) -> None:
        try:
            send_descriptors(self._forks, message, descriptors)
        except OSError:
            raise self._zygote_lost() from None

    def _zygote_lost(self) -> ProcessLostError:
        self.lost = True
        return ProcessLostError("the zygote is gone")

    # Asking

    def _ask(self, request: list[Any]) -> Reply:
        if self._process is None or self.spent:
            return Reply(SolutionStatus.NOT_RUN, detail="there is no process left to ask")
        return self._exchange(frame(encode(request)))

    def _exchange(self, message: bytes) -> Reply:
        """Send the rest of a request, and wait for the answer within the limits."""
        process = self._process
        assert process is not None
        watch = Watch(process.pid, min(self.limits.cpu_s, self.limits.total_cpu_s - self.cpu_s), self.limits.wall_s)
        outgoing = memoryview(message)
        channel = process.channel.fileno()
        poller = select.poll()
        poller.register(channel, select.POLLIN | (select.POLLOUT if outgoing else 0))
        for pipe in process.pipes:
            poller.register(pipe, select.POLLIN)
        poller.register(self._forks.fileno(), 0)
        while True:
            for descriptor, event in poller.poll(watch.pause_ms()):
                if descriptor == self._forks.fileno():
                    raise self._zygote_lost()
                if descriptor != channel:
                    if not self._drain(poller):
                        return self._stopped(SolutionStatus.OUTPUT_LIMIT, "wrote more than it may")
                elif event & select.POLLOUT and outgoing:
                    outgoing = self._send(outgoing, poller)
                elif reply := self._receive():
                    return reply
            if watch.due() and watch.expired():
                return self._stopped(SolutionStatus.TIMEOUT, "used up its time")

    def _send(self, outgoing: memoryview, poller: select.poll) -> memoryview:
        """Send what the channel takes; what is left. A process that is gone is noticed when it is read from."""
        process = self._process
        assert process is not None
        try:
            outgoing = outgoing[process.channel.send(outgoing) :]
        except BlockingIOError:
            return outgoing
        except (BrokenPipeError, ConnectionResetError):
            outgoing = memoryview(b"")
        if not outgoing:
            poller.modify(process.channel.fileno(), select.POLLIN)
        return outgoing

    def _drain(self, poller: select.poll | None = None) -> bool:
        """Take what the process has written; false when that is more than it may."""
        process = self._process
        assert process is not None
        for pipe, is_output in list(process.pipes.items()):
            while chunk := _available(pipe):
                if is_output:
                    self.output += chunk
                self.head = (self.head + chunk)[:_HEAD_BYTES] if len(self.head) < _HEAD_BYTES else self.head
                process.written += len(chunk)
                if process.written > self.limits.output_kb * 1024:
                    return False
            if chunk is not None:
                if poller is not None:
                    poller.unregister(pipe)
                os.close(pipe)
                del process.pipes[pipe]
        return True

    def _receive(self) -> Reply | None:
        """Take what has come over the channel; an answer when it is whole."""
        process = self._process
        assert process is not None
        try:
            chunk = process.channel.recv(_CHUNK)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            chunk = b""
        if not chunk:
            return self._died()
        received = process.received
        received += chunk
        if len(received) < HEADER_BYTES:
            return None
        size = frame_length(received)
        if size > self.limits.output_kb * 1024 + _SPARE_VALUE_BYTES:
            return self._stopped(SolutionStatus.OUTPUT_LIMIT, "returned more than it may")
        if len(received) < HEADER_BYTES + size:
            return None
        body = memoryview(received)[HEADER_BYTES : HEADER_BYTES + size]
        process.received = bytearray()
        self._count_cpu()
        if not self._drain():
            return self._stopped(SolutionStatus.OUTPUT_LIMIT, "wrote more than it may")
        return self._understood(body)

    def _understood(self, body: memoryview) -> Reply:
        try:
            fields = decode(body)
            match fields:
                case [verb, value, args] if verb == OK and (args is None or type(args) is list):
                    return Reply(SolutionStatus.RETURNED, value=value, args=args)
                case [verb] if verb == LARGE:
                    return Reply(SolutionStatus.OUTPUT_LIMIT, detail="returned more than it may")
                case [verb, str(type_name), str(base), str(text), int(line)] if verb == RAISED:
                    return _raised(Raised(type_name[:100], base[:100], text[:500], line))
                case _:
                    detail = "what it sent is no answer"
        except ValueCodecError as error:
            detail = str(error)
        return self._stopped(SolutionStatus.CRASHED, detail)

    # Ending

    def _stopped(self, status: SolutionStatus, detail: str) -> Reply:
        if status in {SolutionStatus.TIMEOUT, SolutionStatus.OUTPUT_LIMIT}:
            self._timeouts += 1
        self._end()
        return Reply(status, detail=detail)

    def _died(self) -> Reply:
        """The process has hung up: find out why."""
        self._drain()
        assert self._process is not None
        hung_up = not _is_ending(self._process.pid)
        status, cpu_s = self._end()
        if os.WIFEXITED(status):
            code = os.WEXITSTATUS(status)
            if code == audit.EXIT_CODE:
                return Reply(SolutionStatus.POLICY, detail="a wall was touched")
            return Reply(SolutionStatus.EXITED, value=code, detail=f"ended its own process with code {code}")
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"
        if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu_s >= self.limits.cpu_s):
            self._timeouts += 1
            return Reply(SolutionStatus.TIMEOUT, detail="used up its time")
        if hung_up and number == signal.SIGKILL:
            return Reply(SolutionStatus.CRASHED, detail="closed the descriptors it is asked over")
        if number == signal.SIGKILL:
            return Reply(SolutionStatus.MEMORY, detail="killed by the host, as a process out of memory is")
        return Reply(SolutionStatus.CRASHED, detail=f"killed by {name}")

    def _end(self) -> tuple[int, float]:
        """Kill the process, wait until it is gone; its wait status and CPU seconds."""
        process, self._process = self._process, None
        assert process is not None
        self._tell_zygote(b"K%d" % process.pid)
        while True:
            message = self._notice()
            if message[:1] == b"X":
                _, pid, status, cpu_us, peak_kb = EXIT_FORMAT.unpack(message)
                if pid == process.pid:
                    break
        process.channel.close()
        for pipe in process.pipes:
            os.close(pipe)
        self.cpu_s += max(0.0, cpu_us / 1e6 - process.cpu_before_s)
        self.peak_mb = max(self.peak_mb, peak_kb / 1024)
        return status, cpu_us / 1e6

    def _count_cpu(self) -> None:
        process = self._process
        assert process is not None
        used = cpu_seconds(process.pid)
        if used is not None:
            self.cpu_s += max(0.0, used - process.cpu_before_s)
            process.cpu_before_s = used


def _raised(raised: Raised) -> Reply:
    status = SolutionStatus.MEMORY if raised.base == "MemoryError" else SolutionStatus.RAISED
    place = f" (line {raised.line})" if raised.line else ""
    return Reply(status, raised=raised, detail=f"{raised.type_name}: {raised.text}{place}")


def _is_ending(pid: int) -> bool:
    """Whether a process has ended or is about to: it loses its descriptors before anyone is told of its end."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as stat:
            return bool(int(stat.read(1024).rpartition(b")")[2].split()[6]) & _PF_EXITING)
    except OSError:
        return True


def _available(pipe: int) -> bytes | None:
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
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
