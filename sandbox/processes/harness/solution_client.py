"""The harness's client of the answer: starts solution processes, and sends requests."""

from __future__ import annotations

import _socket
import math
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.processes.harness.limited_requests import TOO_LARGE, LimitedRequests
from sandbox.processes.harness.load_failures import is_own_failure
from sandbox.processes.harness.requests_ahead import RequestsAhead
from sandbox.processes.harness.solution_process import SolutionProcess
from sandbox.wire.framing import frame
from sandbox.wire.protocol import CALL, DROP
from sandbox.wire.replies import Reply, SolutionStatus
from sandbox.wire.small_modules import needs_few_modules
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.processes.harness.answer import Answer
    from sandbox.processes.harness.zygote_client import Zygotes
    from sandbox.wire.limits import Limits

__all__ = ["SolutionClient"]


class SolutionClient(LimitedRequests):
    """The answer, as the runner of a test spec sees it.

    It has one process at a time. After a process was lost, `load` and `run` start a new one, within the limits.

    Args:
        answer: the answer.
        limits: limits on a request and on the sample.
        zygotes: fork the processes.
        traceless: whether the tests leave nothing behind in this process.
        ahead: whether requests may be sent before the tests make them.
        small: whether the small zygote may fork them. An answer that needs a module which is not there sets
            `needs_more_modules`.
        blame_answer: whether an unexplained SIGKILL or SIGSTOP counts against the answer. If not, it leaves the client
            `interrupted`.
    """

    def __init__(
        self,
        answer: Answer,
        limits: Limits,
        zygotes: Zygotes,
        *,
        blame_answer: bool,
        traceless: bool = False,
        ahead: bool = False,
        small: bool = False,
    ) -> None:
        super().__init__(limits, zygotes.large, blame_answer=blame_answer)
        self._zygotes = zygotes
        # Tests that have numpy hand over its values, which the small zygote's children cannot make.
        self._may_use_small = small and answer.needs_few_modules and "numpy" not in sys.modules
        self.tests_are_traceless = traceless
        """True if the tests leave nothing behind in this process."""
        self.sends_ahead = ahead
        """True if requests may be sent before the tests make them (`foresee`)."""
        self.source = answer.source
        self.generation = 0
        """Number of the present or last process. Objects of the answer belong to one generation."""
        self.load_failure = ""
        """Reason why the answer could never be loaded, by its own doing, or has nothing that tests can call."""
        self._answer = answer
        self._has_loaded = False
        self._last_process: SolutionProcess | None = None
        """The present process, or the last one."""

    def foresee(self, batches: Sequence[Sequence[bytes]], *, are_all: bool) -> None:
        """Name the requests that the tests are going to make, before the answer is loaded.

        Args:
            batches: encoded requests; those of one batch may be sent together.
            are_all: True if the tests make no other requests, whatever the answer is.
        """
        if self.sends_ahead:
            self._ahead = RequestsAhead(batches, are_all=are_all)

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

    @property
    def is_foreseen(self) -> bool:
        """True if there are requests left that were foreseen."""
        return self._ahead.are_left

    def call(
        self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any], fields: Sequence[Any] | None = None
    ) -> Reply:
        """Call a function of the answer.

        Args:
            target: a dotted name, or an object.
            args: positional arguments. Those that the call changes in place are changed here as well, if there is a
                host.
            kwargs: keyword arguments; changed likewise.
            fields: fields of the request, if they are not these.
        """
        reply = self.ask(CALL, *(fields or (target, list(args), dict(kwargs))))
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
        message = self._ahead.take(frame(self.callbacks.encode_request([verb, *fields])))
        if message is None:
            return self._start_over()
        if not message:
            return self._reply_to_sent(self._process)
        self._process.ignore_replies()
        # Objects that test code has freed are dropped along with the next request, which saves messages.
        if dropped := self.callbacks.dropped():
            message = frame(encode([DROP, dropped])) + message
        self._process.send_message(self._files.message() + message)
        return self._handle_request(self._process)

    def _reply_to_sent(self, process: SolutionProcess) -> Reply:
        """Return the reply to a request that was sent before the test made it."""
        self.request_count += 1
        body = process.take_reply()
        if process.is_slow:
            # It may be ahead of the tests by little, so each reply is accounted for as if it had been waited for.
            self.cpu_s += process.cpu_since()
            process.drain()
        if process.output_exceeded:
            return self._output_exceeded()
        if process.reply_too_large:
            return self._stop(SolutionStatus.OUTPUT_LIMIT, TOO_LARGE)
        if body is None:
            return self._handle_request(process)
        message = self._parse(body)
        if isinstance(message, Reply):
            if message.files is not None and (refused := self._adopt_files(message.files)) is not None:
                return refused
            return self._adopt_value(message)
        # The next requests are in the channel where it waits for the reply to this one.
        return self._start_over()

    @property
    def written(self) -> tuple[bytearray, bytearray]:
        """Standard output and standard error of the present process so far."""
        return (bytearray(), bytearray()) if self._process is None else (self._process.output, self._process.errors)

    @property
    def last_written(self) -> tuple[bytes, bytes]:
        """Standard output and standard error of the present process, or else of the last one."""
        process = self._last_process
        return (b"", b"") if process is None else (bytes(process.output), bytes(process.errors))

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
        settings = self._answer.settings(
            self.limits,
            # The kernel's limit is for the whole process. It lies one request above the sample's budget, so that the
            # harness notices first, and knows which request it was.
            cpu_s=self.limits.total_cpu_s - self.cpu_s + self.limits.cpu_s,
            preamble=preamble,
            own_names=tuple(own_names),
            names=tuple(names),
            program=stdin is not None,
            in_process_spec=in_process_spec,
            requests=self._ahead.last_count if stdin is None else 0,
        )
        requests = self._ahead.first() if stdin is None else b""
        ends_by_itself = settings.requests > 0 or settings.program
        self._is_small = self._may_use_small and settings.needs_few_modules and needs_few_modules(preamble)
        self._zygote = self._zygotes.small if self._is_small else self._zygotes.large
        # Not by the module `socket`, whose classes test code may patch.
        ours, theirs = _socket.socketpair()
        process = SolutionProcess(
            self._zygote, ours, cpu_limit_s=math.ceil(settings.cpu_s), output_bytes=self.limits.output_kb * 1024
        )
        try:
            # Before the fork: the process finds its first message when it begins.
            process.start(frame(settings.pack()) + requests, stdin)
            self._zygote.fork(theirs, once=ends_by_itself)
        finally:
            theirs.close()
        self._process = self._last_process = process
        self.generation += 1
        if ends_by_itself:
            process.wait_for_end()
            if not process.is_slow:
                process.drain()
                return self._reply_to_sent(process)
        # It replies to what was sent ahead while the tests make other requests.
        process.is_slow |= bool(requests)
        return self._handle_request(process)
