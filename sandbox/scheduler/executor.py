"""An executor: a zygote and its harness, which run the tests against one answer at a time."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError, ProcessSpentError
from sandbox.scheduler.loop import CancelledError
from sandbox.scheduler.priority import SLOW_AFTER_S, PriorityControl
from sandbox.scheduler.zygote import Zygote
from sandbox.types import Execution, ExecutionStatus, Job
from sandbox.wire.jobs import JobReport, JobRequest
from sandbox.wire.zygote_protocol import HARNESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.scheduler.forked_process import ForkedProcess
    from sandbox.scheduler.zygote import ZygoteSettings

__all__ = ["Executor"]

_ATTEMPTS = 2
_JOBS_PER_HARNESS = 1000
"""Number of jobs after which a harness is replaced, so that whatever it has come to keep is freed."""
_CLEANUP_S = 0.5
"""Seconds that clearing up may take after the caller's deadline; then the zygote is ended, too."""
_PRIORITY_ONLY_S = 1.0
"""Seconds for which a slow answer's priority is controlled, without liveness checks of the harness."""


class _HarnessLostError(ProcessLostError):
    """The harness was lost after it had got the job."""


def _never() -> bool:
    return False


class Executor:
    """A zygote with the harness it has forked. A process that is lost is replaced at the next use."""

    def __init__(self, settings: ZygoteSettings) -> None:
        self.zygote = Zygote(settings)
        self._harness: ForkedProcess | None = None
        self._served = 0
        self._yield_slot: Callable[[], bool] = _never
        self._priority: PriorityControl | None = None
        """Priority control of an earlier slow answer, if the session's priority could not be restored yet."""
        self._awaits_reply = False
        """True while the harness works on a job, and nothing else is asked of a process."""

    @property
    def pids(self) -> set[int]:
        """Pids of its processes besides the zygote while it is idle, as the zygote counts."""
        return {self._harness.inner_pid} if self._harness is not None else set()

    async def execute(self, job: Job, deadline: float, *, yield_slot: Callable[[], bool] = _never) -> Execution:
        """Run the tests against one answer.

        If a process of ours is lost on the way, the job starts over, once. The second time the result is ``lost``, or
        ``internal`` if it had not been sent.

        Args:
            job: the answer and its tests.
            deadline: time by which the caller needs the result (`time.monotonic`).
            yield_slot: called now and then while the answer takes long, so that another executor can take the place of
                this one; returns whether others go first, so that the answer runs on at a lower priority.
        """
        self._yield_slot = yield_slot
        try:
            return await self._execute(job, deadline)
        except CancelledError:
            # The answer would run on, and its report would reach the next job.
            if self._awaits_reply:
                await self._dismiss_or_close()
            else:
                self.close()
            raise
        except BaseException:
            # Nobody knows what the processes are at, so nothing of them may reach the next job.
            self.close()
            raise

    async def _execute(self, job: Job, deadline: float) -> Execution:
        detail = ""
        status = ExecutionStatus.INTERNAL
        for _ in range(_ATTEMPTS):
            if time.monotonic() >= deadline:
                return Execution(ExecutionStatus.DEADLINE, detail="no time was left before the deadline")
            try:
                return await self._attempt(job, deadline)
            except ProcessSpentError:
                # The harness works on values that the answer chose, so it would run as long the second time.
                await self._dismiss_or_close()
                return _EXHAUSTED
            except _HarnessLostError as error:
                detail, status = str(error), ExecutionStatus.LOST
                self.close()
            except ProcessLostError as error:
                # Whichever process is lost, all start over: nothing of this attempt must reach the next one.
                detail, status = str(error), ExecutionStatus.INTERNAL
                self.close()
        return Execution(status, detail=detail)

    def close(self) -> None:
        """End all its processes. It can be used again."""
        if self._harness is not None:
            self._harness.close()
            self._harness = None
        self._priority = None
        self._awaits_reply = False
        self.zygote.kill()

    def abandon(self) -> None:
        """Close all descriptors, in a forked copy, and end no process."""
        if self._harness is not None:
            self._harness.close()
            self._harness = None
        self._priority = None
        self.zygote.abandon()

    async def _attempt(self, job: Job, deadline: float) -> Execution:
        started = time.monotonic()
        if self._priority is not None and self._priority.end():
            self._priority = None
        harness = await self._harness_for(deadline)
        forked = time.monotonic()
        # Far above any honest use: it only catches a harness that is neither lost nor idle and yet never replies.
        reply_deadline = min(deadline, forked + job.limits.backstop_s)
        request = JobRequest(job.source, job.limits, job.spec, job.traceless, job.code)
        await harness.send(request.pack(), reply_deadline)
        self._awaits_reply = True
        try:
            reply = await self._reply(harness, reply_deadline, job.limits.harness_cpu_s)
        except CancelledError:
            raise  # with the mark: `execute` looks at it
        except ProcessSpentError:
            raise
        except ProcessLostError as error:
            raise _HarnessLostError(str(error)) from None
        self._awaits_reply = False
        if reply is None:
            if reply_deadline < deadline:
                raise _HarnessLostError("a harness hangs")
            await self._dismiss(_CLEANUP_S)
            return Execution(ExecutionStatus.DEADLINE, detail="the deadline came before the tests were done")
        report = JobReport.unpack(reply)
        if report.memory_exceeded:
            await self._dismiss()
        return _execution(report, fork_ms=(forked - started) * 1000)

    async def _reply(self, harness: ForkedProcess, reply_deadline: float, cpu_s: float) -> bytes | None:
        """Receive the harness's report; while its answer takes long, let other answers go first."""
        # Most answers are done by then, and cost no check at all.
        if await harness.wait_readable(min(reply_deadline, time.monotonic() + SLOW_AFTER_S)):
            return await harness.receive(reply_deadline, cpu_s=cpu_s)
        assert self.zygote.pid is not None
        priority = PriorityControl(self.zygote.pid, harness.pid, self._yield_slot, small=self.zygote.small_pid)
        try:
            until = time.monotonic() + _PRIORITY_ONLY_S
            while time.monotonic() < until:
                priority.check()
                if await harness.wait_readable(min(reply_deadline, time.monotonic() + priority.pause_s)):
                    break
            return await harness.receive(reply_deadline, cpu_s=cpu_s, on_check=priority.check)
        finally:
            self._priority = None if priority.end() else priority

    async def _harness_for(self, deadline: float) -> ForkedProcess:
        """Return the harness; a new one if there is none, or if it has served many jobs."""
        self._awaits_reply = False
        self._served += 1
        if self._harness is not None and self._served <= _JOBS_PER_HARNESS:
            return self._harness
        await self._dismiss()
        self._harness = await self.zygote.fork(HARNESS, deadline)
        self._served = 1
        return self._harness

    async def _dismiss(self, timeout_s: float | None = None) -> None:
        """End the harness, and with it all that is left of its jobs; the zygote stays."""
        if self._harness is not None:
            self._harness.close()
            self._harness = None
            await self.zygote.kill_children(timeout_s)

    async def _dismiss_or_close(self) -> None:
        """End the harness and its jobs; the zygote, too, if it does not see to that."""
        self._awaits_reply = False
        try:
            await self._dismiss(_CLEANUP_S)
        except ProcessLostError:
            self.close()


_EXHAUSTED = Execution(ExecutionStatus.EXHAUSTED, detail="the tests ran too long on what the answer returned")


def _execution(report: JobReport, *, fork_ms: float) -> Execution:
    timings = {"fork": fork_ms, "run": report.wall_ms}
    if report.cpu_spent:
        return replace(_EXHAUSTED, timings_ms=timings)
    if report.error:
        return Execution(
            ExecutionStatus.BROKEN, detail=report.error, answer_started=report.answer_started, timings_ms=timings
        )
    return Execution(
        ExecutionStatus.COMPLETED,
        report=report.report,
        cpu_s=report.cpu_s,
        peak_mb=report.peak_mb,
        output=report.output,
        load_failure=report.load_failure,
        timings_ms=timings,
    )
