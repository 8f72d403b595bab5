"""Run programs in a sandbox of their own, for callers that compare the output by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from grader.core.sandbox_factory import make_sandbox
from sandbox.sandbox import Sandbox
from sandbox.scheduler.loop import readable
from sandbox.types import Analysis, AnalysisRequest, AnalysisStatus, Execution, ExecutionStatus, Job
from sandbox.wire.programs import ProgramReport, ProgramSpec
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.config.settings import GraderConfig
    from sandbox.types import Limits

__all__ = ["Program", "ProgramRunner", "RunResult"]

_RUNNER: Final = "sandbox.processes.harness.programs:run_program"


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run."""

    source: str
    spec: ProgramSpec
    limits: Limits


@dataclass(frozen=True, slots=True)
class RunResult:
    """Result of a run."""

    report: ProgramReport | None = None
    """``None`` if the program was not run to its end."""
    refusal: str = ""
    """Reason why it was not run, by its own doing: no Python, or against the policy."""
    fault: str = ""
    """Reason why the sandbox could not run it; says nothing about the program."""
    is_exhausted: bool = False
    """True if it has used up the time for all that it printed and left."""


@dataclass(slots=True, eq=False)
class _Run:
    program: Program
    deadline: float
    on_end: Callable[[], None]
    result: RunResult = field(default_factory=lambda: RunResult(fault="the service was closed"))


class ProgramRunner:
    """Runs programs side by side, from any event loop. Its processes and its thread start with the first one.

    Args:
        config: the settings; limits of a run come with its program.
    """

    def __init__(self, config: GraderConfig) -> None:
        self._config = config
        # The zygotes of the grader's own sandbox run test specs, and nothing else.
        settings = replace(make_sandbox(config).settings, runner=_RUNNER, in_process_runner="")
        self._settings = replace(settings, preparer="sandbox.processes.loading:prepare_nothing")
        self._lock = threading.Lock()
        """Guards what follows."""
        self._thread: threading.Thread | None = None
        self._wake_up = -1
        self._arrived: list[_Run] = []
        self._is_closing = False

    async def run(self, program: Program, *, deadline_s: float) -> RunResult:
        """Run a program.

        Args:
            program: the program.
            deadline_s: seconds from now by which the result is needed.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not ended.done():
                ended.set_result(None)

        def on_end() -> None:
            with contextlib.suppress(RuntimeError):  # the event loop is closed, so nobody waits
                loop.call_soon_threadsafe(wake)

        run = _Run(program, time.monotonic() + deadline_s, on_end)
        with self._lock:
            self._arrived.append(run)
            self._start_or_wake()
        await ended
        return run.result

    def close(self) -> None:
        """End every process and the thread. Runs that have not ended have a fault."""
        with self._lock:
            thread = self._thread
            self._is_closing = thread is not None
            if thread is not None:
                self._start_or_wake()
        if thread is not None:
            thread.join()

    def _start_or_wake(self) -> None:
        """See to it that the thread looks at what there is; the caller holds the lock."""
        if self._thread is None:
            self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            self._thread = threading.Thread(target=self._work, name="grader-programs", daemon=True)
            self._thread.start()
        os.eventfd_write(self._wake_up, 1)

    # In the thread

    def _work(self) -> None:
        open_runs: set[_Run] = set()
        sandbox = Sandbox(self._settings)
        fault = "the service was closed"
        try:
            sandbox.run([self._serve(sandbox, open_runs)], workers=1)
        except BaseException as error:  # noqa: BLE001 - reported as a fault of the sandbox
            fault = f"{type(error).__name__}: {error}"
        sandbox.close()
        with self._lock:
            late, self._arrived = self._arrived, []
            os.close(self._wake_up)
            self._thread, self._wake_up, self._is_closing = None, -1, False
        for run in (*open_runs, *late):
            run.result = RunResult(fault=fault)
            run.on_end()

    async def _serve(self, sandbox: Sandbox, open_runs: set[_Run]) -> None:
        while True:
            with self._lock:
                arrived, self._arrived = self._arrived, []
                if self._is_closing:
                    open_runs.update(arrived)
                    return
            open_runs.update(arrived)
            sandbox.launch(min(len(open_runs), self._settings.workers))
            for run in arrived:
                sandbox.loop.spawn(self._run(sandbox, run, open_runs))
            await readable(self._wake_up, math.inf)
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._wake_up)

    async def _run(self, sandbox: Sandbox, run: _Run, open_runs: set[_Run]) -> None:
        run.result = await self._result(sandbox, run)
        open_runs.discard(run)
        run.on_end()

    async def _result(self, sandbox: Sandbox, run: _Run) -> RunResult:
        program = run.program
        request = AnalysisRequest(
            program.source, policy=self._config.policy, allow_imports=tuple(self._config.allow_imports)
        )
        analysis = await sandbox.analyze(request, deadline=run.deadline, style=False).analysis
        if analysis.status is AnalysisStatus.INTERNAL:
            return RunResult(fault=analysis.detail)
        if analysis.status is not AnalysisStatus.OK:
            return RunResult(refusal=analysis.detail)
        if analysis.violations:
            return RunResult(refusal=_violation(analysis))
        job = Job(program.source, encode(list(program.spec)), program.limits, traceless=True)
        return _read(await sandbox.execute(job, deadline=run.deadline))


def _violation(analysis: Analysis) -> str:
    first = analysis.violations[0]
    return f"PolicyError: line {first.line}: {first.message}"


def _read(execution: Execution) -> RunResult:
    if execution.status is ExecutionStatus.COMPLETED:
        report = ProgramReport(*execution.report)
        if report.status == "files":
            return RunResult(fault=f"its files cannot be made: {report.detail}")
        if report.status == "not_run":
            return RunResult(fault=report.detail)
        return RunResult(report)
    if execution.status is ExecutionStatus.EXHAUSTED:
        return RunResult(is_exhausted=True)
    return RunResult(fault=execution.detail or execution.status.value)
