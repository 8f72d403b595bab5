"""Grade the tasks of one call side by side, and equal tasks of all calls once."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from grader.types import GradeStatus
from sandbox.scheduler.loop import Future, pause, settled
from sandbox.scheduler.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from grader.core.batch import BatchLoader
    from grader.core.calls import Call
    from grader.core.extraction_queue import ExtractionQueue
    from grader.core.grade_task import TaskGrader
    from grader.core.tasks import GradingTask
    from grader.judge import Judge, RatingBatch
    from grader.references.locate import Location
    from grader.types import Grade
    from sandbox.sandbox import Sandbox

__all__ = ["BatchGrader", "SharedTasks"]

_MAX_READ_TASKS: Final = 512
"""Number of tasks of one call that are read and not graded yet: enough to put those of one problem together, and few
enough that the memory does not grow with the call."""


@dataclass(slots=True)
class _Running:
    """A task that is being graded."""

    deadline: float
    grade: Future[Grade] = field(default_factory=Future)
    waiting: int = 0
    """Number of calls that wait for it."""


class SharedTasks:
    """Grades tasks; equal ones that are in the sandbox at the same time once, whichever call they come from.

    Args:
        sandbox: the sandbox that the tasks are graded in.
        task_grader: grades one task.
        parallel: maximum number of tasks in the sandbox at a time.
    """

    def __init__(self, sandbox: Sandbox, task_grader: TaskGrader, *, parallel: int) -> None:
        self._sandbox = sandbox
        self._task_grader = task_grader
        # Without a limit the analyzers would run far ahead and take CPU time from the answers, so that a batch that is
        # cut off at its deadline would have fewer grades.
        self._slots = Pool(range(parallel))
        self._running: dict[tuple[object, ...], _Running] = {}

    async def grade(self, task: GradingTask, deadline: float, owner: Call) -> Grade:
        """Grade one task; the grade's sample id is ``None``.

        Args:
            task: the answer and its problem.
            deadline: time by which the grade is needed (`time.monotonic`).
            owner: the call that the task belongs to.
        """
        key = task.key
        while True:
            running = self._running.get(key)
            if running is None:
                try:
                    slot = await self._slots.acquire(deadline=deadline, owner=owner)
                except TimeoutError:
                    return self._task_grader.late_grade(task, deadline)
                running = self._running.get(key)  # it may run by now, as a task of another call that was served first
                if running is not None:
                    self._slots.release(slot, owner)
                else:
                    running = self._running[key] = _Running(deadline)
                    running.grade = self._sandbox.loop.spawn(self._run(task, running, owner, slot))
            if not await self._is_there(key, running, deadline):
                return self._task_grader.late_grade(task, deadline)
            grade = running.grade.outcome()
            # Cut off at the deadline of another call, which came before that of this one.
            if grade.status is GradeStatus.UNSCORED and running.deadline < deadline:
                continue
            return grade

    async def _is_there(self, key: tuple[object, ...], running: _Running, deadline: float) -> bool:
        """Wait for a grade until the deadline; whoever gives up last ends the task."""
        # A task with the same deadline, or an earlier one, ends by itself then, and says what it was lacking.
        until = deadline if running.deadline > deadline else math.inf
        running.waiting += 1
        try:
            return await settled(running.grade, until)
        finally:
            running.waiting -= 1
            if not running.waiting and not running.grade.done:
                # Forgotten at once, so that no call joins a task that ends without a grade.
                self._forget(key, running)
                self._sandbox.loop.cancel(running.grade)

    async def _run(self, task: GradingTask, running: _Running, owner: Call, slot: int) -> Grade:
        try:
            return await self._task_grader.grade(task, running.deadline, owner)
        finally:
            self._slots.release(slot, owner)
            self._forget(task.key, running)

    def _forget(self, key: tuple[object, ...], running: _Running) -> None:
        if self._running.get(key) is running:
            del self._running[key]


class BatchGrader:
    """Grades the samples of one call. Good for one run, in the sandbox's loop.

    Args:
        sandbox: the sandbox whose loop it runs in.
        tasks: grades one task.
        loader: gives the tasks; some of them when their references arrive.
        call: gets the grades.
        judge: rates the answers; ``None``: they are not rated.
        ratings: rating requests of the call; given if and only if there is a judge.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        tasks: SharedTasks,
        loader: BatchLoader,
        call: Call,
        *,
        judge: Judge | None,
        ratings: RatingBatch | None,
    ) -> None:
        self._loop = sandbox.loop
        self._tasks = tasks
        self._loader = loader
        self._call = call
        self._judge = judge
        self._ratings = ratings
        self._spawned: set[Future[None]] = set()
        """Coroutines, among them all that have not ended."""
        self._open = 0
        """Number of tasks that were read and are not graded yet."""
        self._half: Future[None] = Future()
        """Done when half of the tasks that may be open are not."""

    async def run(self) -> None:
        """Grade all samples. If this is cancelled or fails, so is all that it has begun."""
        try:
            services = [self._spawn(self._loader.deliver())]
            if self._ratings is not None:
                services.append(self._spawn(self._ratings.deliver()))
            await self._grade_samples()
            if self._ratings is not None:
                self._ratings.finish()
            for service in services:
                await service
        finally:
            for future in self._spawned:
                self._loop.cancel(future)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> Future[None]:
        if len(self._spawned) > 2 * _MAX_READ_TASKS:
            self._spawned = {future for future in self._spawned if not future.done}
        future = self._loop.spawn(coroutine)
        self._spawned.add(future)
        return future

    async def _grade_samples(self) -> None:
        self._put_rejected()
        # Fetches first: they take longest, and the tasks at hand are graded in the meantime.
        fetched = [self._spawn(self._grade_fetched(location)) for location in self._loader.locations]
        present = await self._loader.read()
        self._put_rejected()
        await self._grade_all(present)
        for future in fetched:
            await future

    async def _grade_fetched(self, location: Location) -> None:
        samples = await self._loader.load(location)
        self._put_rejected()
        await self._grade_all(samples)

    async def _grade_all(self, samples: ExtractionQueue) -> None:
        futures: list[Future[None]] = []
        while samples:
            if self._open > _MAX_READ_TASKS // 2:
                await self._until_half_are_graded()
            started = time.monotonic()
            tasks = samples.next_tasks(_MAX_READ_TASKS - self._open)
            self._open += len(tasks)
            futures += map(self._spawn, map(self._grade, tasks))
            if samples:
                # Tasks that have begun get as much time as the reading of further ones.
                busy = not all(future.done for future in futures)
                await pause(time.monotonic() - started if busy else 0.0)
        for index, grade in samples.rejected:
            self._put_unread(index, grade)
        for future in futures:
            await future

    async def _until_half_are_graded(self) -> None:
        if self._half.done:
            self._half = Future()
        await self._half

    async def _grade(self, task: GradingTask) -> None:
        try:
            grade = await self._tasks.grade(task, self._call.deadline, self._call)
        finally:
            self._open -= 1
            if self._open <= _MAX_READ_TASKS // 2:
                self._half.set(None)
        if self._judge is not None and self._ratings is not None:
            grade = await self._judge.rate(task.prompt, grade, self._ratings)
        for index, sample_id in task.samples:
            self._call.put(index, replace(grade, sample_id=sample_id))

    def _put_rejected(self) -> None:
        while self._loader.rejected:
            self._put_unread(*self._loader.rejected.popleft())

    def _put_unread(self, index: int, grade: Grade) -> None:
        self._call.put(index, grade if self._judge is None else self._judge.with_rating(grade))
