"""The harness's client of the answer: starts solution processes, sends requests, and enforces limits."""

from __future__ import annotations

import _socket
import math
import select
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError, ValueSizeError
from sandbox.processes.harness.callback_budget import CallbackBudget
from sandbox.processes.harness.callbacks import Callbacks
from sandbox.processes.harness.load_failures import is_own_failure
from sandbox.processes.harness.solution_process import HEAD_BYTES, SolutionProcess, reply_for_exit
from sandbox.processes.harness.time_limits import CheckResult, TimeLimits
from sandbox.processes.memory_files.exchange import all_files, apply_changes, content_bytes, take_changes
from sandbox.processes.memory_files.tree import TreeLimits, current
from sandbox.wire.framing import frame
from sandbox.wire.modules_on_demand import modules_named_in
from sandbox.wire.protocol import CALL, DROP, FILES, LOAD, LoadSettings, threads_for
from sandbox.wire.replies import CallbackRequest, Reply, SolutionStatus, parse_message
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.processes.harness.zygote_client import ZygoteClient
    from sandbox.wire.limits import Limits
    from sandbox.wire.zygote_protocol import ExitInfo

__all__ = ["SolutionClient"]

_monotonic = time.monotonic
"""Looked up here, once, because test code may patch the module."""
_MAX_REQUESTS = 250_000
"""Requests and callbacks in one sample. Each costs the harness time that no limit of the answer counts."""
_FILE_BYTES = 4 * TreeLimits().total_bytes
"""Bytes of changed files in one sample. They are sent whole, and again with each request that changes them."""
_OUTPUT_EXCEEDED = "wrote more than it may"


