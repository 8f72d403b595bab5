"""Run the tests once for answers to one problem that compile to the same code.

Such answers differ in comments, in blanks behind lines, or in what is around the code of a completion. An answer's
process gets its code, not its text, so it would do the same for each of them. Groups of completions have many of these,
the more the longer a policy has been trained.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from sandbox.scheduler.loop import Future, settled
from sandbox.types import Execution, ExecutionStatus

if TYPE_CHECKING:
    from grader.core.calls import Call
    from grader.core.problems import PreparedProblem
    from sandbox.sandbox import Sandbox
    from sandbox.types import Job

__all__ = ["SharedRuns"]

_MAX_KEPT_RESULTS: Final = 4096
"""Number of test results that are kept for one call, the latest."""


class SharedRuns:
    """Runs tests on answers: once for equal code at the same time, and once for equal code in one call.

    Only runs that came to their end are shared. Whoever waits for another one makes its own.

    Args:
        sandbox: the sandbox to run them in.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._running: dict[tuple[object, ...], Future[Execution | None]] = {}
        """Runs that have not ended; ``None`` of one that is not to be shared."""
        # By call and no longer: whoever grades an answer again wants it to run again.
        self._ended: WeakKeyDictionary[Call, _EndedRuns] = WeakKeyDictionary()

    async def execute(self, job: Job, problem: PreparedProblem, *, deadline: float, owner: Call | None) -> Execution:
        """Run the tests on an answer, or return what they have said of equal code.

        Args:
            job: the answer and its tests.
            problem: the problem that the job was made for.
            deadline: time by which the caller needs the result (`time.monotonic`).
            owner: the call on whose behalf; executors are shared out fairly between calls.
        """
        # Tests in the answer's own process may look at its source.
        if owner is None or not job.code or problem.problem.isolation == "shared":
            return await self._sandbox.execute(job, deadline=deadline, owner=owner)
        key = (problem.key, job.code)
        ended = self._ended.setdefault(owner, _EndedRuns())
        while True:
            known = ended.get(key)
            if known is not None:
                return known
            running = self._running.get(key)
            if running is None:
                break
            if not await settled(running, deadline):
                return Execution(ExecutionStatus.DEADLINE, detail="the deadline came before an equal answer was run")
            execution = running.outcome()
            if execution is not None:
                return execution
        running = self._running[key] = Future()
        shared = None
        try:
            execution = await self._sandbox.execute(job, deadline=deadline, owner=owner)
            if execution.status is ExecutionStatus.COMPLETED:
                shared = execution
                ended.add(key, execution)
            return execution
        finally:
            del self._running[key]
            running.set(shared)


class _EndedRuns:
    """The latest runs of one call."""

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[object, ...], Execution] = OrderedDict()
        self._results = 0

    def get(self, key: tuple[object, ...]) -> Execution | None:
        return self._runs.get(key)

    def add(self, key: tuple[object, ...], execution: Execution) -> None:
        self._runs[key] = execution
        self._results += len(execution.report)
        while self._results > _MAX_KEPT_RESULTS:
            self._results -= len(self._runs.popitem(last=False)[1].report)
