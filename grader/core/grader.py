"""The grader: grade samples in a sandbox, for any number of callers at a time."""

from __future__ import annotations

import os
import platform
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from grader.config.settings import GraderConfig
from grader.core.calls import Call
from grader.core.grading_loop import GradingLoop
from grader.core.sandbox_factory import make_sandbox
from grader.types import HostReport
from sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from grader.types import BadSample, Grade, Sample
    from sandbox.conformance.kit import AttackResult, ConformanceReport

__all__ = ["Grader"]

_NO_DEADLINE_S = 1e9
_ATTACK_MARGIN_S = 3.0
"""Time for attacks of the conformance kit that have begun already to end."""


class Grader:
    """Grades samples. Keeps its processes between calls.

    Any number of threads and event loops may call it at a time: their samples are graded side by side, each call by its
    own deadline, and none waits for the endless answers of another. A call with few samples in the sandbox comes before
    one with many. Equal samples that are graded at the same time are graded once.

    A forked copy, and one that was pickled, has the settings and starts processes of its own at its first use.

    Args:
        config: the settings.
        environ: the environment, which shows whether this is Lambda; ``None``: that of this process.
        file_root: folder of the files that references may name, where the settings name none; ``None``: no files.
        sandbox: sandbox made of these settings (`grader.core.sandbox_factory`), for this grader alone; ``None``: the
            grader makes one.
    """

    def __init__(
        self,
        config: GraderConfig | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        file_root: Path | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.config = config if config is not None else GraderConfig()
        self._file_root = file_root
        self._use(make_sandbox(self.config, environ) if sandbox is None else sandbox)
        _graders.add(self)

    def _use(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._loop = GradingLoop(sandbox, self.config, self._file_root)
        # A grader that is dropped without having been closed leaves no thread and no processes.
        self._finalizer = weakref.finalize(self, self._loop.request_close)
        self._finalizer.atexit = False

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (self.config, self._file_root)

    def grade(self, sample: Sample, *, deadline_s: float | None = None) -> Grade:
        """Grade one sample; see `grade_batch`."""
        return self.grade_batch([sample], deadline_s=deadline_s)[0]

    def grade_batch(self, samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None) -> list[Grade]:
        """Grade samples, on all CPUs this process may use; equal ones once.

        Args:
            samples: what to grade.
            deadline_s: seconds from now by which the caller needs the result; what could not be graded by then, less
                the configured margin, is unscored. ``None``: no deadline.

        Returns:
            One grade for each sample, in their order.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
            RuntimeError: the grader was closed in the meantime, or the host has no room for a thread.
        """
        call = Call(samples, self._deadline(deadline_s))
        self._loop.submit(call)
        try:
            return _in_order(call)
        except BaseException:
            self._loop.give_up(call)  # Ctrl-C
            raise

    async def grade_async(self, sample: Sample, *, deadline_s: float | None = None) -> Grade:
        """Grade one sample; see `grade_batch_async`."""
        return (await self.grade_batch_async([sample], deadline_s=deadline_s))[0]

    async def grade_batch_async(
        self, samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None
    ) -> list[Grade]:
        """Grade samples as `grade_batch` does, for a caller in an event loop of asyncio, which goes on meanwhile.

        If the caller is cancelled, the samples are not graded any further, and what they held is free.

        Args:
            samples: what to grade.
            deadline_s: as in `grade_batch`.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
            RuntimeError: the grader was closed in the meantime, or the host has no room for a thread.
        """
        import asyncio  # noqa: PLC0415 - slow to import; whoever awaits this has it

        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not ended.done():
                ended.set_result(None)

        def on_end() -> None:
            with suppress(RuntimeError):  # the event loop is closed, so nobody waits
                loop.call_soon_threadsafe(wake)

        call = Call(samples, self._deadline(deadline_s), on_end=on_end)
        self._loop.submit(call)
        try:
            await ended
        except BaseException:
            self._loop.give_up(call)
            raise
        return _in_order(call)

    def grade_iter(
        self, samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None
    ) -> Generator[tuple[int, Grade], None, None]:
        """Grade samples as `grade_batch` does, and yield each grade as soon as it is there.

        Grading begins with the first grade that is asked for, and goes on between two of them. If the iterator is
        closed early, the samples that are left are not graded, and what they held is free soon after.

        Args:
            samples: what to grade.
            deadline_s: as in `grade_batch`; counts from the call of this method.

        Yields:
            The position of a sample and its grade; each position once, in any order.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
            RuntimeError: the grader was closed in the meantime, the host has no room for a thread, or the iterator was
                begun before a fork.
        """
        # Here and not in the generator, which runs only when the first grade is asked for.
        return self._grade_iter(Call(samples, self._deadline(deadline_s)))

    def _grade_iter(self, call: Call) -> Generator[tuple[int, Grade], None, None]:
        self._loop.submit(call)
        try:
            yield from call
        finally:
            self._loop.give_up(call)

    def _deadline(self, deadline_s: float | None) -> float:
        """Return the time at which the grades of a call that begins now are needed (`time.monotonic`)."""
        left_s = _NO_DEADLINE_S if deadline_s is None else max(0.0, deadline_s - self.config.deadline_margin_s)
        return time.monotonic() + left_s

    @property
    def workers(self) -> int:
        """Number of answers that run at a time."""
        return self._sandbox.settings.workers

    def host(self) -> HostReport:
        """Describe the host; starts the processes if they do not run.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        """
        self._start()
        tier, layers = self._sandbox.tier, self._sandbox.layers
        if tier is None:
            raise RuntimeError("the grader was closed while it started")
        return HostReport(tier, layers, self._sandbox.settings.workers, platform.python_version(), platform.release())

    def _start(self) -> None:
        """Start the processes, unless they run."""
        self.grade_batch([])

    def check_conformance(
        self, *, deadline_s: float | None = None, on_result: Callable[[AttackResult], None] | None = None
    ) -> ConformanceReport:
        """Run every bundled attack in a sandbox built as this grader's own; see `sandbox.conformance.kit`.

        Args:
            deadline_s: seconds from now by which the report is needed, less the configured margin. Attacks that
                have not begun by then are marked so. ``None``: no deadline.
            on_result: called with each result as soon as it is there.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        """
        from sandbox.conformance.kit import check_conformance  # noqa: PLC0415 - rarely wanted

        if deadline_s is not None:
            deadline_s = max(0.0, deadline_s - self.config.deadline_margin_s - _ATTACK_MARGIN_S)
        return check_conformance(self._sandbox.settings, deadline_s=deadline_s, on_result=on_result)

    def close(self) -> None:
        """End every process. The grader can be used again."""
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def leave_to_parent(self) -> None:
        """Leave processes, threads and locks to the process that this one was forked from; called after each fork."""
        self._finalizer.detach()
        _left_behind.append(self._loop)
        self._loop.abandon()
        self._use(Sandbox(self._sandbox.settings))


_graders: weakref.WeakSet[Grader] = weakref.WeakSet()
_left_behind: list[GradingLoop] = []
"""Loops of the process that this one was forked from. Their coroutines must not be closed here, nor by the garbage
collector: they would clear up what belongs to that process."""


def _after_fork_in_child() -> None:
    for grader in list(_graders):
        grader.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork_in_child)


def _unpickle(config: GraderConfig, file_root: Path | None) -> Grader:
    return Grader(config, file_root=file_root)


def _in_order(call: Call) -> list[Grade]:
    grades = call.take()
    return [grades[index] for index in range(len(call.samples))]
