"""The examiner's side of the answer: ask it, watch it, end it."""

from __future__ import annotations

import math
import select
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError
from sandbox.processes.harness.callback_budget import CallbackBudget
from sandbox.processes.harness.callbacks import Callbacks
from sandbox.processes.harness.solution_process import HEAD_BYTES, SolutionProcess, reply_for_exit
from sandbox.processes.harness.time_limits import CheckResult, TimeLimits
from sandbox.wire.framing import frame
from sandbox.wire.protocol import CALL, DROP, LOAD, THREADS, LoadSettings, needs_threads
from sandbox.wire.replies import CallbackRequest, Reply, SolutionStatus, parse_message
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.processes.harness.zygote_client import ZygoteClient
    from sandbox.wire.limits import Limits
    from sandbox.wire.zygote_protocol import ExitInfo

__all__ = ["SolutionClient"]

_MAX_QUESTIONS = 250_000
"""Questions in one sample, both ways: each costs the examiner time that is on no account of the answer's."""
_OUTPUT_EXCEEDED = "wrote more than it may"


class SolutionClient:
    """The answer, as the conductor of an exam may ask it.

    It has one process at a time; one that is lost is replaced when the answer is to be loaded again.

    Args:
        source: the answer.
        limits: what it may use up.
        zygote: where its processes come from.
        blame_answer: whether a process that was killed or stopped nobody knows how is held against the answer. If not,
            it            leaves the candidate `interrupted`.
    """

    def __init__(self, source: str, limits: Limits, zygote: ZygoteClient, *, blame_answer: bool) -> None:
        self.source = source
        self.limits = limits
        self.cpu_s = 0.0
        self.peak_mb = 0.0
        self.head = b""
        """The first KiB written by any of its processes, to output or errors."""
        self.callbacks = Callbacks()
        """With whose objects it deals."""
        self.generation = 0
        """Number of the present or last process; objects do not outlive theirs."""
        self.asked = 0
        """Questions so far, both ways."""
        self.interrupted = False
        """A process was killed or stopped, perhaps by somebody else: what came of it means nothing, and no more can be
        asked."""
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
        self._threads = THREADS if needs_threads(source) else 0

    @property
    def alive(self) -> bool:
        """Whether there is a process that can be asked."""
        return self._process is not None

    @property
    def spent(self) -> bool:
        """Whether the sample's budget is used up, so that nothing more may be asked."""
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
        """Start a process and load the answer as a module; the value is a dict of those names that it has.

        With `inside`, an exam, the process also holds tests, one at each request ``step``.
        """
        return self._start(preamble, own_names, names, stdin=None, in_process_spec=in_process_spec)

    def run(self, stdin: bytes) -> Reply:
        """Start a process and run the answer as a program; the value is what it wrote, as bytes."""
        self._started = 0  # each run is a process of its own by nature, not a replacement
        reply = self._start("", (), (), stdin=stdin)
        exited_well = reply.status is SolutionStatus.EXITED and reply.value == 0
        self.close()
        if reply.status is SolutionStatus.RETURNED or exited_well:
            assert self._last_process is not None
            return Reply(SolutionStatus.RETURNED, value=bytes(self._last_process.output))
        return reply

    def call(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Reply:
        """Call what ``target`` names: a dotted name, or an object. A host's arguments are changed as it does."""
        reply = self.ask(CALL, target, list(args), dict(kwargs))
        self.callbacks.change(reply.changes, [*args, *kwargs.values()])
        return reply

    def ask(self, verb: str, *fields: Any) -> Reply:
        """Make any request of `sandbox.wire.protocol`; what the answer holds is adopted by the host.

        Raises:
            ValueCodecError: something in it can neither cross nor be lent.
        """
        if self._process is None or self.spent:
            return Reply(SolutionStatus.NOT_RUN, detail="there is no process left to ask")
        message = frame(self.callbacks.request([verb, *fields]))
        if dropped := self.callbacks.dropped():
            message = frame(encode([DROP, dropped])) + message
        self._process.ask(message)
        return self._handle_request(self._process)

    @property
    def written(self) -> tuple[bytearray, bytearray]:
        """What the present process has written to its standard output and errors."""
        return (bytearray(), bytearray()) if self._process is None else (self._process.output, self._process.errors)

    def close(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        if self._process is not None:
            self._end()

    # Asking

    def _start(
        self,
        preamble: str,
        own_names: Sequence[str],
        names: Sequence[str],
        stdin: bytes | None,
        in_process_spec: dict[str, Any] | None = None,
    ) -> Reply:
        self.close()
        if self.spent:
            return Reply(SolutionStatus.NOT_RUN, detail="the sample's budget is used up")
        self._started += 1
        settings = LoadSettings(
            source=self.source,
            preamble=preamble,
            own_names=tuple(own_names),
            names=tuple(names),
            program=stdin is not None,
            cpu_s=self.limits.total_cpu_s - self.cpu_s + self.limits.cpu_s,
            memory_mb=self.limits.memory_mb,
            value_bytes=self.limits.output_kb * 1024,
            threads=self._threads or THREADS * needs_threads(str(in_process_spec or "")),
            in_process_spec=in_process_spec,
        )
        ours, theirs = socket.socketpair()
        with theirs:
            pid = self._zygote.fork(theirs)
        self._process = self._last_process = SolutionProcess(
            pid, ours, cpu_limit_s=math.ceil(settings.cpu_s), output_bytes=self.limits.output_kb * 1024
        )
        self.generation += 1
        self._process.start(frame(encode([LOAD, list(settings)])), stdin)
        return self._handle_request(self._process)

    def _handle_request(self, process: SolutionProcess) -> Reply:
        """Have a request answered, and its questions in turn."""
        cpu_s = min(self.limits.cpu_s, self.limits.total_cpu_s - self.cpu_s)
        time_limits = TimeLimits(process.pid, cpu_s, min(self.limits.wall_s, self._wall_left(process)))
        while True:
            self.asked += 1
            if self.asked > _MAX_QUESTIONS:
                return self._stop(SolutionStatus.TIMEOUT, "too many questions were asked")
            with self._callback_budget.paused():
                answer = self._exchange(process, time_limits)
            if isinstance(answer, Reply):
                return self._adopted(answer)
            began = time.monotonic()
            with self._callback_budget.counting():
                process.ask(frame(self.callbacks.serve(answer.fields)))
            if self._callback_budget.exceeded and self._process is process:
                return self._stop(SolutionStatus.TIMEOUT, "kept the test waiting for what it was lent")
            time_limits.exclude(time.monotonic() - began)
            if self._process is not process:  # lost by what was asked meanwhile
                return self._loss_reply

    def _adopted(self, reply: Reply) -> Reply:
        try:
            value = self.callbacks.adopt(reply.value)
            return reply if value is reply.value else replace(reply, value=value)
        except Exception:  # noqa: BLE001 - references where none can be, such as unhashable ones in a set
            return self._stop(SolutionStatus.CRASHED, "what it sent is no answer")

    def _exchange(self, process: SolutionProcess, time_limits: TimeLimits) -> Reply | CallbackRequest:
        """Send what is to be sent, and wait for what comes back, within the limits."""
        poller = select.poll()
        process.register(poller)
        poller.register(self._zygote.fileno(), 0)
        started = time.monotonic()
        try:
            while True:
                for descriptor, event in poller.poll(time_limits.pause_ms()):
                    if descriptor == self._zygote.fileno():
                        raise self._zygote.hung_up()
                    if reply := self._handle_event(process, poller, descriptor, event):
                        return reply
                if time_limits.due() and (reply := self._judge(time_limits.check())):
                    return reply
        finally:
            process.request_s += time.monotonic() - started

    def _handle_event(
        self, process: SolutionProcess, poller: select.poll, descriptor: int, event: int
    ) -> Reply | CallbackRequest | None:
        """See to a descriptor that is ready."""
        if descriptor != process.channel.fileno():
            process.drain(poller)
            return self._stop(SolutionStatus.OUTPUT_LIMIT, _OUTPUT_EXCEEDED) if process.output_exceeded else None
        if event & select.POLLOUT:
            process.send(poller)
            return None
        return self._receive(process)

    def _judge(self, check_result: CheckResult) -> Reply | None:
        if check_result is CheckResult.CONTINUE:
            return None
        if check_result is CheckResult.STOPPED and not self._blame_answer:
            return self._interrupt("its process was stopped")
        return self._stop(SolutionStatus.TIMEOUT, "used up its time")

    def _receive(self, process: SolutionProcess) -> Reply | CallbackRequest | None:
        body = process.receive()
        if process.hung_up:
            return self._died(process)
        if process.reply_too_large:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, "returned more than it may")
        if body is None:
            return None
        self.cpu_s += process.cpu_since()
        process.drain()
        if process.output_exceeded:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, _OUTPUT_EXCEEDED)
        try:
            return parse_message(body)
        except ValueCodecError as error:
            return self._stop(SolutionStatus.CRASHED, str(error))
        except MemoryError:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, "returned more than can be held")

    def _wall_left(self, process: SolutionProcess) -> float:
        """Seconds the answer may still spend on anything but running: what no CPU second counts is limited, too."""
        budget = self.limits.total_cpu_s + self.limits.wall_s
        if self._wall_s + process.request_s + self.limits.wall_s <= budget:  # there is no need to look closer
            return self.limits.wall_s
        return max(0.0, budget - self._wall_s - process.wall_s())

    # Ending

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

    def _died(self, process: SolutionProcess) -> Reply:
        """The process has hung up: find out why."""
        self._loss_reply = self._reply_for_exit(process)
        return self._loss_reply

    def _reply_for_exit(self, process: SolutionProcess) -> Reply:
        process.drain()
        had_closed = not process.is_ending()
        ending = self._end()
        reply = reply_for_exit(ending, cpu_limit_s=process.cpu_limit_s, had_closed=had_closed)
        self._timeouts += reply.status is SolutionStatus.TIMEOUT
        if reply.status is SolutionStatus.MEMORY and not self._blame_answer:
            return self._interrupt("its process was killed")
        return reply

    def _end(self) -> ExitInfo:
        """Kill the process and wait until it is gone."""
        process, self._process = self._process, None
        assert process is not None
        self._wall_s += process.wall_s()
        ending = self._zygote.end(process.pid)
        process.close()
        self.head = (self.head + process.head)[:HEAD_BYTES]
        self.cpu_s += process.cpu_until(ending.cpu_s)
        self.peak_mb = max(self.peak_mb, ending.peak_mb)
        return ending