class SolutionClient:
    """The answer, as the runner of a test spec sees it.

    It has one process at a time. After a process was lost, `load` and `run` start a new one, within the limits.

    Args:
        source: the answer.
        limits: limits on a request and on the sample.
        zygote: forks the processes.
        blame_answer: whether an unexplained SIGKILL or SIGSTOP counts against the answer. If not, it leaves the client
            `interrupted`.
    """

    def __init__(self, source: str, limits: Limits, zygote: ZygoteClient, *, blame_answer: bool) -> None:
        self.source = source
        self.limits = limits
        self.cpu_s = 0.0
        self.peak_mb = 0.0
        self.output_head = b""
        """The first `HEAD_BYTES` written by its processes, to output or errors."""
        self.callbacks = Callbacks()
        """Converts objects that cross, and serves callbacks of the answer."""
        self.generation = 0
        """Number of the present or last process. Objects of the answer belong to one generation."""
        self.request_count = 0
        """Number of requests and callbacks so far."""
        self.interrupted = False
        """True if a process was killed or stopped, perhaps from outside. The results mean nothing, and no more requests
        are made."""
        self.load_failure = ""
        """Reason why the answer could never be loaded, by its own doing, or has nothing that tests can call."""
        self._has_loaded = False
        self._zygote = zygote
        self._blame_answer = blame_answer
        self._process: SolutionProcess | None = None
        self._last_process: SolutionProcess | None = None
        """The present process, or the last one."""
        self._timeouts = 0
        self._started = 0
        self._wall_s = 0.0
        self._callback_budget = CallbackBudget(limits.wall_s)
        self._loss_reply = Reply(SolutionStatus.NOT_RUN)
        self._threads = threads_for(source)
        self._modules = modules_named_in(source)
        self._file_bytes = 0

    @property
    def alive(self) -> bool:
        """True if there is a process that can serve requests."""
        return self._process is not None

    @property
    def budget_spent(self) -> bool:
        """True if the sample's budget is used up, so that no more requests may be made."""
        return (
            self.interrupted
            or self._timeouts >= self.limits.timeouts
            or self.cpu_s >= self.limits.total_cpu_s
            or (not self.alive and self._started > self.limits.restarts)
        )

    def load(
        self,
        *,
        preamble: str = "",
        own_names: Sequence[str] = (),
        names: Sequence[str] = (),
        in_process_spec: dict[str, Any] | None = None,
    ) -> Reply:
        """Start a process and load the answer as a module.

        Args:
            preamble: code that runs first, such as the prompt.
            own_names: names that the answer has to define itself, so they are removed after the preamble.
            names: names to look up in the module.
            in_process_spec: tests that run in the process itself, one for each request ``step``.

        Returns:
            A reply whose value is a dict of those names that the module has.
        """
        reply = self._start(preamble, own_names, names, stdin=None, in_process_spec=in_process_spec)
        if reply.status is SolutionStatus.RETURNED:
            self._has_loaded = True
            self.load_failure = ""
        elif not self._has_loaded and is_own_failure(reply, alone=not preamble, shared=in_process_spec is not None):
            self.load_failure = reply.detail or "it cannot be loaded"
        return reply

    def run(self, stdin: bytes, *, preamble: str = "") -> Reply:
        """Start a process and run the answer as a program; the value of the reply is its output, as bytes.

        Args:
            stdin: the input of the program.
            preamble: code that runs first in its namespace.
        """
        # Each run needs a process of its own, so it does not count as a restart.
        self._started = 0
        reply = self._start(preamble, (), (), stdin=stdin)
        exited_well = reply.status is SolutionStatus.EXITED and reply.value == 0
        self.close()
        if reply.status is SolutionStatus.RETURNED or exited_well:
            assert self._last_process is not None
            return Reply(SolutionStatus.RETURNED, value=bytes(self._last_process.output))
        return reply

    def call(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Reply:
        """Call a function of the answer.

        Args:
            target: a dotted name, or an object.
            args: positional arguments. Those that the call changes in place are changed here as well, if there is a
                host.
            kwargs: keyword arguments; changed likewise.
        """
        reply = self.ask(CALL, target, list(args), dict(kwargs))
        returned = self.callbacks.apply_changes(reply.changes, [*args, *kwargs.values()])
        if reply.status is not SolutionStatus.RETURNED:
            return reply
        if returned is None:
            returned = self.callbacks.merge_shared(reply.changes, reply.value)
        return replace(reply, value=returned)

    def ask(self, verb: str, *fields: Any) -> Reply:
        """Make any request of `sandbox.wire.protocol`, and return the reply as test code sees it.

        Raises:
            ValueCodecError: something in it can neither cross nor be exported.
        """
        if self._process is None or self.budget_spent:
            return Reply(SolutionStatus.NOT_RUN, detail="there is no process left to ask")
        message = frame(self.callbacks.encode_request([verb, *fields]))
        # Objects that test code has freed are dropped along with the next request, which saves messages.
        if dropped := self.callbacks.dropped():
            message = frame(encode([DROP, dropped])) + message
        self._process.send_message(_file_changes() + message)
        return self._handle_request(self._process)

    @property
    def written(self) -> tuple[bytearray, bytearray]:
        """Standard output and standard error of the present process so far."""
        return (bytearray(), bytearray()) if self._process is None else (self._process.output, self._process.errors)

    @property
    def last_written(self) -> tuple[bytes, bytes]:
        """Standard output and standard error of the present process, or else of the last one."""
        process = self._last_process
        return (b"", b"") if process is None else (bytes(process.output), bytes(process.errors))

    def close(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        if self._process is not None:
            self._end()

    def _start(
        self,
        preamble: str,
        own_names: Sequence[str],
        names: Sequence[str],
        stdin: bytes | None,
        in_process_spec: dict[str, Any] | None = None,
    ) -> Reply:
        self.close()
        if self.budget_spent:
            return Reply(SolutionStatus.NOT_RUN, detail="the sample's budget is used up")
        self._started += 1
        # Other code that runs in the process.
        more = preamble + str(in_process_spec or "")
        settings = LoadSettings(
            source=self.source,
            preamble=preamble,
            own_names=tuple(own_names),
            names=tuple(names),
            program=stdin is not None,
            # The kernel's limit is for the whole process. It lies one request above the sample's budget, so that the
            # harness notices first, and knows which request it was.
            cpu_s=self.limits.total_cpu_s - self.cpu_s + self.limits.cpu_s,
            memory_mb=self.limits.memory_mb,
            value_bytes=self.limits.output_kb * 1024,
            threads=max(self._threads, threads_for(more)),
            modules=(*self._modules, *modules_named_in(more)),
            in_process_spec=in_process_spec,
            files=all_files(current.tree),
        )
        # Not by the module `socket`, whose classes test code may patch.
        ours, theirs = _socket.socketpair()
        try:
            pid = self._zygote.fork(theirs)
        finally:
            theirs.close()
        self._process = self._last_process = SolutionProcess(
            pid, ours, cpu_limit_s=math.ceil(settings.cpu_s), output_bytes=self.limits.output_kb * 1024
        )
        self.generation += 1
        self._process.start(frame(encode([LOAD, list(settings)])), stdin)
        return self._handle_request(self._process)

    def _handle_request(self, process: SolutionProcess) -> Reply:
        """Wait for the reply to a request, and serve the callbacks that come before it."""
        cpu_s = min(self.limits.cpu_s, self.limits.total_cpu_s - self.cpu_s)
        time_limits = TimeLimits(process.pid, cpu_s, min(self.limits.wall_s, self._wall_left(process)))
        while True:
            self.request_count += 1
            if self.request_count > _MAX_REQUESTS:
                return self._stop(SolutionStatus.TIMEOUT, "too many requests were made")
            with self._callback_budget.paused():
                message = self._exchange(process, time_limits)
            if message.files is not None and (refused := self._adopt_files(message.files)) is not None:
                return refused
            if isinstance(message, Reply):
                return self._adopt_value(message)
            began = _monotonic()
            with self._callback_budget.counting():
                answer = frame(self.callbacks.serve(message.fields))
                process.send_message(_file_changes() + answer)
            if self._callback_budget.exceeded and self._process is process:
                return self._stop(SolutionStatus.TIMEOUT, "kept the test waiting in a callback")
            time_limits.exclude(_monotonic() - began)
            # Test code that was called back may have made requests of its own, and lost the process in one of them.
            if self._process is not process:
                return self._loss_reply

    def _adopt_files(self, changes: Any) -> Reply | None:
        """Apply changes that the process has made to its files; return the reply if they cannot be."""
        self._file_bytes += content_bytes(changes)
        if self._file_bytes > _FILE_BYTES:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, "wrote more to files than it may")
        try:
            apply_changes(current.tree, changes)
        except ValueCodecError as error:
            return self._stop(SolutionStatus.CRASHED, str(error))
        return None

    def _adopt_value(self, reply: Reply) -> Reply:
        try:
            value = self.callbacks.adopt(reply.value)
            return reply if value is reply.value else replace(reply, value=value)
        except Exception:  # noqa: BLE001 - references where none can be, such as unhashable ones in a set
            return self._stop(SolutionStatus.CRASHED, "sent a malformed reply")

    def _exchange(self, process: SolutionProcess, time_limits: TimeLimits) -> Reply | CallbackRequest:
        """Send the rest of the message, and wait within the limits for a reply or a callback."""
        poller = select.poll()
        process.register(poller)
        # No events, so that only a hang-up of the zygote wakes (POLLHUP is always reported, poll(2)).
        poller.register(self._zygote.fileno(), 0)
        started = _monotonic()
        try:
            while True:
                for descriptor, event in poller.poll(time_limits.pause_ms()):
                    if descriptor == self._zygote.fileno():
                        raise self._zygote.hung_up()
                    if reply := self._handle_event(process, poller, descriptor, event):
                        return reply
                if time_limits.due() and (reply := self._reply_to_check(time_limits.check())):
                    return reply
        finally:
            process.request_s += _monotonic() - started

    def _handle_event(
        self, process: SolutionProcess, poller: select.poll, descriptor: int, event: int
    ) -> Reply | CallbackRequest | None:
        """Handle a descriptor that is ready."""
        if descriptor != process.channel.fileno():
            process.drain(poller)
            return self._stop(SolutionStatus.OUTPUT_LIMIT, _OUTPUT_EXCEEDED) if process.output_exceeded else None
        if event & select.POLLOUT:
            process.send(poller)
            return None
        return self._receive(process)

    def _reply_to_check(self, check_result: CheckResult) -> Reply | None:
        if check_result is CheckResult.CONTINUE:
            return None
        if check_result is CheckResult.STOPPED and not self._blame_answer:
            return self._interrupt("its process was stopped")
        return self._stop(SolutionStatus.TIMEOUT, "used up its time")

    def _receive(self, process: SolutionProcess) -> Reply | CallbackRequest | None:
        body = process.receive()
        if process.hung_up:
            return self._handle_exit(process)
        if process.reply_too_large:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, "returned more than it may")
        if body is None:
            return None
        # The process writes its output before it replies, so all that belongs to the request is in the pipes by now.
        self.cpu_s += process.cpu_since()
        process.drain()
        if process.output_exceeded:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, _OUTPUT_EXCEEDED)
        try:
            return parse_message(body, self.limits.value_mb << 20)
        except ValueSizeError:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, "returned more than fits into memory")
        except ValueCodecError as error:
            return self._stop(SolutionStatus.CRASHED, str(error))
        except MemoryError:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, "returned more than fits into memory")

    def _wall_left(self, process: SolutionProcess) -> float:
        """Return the wall-clock seconds that the answer may still take: sleeping uses no CPU but is limited, too."""
        budget = self.limits.total_cpu_s + self.limits.wall_s
        # An upper bound first: it needs no file of /proc to be read, and is within the budget nearly always.
        if self._wall_s + process.request_s + self.limits.wall_s <= budget:
            return self.limits.wall_s
        return max(0.0, budget - self._wall_s - process.wall_s())

    def _stop(self, status: SolutionStatus, detail: str) -> Reply:
        if status in {SolutionStatus.TIMEOUT, SolutionStatus.OUTPUT_LIMIT}:
            self._timeouts += 1
        self._end()
        self._loss_reply = Reply(status, detail=detail)
        return self._loss_reply

    def _interrupt(self, detail: str) -> Reply:
        self.interrupted = True
        self.close()
        self._loss_reply = Reply(SolutionStatus.NOT_RUN, detail=detail)
        return self._loss_reply

    def _handle_exit(self, process: SolutionProcess) -> Reply:
        """Find out why the process has hung up."""
        self._loss_reply = self._reply_for_exit(process)
        return self._loss_reply

    def _reply_for_exit(self, process: SolutionProcess) -> Reply:
        process.drain()
        # Before the process is killed: afterwards it is exiting in any case.
        had_closed = not process.is_ending()
        exit_info = self._end()
        reply = reply_for_exit(exit_info, cpu_limit_s=process.cpu_limit_s, had_closed=had_closed)
        self._timeouts += reply.status is SolutionStatus.TIMEOUT
        if reply.status is SolutionStatus.MEMORY and not self._blame_answer:
            return self._interrupt("its process was killed")
        return reply

    def _end(self) -> ExitInfo:
        """Kill the process and wait until it is gone."""
        process, self._process = self._process, None
        assert process is not None
        self._wall_s += process.wall_s()
        exit_info = self._zygote.end(process.pid)
        process.close()
        self.output_head = (self.output_head + process.output_head)[:HEAD_BYTES]
        self.cpu_s += process.cpu_until(exit_info.cpu_s)
        self.peak_mb = max(self.peak_mb, exit_info.peak_mb)
        return exit_info


def _file_changes() -> bytes:
    """Return a message with what test code has done to the files of the run since the last one, if anything."""
    changes = take_changes(current.tree)
    return frame(encode([FILES, changes])) if changes is not None else b""
