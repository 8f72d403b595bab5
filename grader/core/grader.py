"""The grader: grade batches of samples in a sandbox."""

from __future__ import annotations

import platform
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

from grader.config.settings import GraderConfig
from grader.core.batch import BatchLoader
from grader.core.grade_task import TaskGrader
from grader.core.problems import ProblemCache
from grader.core.sandbox_factory import make_sandbox
from grader.types import HostReport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from grader.core.batch import GradingTask, TaskQueue
    from grader.judge import Judge, RatingBatch
    from grader.references.store import ReferenceStore
    from grader.types import BadSample, Grade, Sample
    from sandbox.conformance.kit import AttackResult, ConformanceReport
    from sandbox.sandbox import Sandbox

__all__ = ["Grader"]

_COROUTINES_PER_EXECUTOR = 6
"""So many that a lane never waits for an analyst, nor for those whose answers take long in spare lanes."""
_NO_DEADLINE_S = 1e9
_ATTACK_MARGIN_S = 3.0
"""What attacks that have begun may still take."""


class Grader:
    """Grades samples. Keeps its processes between calls; may be called from several threads, which take turns.

    Args:
        config: the settings.
        environ: the environment, which tells of Lambda; ``None`` is this process's.
        file_root: folder of the files that references may name, where the settings name none; ``None``: no files.
        sandbox: one that was made of these settings (`grader.core.sandbox_factory`); ``None``: it makes its own.
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
        self._sandbox = make_sandbox(self.config, environ) if sandbox is None else sandbox
        self._executors = self._sandbox.settings.workers
        self._grading = TaskGrader(self._sandbox, self.config)
        self._problems = ProblemCache(self.config.sandbox_limits())
        self._file_root = file_root
        self._store: ReferenceStore | None = None
        self._judge = self._make_judge()
        self._turn = threading.Lock()

    def grade(self, sample: Sample, *, deadline_s: float | None = None) -> Grade:
        """Grade one sample; see `grade_batch`."""
        return self.grade_batch([sample], deadline_s=deadline_s)[0]

    def grade_batch(
        self,
        samples: Sequence[Sample | BadSample],
        *,
        deadline_s: float | None = None,
        on_grade: Callable[[int, Grade], None] | None = None,
    ) -> list[Grade]:
        """Grade samples, on all CPUs this process may use; equal ones once.

        Args:
            samples: what to grade.
            deadline_s: seconds from now by which the caller needs the result; what could not be graded by then, less
                the configured margin, is unscored. ``None``: no hurry.
            on_grade: called with the place and the grade of each sample as soon as it is there.

        Returns:
            One grade for each sample, in their order.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
        """
        now = time.monotonic()
        deadline = now + (
            _NO_DEADLINE_S if deadline_s is None else max(0.0, deadline_s - self.config.deadline_margin_s)
        )
        grades: list[Grade | None] = [None] * len(samples)

        def settle(place: int, grade: Grade) -> None:
            grades[place] = grade
            if on_grade is not None:
                on_grade(place, grade)

        def refuse(place: int, grade: Grade) -> None:
            settle(place, grade if self._judge is None else self._judge.judged(grade))

        with (
            self._turn,
            nullcontext() if self._judge is None else self._judge.batch(deadline) as judging,
            BatchLoader(
                samples,
                problems=self._problems,
                store=self._get_store,
                settle=refuse,
                deadline=deadline,
                max_chars=self.config.max_completion_chars,
                include_request=self._judge is not None,
            ) as intake,
        ):
            flows = [
                self._grade_tasks(intake.queue, samples, deadline, settle, judging)
                for _ in range(min(intake.flows, self._executors * _COROUTINES_PER_EXECUTOR))
            ]
            feeds = [intake.feed()] if judging is None else [intake.feed(), judging.feed(len(flows))]
            self._sandbox.run([*feeds, *flows], workers=min(len(flows), self._executors))
        assert None not in grades
        return [grade for grade in grades if grade is not None]

    def host(self) -> HostReport:
        """What this grader runs on.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        """
        with self._turn:
            self._sandbox.start()
            tier = self._sandbox.tier
        assert tier is not None
        return HostReport(tier, self._sandbox.layers, self._executors, platform.python_version(), platform.release())

    def check_conformance(
        self, *, deadline_s: float | None = None, on_result: Callable[[AttackResult], None] | None = None
    ) -> ConformanceReport:
        """Run every bundled attack in a sandbox built as this grader's own; see `sandbox.conformance.kit`.

        Args:
            deadline_s: seconds from now by which the report is ready, less the configured margin; attacks that were not
                run by then say so. ``None``: no hurry.
            on_result: called with each outcome as soon as it is there.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        """
        from sandbox.conformance.kit import check_conformance  # noqa: PLC0415 - rarely wanted

        if deadline_s is not None:
            deadline_s = max(0.0, deadline_s - self.config.deadline_margin_s - _ATTACK_MARGIN_S)
        return check_conformance(self._sandbox.settings, deadline_s=deadline_s, on_result=on_result)

    def close(self) -> None:
        """End every process. The grader can be used again."""
        self._sandbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _get_store(self) -> ReferenceStore:
        """The store; made for the first reference that is kept elsewhere."""
        from grader.references.store import ReferenceStore  # noqa: PLC0415 - most references come with their samples

        if self._store is None:
            self._store = ReferenceStore(self.config.store_settings(self._file_root))
        return self._store

    async def _grade_tasks(
        self,
        queue: TaskQueue,
        samples: Sequence[Sample | BadSample],
        deadline: float,
        settle: Callable[[int, Grade], None],
        judging: RatingBatch | None,
    ) -> None:
        def hand_out(work: GradingTask, grade: Grade) -> None:
            for place in work.indices:
                settle(place, replace(grade, sample_id=samples[place].id))

        try:
            while (work := await queue.next()) is not None:
                grade = await self._grading.grade(work, deadline)
                if self._judge is None or judging is None:
                    hand_out(work, grade)
                else:
                    self._judge.rate_grade(work.request, grade, judging, partial(hand_out, work))
        finally:
            if judging is not None:
                judging.leave()

    def _make_judge(self) -> Judge | None:
        if not self.config.judge.model:
            return None
        from grader.judge import Judge  # noqa: PLC0415 - rarely wanted

        return Judge(self.config)
