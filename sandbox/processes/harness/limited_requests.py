"""Requests to the answer's process, within the limits on a request and on the sample."""

from __future__ import annotations

import select
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError, ValueSizeError
from sandbox.isolation import imports
from sandbox.processes.harness.callback_budget import CallbackBudget
from sandbox.processes.harness.callbacks import Callbacks
from sandbox.processes.harness.file_changes import FileChanges
from sandbox.processes.harness.requests_ahead import RequestsAhead
from sandbox.processes.harness.solution_process import HEAD_BYTES, SolutionProcess, reply_for_exit
from sandbox.processes.harness.time_limits import CheckResult, TimeLimits
from sandbox.wire.framing import frame
from sandbox.wire.replies import CallbackRequest, Reply, SolutionStatus, parse_message

if TYPE_CHECKING:
    from sandbox.processes.harness.zygote_client import ZygoteClient
    from sandbox.wire.limits import Limits
    from sandbox.wire.zygote_protocol import ExitInfo

__all__ = ["TOO_LARGE", "LimitedRequests"]

_monotonic, _process_time = time.monotonic, time.process_time
"""Looked up here, once, because test code may patch the module."""
_MAX_REQUESTS = 250_000
"""Requests and callbacks in one sample. Each costs the harness time that no limit of the answer counts."""
_OUTPUT_EXCEEDED = "wrote more than it may"
TOO_LARGE = "returned more than it may"


class LimitedRequests:
    """Requests to one process at a time, and what they have used of the limits.

    Args:
        limits: limits on a request and on the sample.
        zygote: forks the processes.
        blame_answer: whether an unexplained SIGKILL or SIGSTOP counts against the answer. If not, it leaves this object
            `interrupted`.
    """

    def __init__(self, limits: Limits, zygote: ZygoteClient, *, blame_answer: bool) -> None:
        self.limits = limits
        self.cpu_s = 0.0
        self.peak_mb = 0.0
        self.output_head = b""
        """The first `HEAD_BYTES` written by its processes, to output or errors."""
        self.callbacks = Callbacks()
        """Converts objects that cross, and serves callbacks of the answer."""
        self.request_count = 0
        """Number of requests and callbacks so far."""
        self.interrupted = False
        """True if a process was killed or stopped, perhaps from outside. The results mean nothing, and no more requests
        are made."""
        self.mispredicted = False
        """True if the process was sent requests that no test has made. The results mean nothing, and no more requests
        are made."""
        self.needs_more_modules = False
        """True if the process has ended because it needs modules that the small zygote lacks. The results mean nothing,
        and no more requests are made."""
        self._zygote = zygote
        """Zygote of the present process, or of the last one."""
        self._is_small = False
        """True if that is the small zygote."""
        self._blame_answer = blame_answer
        self._process: SolutionProcess | None = None
        self._ahead = RequestsAhead()
        self._files = FileChanges()
        self._timeouts = 0
        self._started = 0
        self._wall_s = 0.0
        self._callback_budget = CallbackBudget(limits.wall_s)
        self._loss_reply = Reply(SolutionStatus.NOT_RUN)
        self._asked_s = 0.0
        """Seconds that finished exchanges have taken."""
        self._exchange_began: float | None = None

    @property
    def asked_s(self) -> float:
        """Seconds that requests have taken so far, callbacks left out."""
        began = self._exchange_began
        return self._asked_s if began is None else self._asked_s + _monotonic() - began

    @property
    def alive(self) -> bool:
        """True if there is a process that can serve requests."""
        return self._process is not None

    @property
    def budget_spent(self) -> bool:
        """True if the sample's budget is used up, so that no more requests may be made."""
        return (
            self.interrupted
            or self.mispredicted
            or self.needs_more_modules
            or self._timeouts >= self.limits.timeouts
            or self.cpu_s >= self.limits.total_cpu_s
            or (not self.alive and self._started > self.limits.restarts)
        )

    def _start_over(self) -> Reply:
        self.mispredicted = True
        self.close()
        self._loss_reply = Reply(SolutionStatus.NOT_RUN, detail="it was asked for what no test asks")
        return self._loss_reply

    def close(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        if self._process is not None:
            self._end()

    def _handle_request(self, process: SolutionProcess) -> Reply:
        """Wait for the reply to a request, and serve the callbacks that come before it."""
        cpu_s = min(self.limits.cpu_s, self.limits.total_cpu_s - self.cpu_s)
        time_limits = TimeLimits(
            process, cpu_s, min(self.limits.wall_s, self._wall_left(process)), cpu_start_s=process.cpu_seen_s
        )
        used_s = _process_time()
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
            if self._ahead.are_sent:
                return self._start_over()
            began = _monotonic()
            with self._callback_budget.counting():
                answer = frame(self.callbacks.serve(message.fields))
                process.send_message(self._files.message() + answer)
            if self._callback_budget.exceeded and self._process is process:
                return self._stop(SolutionStatus.TIMEOUT, "kept the test waiting in a callback")
            used_before_s, used_s = used_s, _process_time()
            time_limits.exclude(_monotonic() - began, cpu_s=used_s - used_before_s)
            # Test code that was called back may have made requests of its own, and lost the process in one of them.
            if self._process is not process:
                return self._loss_reply

    def _adopt_files(self, changes: Any) -> Reply | None:
        """Apply changes that the process has made to its files; return the reply if they cannot be."""
        refusal = self._files.adopt(changes)
        return None if refusal is None else self._stop(*refusal)

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
        self._exchange_began = started = _monotonic()
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
            taken_s = _monotonic() - started
            self._exchange_began = None
            self._asked_s += taken_s
            process.request_s += taken_s

    def _handle_event(
        self, process: SolutionProcess, poller: select.poll, descriptor: int, event: int
    ) -> Reply | CallbackRequest | None:
        """Handle a descriptor that is ready."""
        if descriptor != process.channel.fileno():
            process.drain(poller)
            return self._output_exceeded() if process.output_exceeded else None
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
            return self._stop(SolutionStatus.OUTPUT_LIMIT, TOO_LARGE)
        if body is None:
            return None
        # The process writes its output before it replies, so all that belongs to the request is in the pipes by now.
        self.cpu_s += process.cpu_since()
        process.drain()
        if process.output_exceeded:
            return self._output_exceeded()
        return self._parse(body)

    def _output_exceeded(self) -> Reply:
        # The process is ahead of the tests: nobody knows in which request it was.
        return self._start_over() if self._ahead.are_sent else self._stop(SolutionStatus.OUTPUT_LIMIT, _OUTPUT_EXCEEDED)

    def _parse(self, body: memoryview) -> Reply | CallbackRequest:
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
        if self._is_small and imports.is_exit_for_modules(exit_info.status):
            self.needs_more_modules = True
            return Reply(SolutionStatus.NOT_RUN, detail="it needs modules that are not loaded")
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
        exit_info = self._zygote.end()
        process.close()
        self.output_head = (self.output_head + process.output_head)[:HEAD_BYTES]
        self.cpu_s += process.cpu_until(exit_info.cpu_s)
        self.peak_mb = max(self.peak_mb, exit_info.peak_mb)
        return exit_info
