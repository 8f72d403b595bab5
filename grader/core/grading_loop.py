"""The grading loop: one thread that owns the sandbox, and grades the samples of all calls in it, side by side."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Final

from grader.core.batch import BatchLoader
from grader.core.batch_grader import BatchGrader, SharedTasks
from grader.core.grade_task import TaskGrader
from grader.core.problems import ProblemCache
from grader.types import BadSample
from sandbox.scheduler.loop import CancelledError, readable
from sandbox.scheduler.pool import Pool

if TYPE_CHECKING:
    from pathlib import Path

    from grader.config.settings import GraderConfig
    from grader.core.calls import Call
    from grader.judge import Judge
    from grader.references.store import ReferenceStore
    from sandbox.sandbox import Sandbox
    from sandbox.scheduler.loop import Future

__all__ = ["GradingLoop"]

_TASKS_PER_EXECUTOR: Final = 6
"""Number of tasks in the sandbox for each executor.

Enough that an executor never waits for an analyzer, nor for tasks whose answers take long in spare executors.
"""
_MAX_CALLS: Final = 256
"""Number of calls whose samples are read. The others wait, and hold no more than what their callers hold anyway."""


class GradingLoop:
    """Grades the samples of calls from any thread. Its own thread starts with the first call.

    One thread only: of all threads the parent of the sandbox's processes must not end before them, because the kernel
    kills them when it does (prctl(2), PR_SET_PDEATHSIG means the thread, not the process).

    Args:
        sandbox: the sandbox; nobody else may use it.
        config: the settings.
        file_root: folder of the files that references may name, where the settings name none; ``None``: no files.
    """

    def __init__(self, sandbox: Sandbox, config: GraderConfig, file_root: Path | None) -> None:
        self.sandbox = sandbox
        self._config = config
        self._file_root = file_root
        self._workers = sandbox.settings.workers
        self._problems = ProblemCache(config.sandbox_limits(), config.preloaded())
        self._task_grader = TaskGrader(sandbox, config)
        self._judge = self._make_judge()
        self._store: ReferenceStore | None = None
        self._lock = threading.Lock()
        """Guards what follows, up to the next comment."""
        self._thread: threading.Thread | None = None
        self._wake_up = -1
        """An eventfd that the loop waits for; there while the thread runs."""
        self._arrived: list[Call] = []
        self._given_up: list[Call] = []
        self._is_closing = False
        # Only the thread touches what follows.
        self._calls: dict[Call, Future[None] | None] = {}
        """Calls that have not ended, and the coroutines that serve them."""
        self._renew()

    def _renew(self) -> None:
        self._places = Pool(range(_MAX_CALLS))
        self._tasks = SharedTasks(self.sandbox, self._task_grader, parallel=self._workers * _TASKS_PER_EXECUTOR)
        self._due = 0
        """Maximum number of tasks in all calls that are served."""

    # For callers, in any thread

    def submit(self, call: Call) -> None:
        """Have the samples of a call graded."""
        with self._lock:
            self._arrived.append(call)
            self._start_or_wake()

    def give_up(self, call: Call) -> None:
        """End a call whose caller does not want its grades any more; nothing if it has ended."""
        if call.is_copy:
            return
        with self._lock:
            if call in self._arrived:
                self._arrived.remove(call)
            elif self._thread is not None:
                self._given_up.append(call)
                self._start_or_wake()

    def close(self) -> None:
        """End every process and the thread; calls that have not ended fail. The loop can be used again."""
        with self._lock:
            thread, arrived, self._arrived = self._thread, self._arrived, []
            self._is_closing = thread is not None
            if thread is not None:
                self._start_or_wake()
        for call in arrived:
            call.end(_closed())
        if thread is None:
            self.sandbox.close()  # its processes may have been launched
        else:
            thread.join()

    def request_close(self) -> None:
        """Have the thread end everything, for an owner that is gone and does not wait."""
        # Without the lock: a garbage collector calls this at any place, and no other caller is left.
        self._is_closing = self._thread is not None
        if self._wake_up >= 0:
            os.eventfd_write(self._wake_up, 1)

    def abandon(self) -> None:
        """Let go of everything, in a forked copy. The copy cannot be used after that."""
        self.sandbox.abandon()
        if self._wake_up >= 0:
            os.close(self._wake_up)

    def _start_or_wake(self) -> None:
        """See to it that the loop looks at what there is; the caller holds the lock."""
        if self._thread is None:
            self._wake_up = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            # A daemon: a caller that is interrupted does not wait for its answers.
            self._thread = threading.Thread(target=self._work, name="grader", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # can't start new thread
                self._end_thread()
                self._arrived.clear()
                raise
        os.eventfd_write(self._wake_up, 1)

    def _end_thread(self) -> None:
        os.close(self._wake_up)
        self._thread, self._wake_up, self._is_closing = None, -1, False
        self._given_up.clear()

    # In the thread

    def _work(self) -> None:
        error: BaseException
        try:
            # With the first calls, so that the processes for them start together.
            self._take_arrived()
            self._renew()
            self.sandbox.run([self._serve()], workers=self._expected_workers())
            error = _closed()
        except BaseException as failure:  # noqa: BLE001 - raised in the callers
            error = failure
        self.sandbox.close()
        calls, self._calls = self._calls, {}
        with self._lock:
            # Those that have come since the end of the loop belong to the next thread.
            late, self._arrived = self._arrived, []
            self._end_thread()
            self._arrived = late
            if late:
                self._start_or_wake()
        for call in calls:
            call.end(error)

    def _expected_workers(self) -> int:
        samples = sum(not isinstance(sample, BadSample) for call in self._calls for sample in call.samples)
        return min(samples, self._workers)

    def _take_arrived(self) -> bool:
        """Take over what callers have brought; return whether the loop goes on."""
        with self._lock:
            arrived, self._arrived = self._arrived, []
            given_up, self._given_up = self._given_up, []
            is_closing = self._is_closing
        self._calls.update(dict.fromkeys(arrived))
        for call in given_up:
            future = self._calls.get(call)
            if future is not None:
                self.sandbox.loop.cancel(future)
            else:
                self._calls.pop(call, None)
        return not is_closing

    async def _serve(self) -> None:
        while self._take_arrived():
            for call in [call for call, future in self._calls.items() if future is None]:
                self._calls[call] = self.sandbox.loop.spawn(self._serve_call(call))
            await readable(self._wake_up, math.inf)
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._wake_up)

    async def _serve_call(self, call: Call) -> None:
        place: int | None = None
        try:
            with contextlib.suppress(TimeoutError):  # then its samples are not read, and their grades say so
                place = await self._places.acquire(deadline=call.deadline)
            await self._grade(call)
            self._end(call)
        except CancelledError:
            self._end(call)
            raise
        except Exception as error:  # noqa: BLE001 - raised in the caller
            self._end(call, error)
        finally:
            if place is not None:
                self._places.release(place)

    def _end(self, call: Call, error: BaseException | None = None) -> None:
        self._calls.pop(call, None)
        call.end(error)
        if not self._calls:
            self.sandbox.reap_strays()

    async def _grade(self, call: Call) -> None:
        # The order matters at an early end: the coroutines end first, which read from the pipes of the loader and of
        # the ratings, and only then are these pipes closed.
        with (
            nullcontext() if self._judge is None else self._judge.batch(call.deadline) as ratings,
            closing(
                BatchLoader(
                    call.samples,
                    problems=self._problems,
                    store=self._get_store,
                    deadline=call.deadline,
                    max_chars=self._config.max_completion_chars,
                    with_prompts=self._judge is not None,
                )
            ) as loader,
        ):
            tasks = loader.max_tasks
            self._due += tasks
            try:
                self.sandbox.launch(min(self._due, self._workers))
                await BatchGrader(self.sandbox, self._tasks, loader, call, judge=self._judge, ratings=ratings).run()
            finally:
                self._due -= tasks

    def _get_store(self) -> ReferenceStore:
        """Return the reference store; it is made for the first reference that is stored elsewhere."""
        from grader.references.store import ReferenceStore  # noqa: PLC0415 - most references come with their samples

        if self._store is None:
            self._store = ReferenceStore(self._config.store.with_default_root(self._file_root))
        return self._store

    def _make_judge(self) -> Judge | None:
        if not self._config.judge.model:
            return None
        from grader.judge import Judge  # noqa: PLC0415 - rarely wanted

        return Judge(self._config)


def _closed() -> RuntimeError:
    return RuntimeError("the grader was closed while it graded")
