"""The grader: grade batches of samples in a sandbox."""

from __future__ import annotations

import platform
import threading
import time
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Self

from grader.config.settings import GraderConfig
from grader.core.batch import BatchLoader
from grader.core.grade_task import BatchGrader, TaskGrader
from grader.core.problems import ProblemCache
from grader.core.sandbox_factory import make_sandbox
from grader.types import HostReport

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from grader.judge import Judge
    from grader.references.store import ReferenceStore
    from grader.types import BadSample, Grade, Sample
    from sandbox.conformance.kit import AttackResult, ConformanceReport
    from sandbox.sandbox import Sandbox

__all__ = ["Grader"]

_TASKS_PER_EXECUTOR = 6
"""Number of tasks in the sandbox for each executor.

Enough that an executor never waits for an analyzer, nor for tasks whose answers take long in spare executors.
"""
_NO_DEADLINE_S = 1e9
_ATTACK_MARGIN_S = 3.0
"""Time for attacks of the conformance kit that have begun already to end."""


class Grader:
    """Grades samples. Keeps its processes between calls. Several threads may call it; one is served at a time.

    Args:
        config: the settings.
        environ: the environment, which shows whether this is Lambda; ``None``: that of this process.
        file_root: folder of the files that references may name, where the settings name none; ``None``: no files.
        sandbox: sandbox made of these settings (`grader.core.sandbox_factory`); ``None``: the grader makes one.
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
        self._workers = self._sandbox.settings.workers
        self._task_grader = TaskGrader(self._sandbox, self.config)
        self._problems = ProblemCache(self.config.sandbox_limits())
        self._file_root = file_root
        self._store: ReferenceStore | None = None
        self._judge = self._make_judge()
        self._lock = threading.Lock()
        self._user: int | None = None
        """Thread that holds the lock."""

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
        """
        grades = dict(self.grade_iter(samples, deadline_s=deadline_s))
        return [grades[index] for index in range(len(samples))]

    def grade_iter(
        self, samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None
    ) -> Generator[tuple[int, Grade], None, None]:
        """Grade samples as `grade_batch` does, and yield each grade as soon as it is there.

        Grading begins with the first grade that is asked for. Until the iterator is exhausted or closed it has the
        grader for itself: other threads wait, and another call from the same thread is an error. Answers that run
        are watched only while the iterator is advanced, so do nothing slow between two grades.

        Closing the iterator early ends all processes of the grader; the next call starts new ones.

        Args:
            samples: what to grade.
            deadline_s: as in `grade_batch`; counts from the call of this method.

        Yields:
            The position of a sample and its grade; each position once, in any order.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
            RuntimeError: this thread has not finished another iterator of the same grader.
        """
        # Here and not in the generator, which runs only when the first grade is asked for.
        left_s = _NO_DEADLINE_S if deadline_s is None else max(0.0, deadline_s - self.config.deadline_margin_s)
        return self._grade_iter(samples, time.monotonic() + left_s)

    def _grade_iter(
        self, samples: Sequence[Sample | BadSample], deadline: float
    ) -> Generator[tuple[int, Grade], None, None]:
        # The order matters at an early end: the sandbox closes its coroutines first, which read from the pipes of the
        # loader and of the ratings, and only then are these pipes closed.
        with (
            self._exclusive_use(),
            nullcontext() if self._judge is None else self._judge.batch(deadline) as ratings,
            closing(
                BatchLoader(
                    samples,
                    problems=self._problems,
                    store=self._get_store,
                    deadline=deadline,
                    max_chars=self.config.max_completion_chars,
                    with_prompts=self._judge is not None,
                )
            ) as loader,
        ):
            batch = BatchGrader(
                self._sandbox,
                self._task_grader,
                loader,
                deadline=deadline,
                parallel=self._workers * _TASKS_PER_EXECUTOR,
                judge=self._judge,
                ratings=ratings,
            )

            workers = min(loader.max_tasks, self._workers)
            yield from self._sandbox.run_iter(batch.coroutines(), workers=workers)

    @contextmanager
    def _exclusive_use(self) -> Iterator[None]:
        """Have the sandbox to oneself.

        Raises:
            RuntimeError: this thread has it already, and would wait for itself.
        """
        # An RLock would let the second call in, and two runs of one loop would take each other's replies. A lock can be
        # released by any thread, so an iterator may be closed by another one, such as the garbage collector's.
        thread = threading.get_ident()
        if self._user == thread:
            raise RuntimeError("this thread has an unfinished iterator of Grader.grade_iter; exhaust or close it first")
        with self._lock:
            self._user = thread
            try:
                yield
            finally:
                self._user = None

    def host(self) -> HostReport:
        """Describe the host; starts the processes if they do not run.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        """
        with self._exclusive_use():
            self._sandbox.start()
            tier = self._sandbox.tier
        assert tier is not None
        return HostReport(tier, self._sandbox.layers, self._workers, platform.python_version(), platform.release())

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
        self._sandbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _get_store(self) -> ReferenceStore:
        """Return the reference store; it is made for the first reference that is stored elsewhere."""
        from grader.references.store import ReferenceStore  # noqa: PLC0415 - most references come with their samples

        if self._store is None:
            self._store = ReferenceStore(self.config.store.with_default_root(self._file_root))
        return self._store

    def _make_judge(self) -> Judge | None:
        if not self.config.judge.model:
            return None
        from grader.judge import Judge  # noqa: PLC0415 - rarely wanted

        return Judge(self.config)
