"""Grade one task: analyze, execute, score; and all tasks of a batch, side by side."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from grader.config.settings import Credit
from grader.core.problems import read_test_results
from grader.core.rulings import WHOLE_RUN_FAULTS, Ruling, rule, stub_is_done, stub_outcome, suspicions_of
from grader.core.scoring import (
    ZERO_PARTS,
    MetricInputs,
    RewardParts,
    build_metrics,
    functional_credit,
    style_score,
    syntax_score,
    weighted_reward,
    withholding_reason,
)
from grader.types import Grade, GradeStatus, TestResult
from sandbox.errors import SandboxError
from sandbox.scheduler.loop import Pool, pause
from sandbox.types import Analysis, AnalysisRequest, AnalysisStatus, Execution, ExecutionStatus, one_line
from testcases.blame import WHOLE_RUN_VERDICTS, Blame, Involvement, StubOutcome
from testcases.compare.credit import earned_share
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from grader.config.settings import GraderConfig
    from grader.core.batch import BatchLoader
    from grader.core.extraction_queue import ExtractionQueue
    from grader.core.problems import PreparedProblem
    from grader.core.tasks import GradingTask
    from grader.judge import Judge, RatingBatch
    from grader.references.locate import Location
    from sandbox.sandbox import Sandbox
    from sandbox.scheduler.loop import Future
    from sandbox.types import StyleFacts

__all__ = ["BatchGrader", "TaskGrader"]

_ANY_PASSED = 1e-9
"""Share of the tests that overrules the analyzer's finding that the entry point is missing: anything above 0.

One passed test shows that the entry point exists, even if static analysis did not find it. A finding that it is a stub
is overruled only when all tests pass.
"""
_PROBLEM_ID_CHARS = 16


@dataclass(slots=True)
class _TaskState:
    """Everything that is known of a task while it is graded."""

    task: GradingTask
    deadline: float
    started: float = field(default_factory=time.monotonic)
    analysis: Analysis | None = None
    execution: Execution | None = None
    style: StyleFacts | None = None
    tests: tuple[TestResult, ...] = ()
    parts: RewardParts = ZERO_PARTS
    reason: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)

    def end_stage(self, stage: str) -> None:
        """Record the time that no other stage has accounted for as the duration of this one."""
        elapsed_ms = (time.monotonic() - self.started) * 1000
        self.timings_ms[stage] = max(0.0, elapsed_ms - math.fsum(self.timings_ms.values()))


class TaskGrader:
    """Grades tasks in a sandbox, by a configuration."""

    def __init__(self, sandbox: Sandbox, config: GraderConfig) -> None:
        self._sandbox = sandbox
        self._config = config

    async def grade(self, task: GradingTask, deadline: float) -> Grade:
        """Grade one task; the grade's sample id is ``None``. Runs inside `Sandbox.run`.

        Args:
            task: the answer and its problem.
            deadline: time by which the grade is needed (`time.monotonic`).
        """
        state = _TaskState(task, deadline)
        answer = task.extraction.answer
        if answer is None:
            state.tests = self._uniform_results(state, Verdict.NOT_RUN, task.extraction.detail)
            state.reason = task.extraction.detail or "no code was found"
            return self._finish(state)
        problem = task.problem.problem
        pending = self._sandbox.analyze(
            AnalysisRequest(
                source=answer,
                entry_point=problem.entry_point,
                policy=self._config.policy,
                allow_imports=(*self._config.allow_imports, *problem.allow_imports),
            ),
            deadline=deadline,
            style=self._config.reward.style > 0,
        )
        state.analysis = analysis = await pending.analysis
        state.end_stage("analysed")
        # INTERNAL is a fault of the analyzer, so it must not count against the answer. All other statuses do.
        if analysis.status is AnalysisStatus.INTERNAL:
            return self._give_up(state, analysis.detail)
        if analysis.status is not AnalysisStatus.OK:
            state.tests = self._uniform_results(state, Verdict.EXCEPTION, analysis.detail)
            state.reason = analysis.detail
        elif analysis.violations:
            state.reason = withholding_reason(analysis)
            state.tests = self._uniform_results(state, Verdict.POLICY, state.reason)
        else:
            # The style is measured in the analyzer's process while the answer runs, so it costs no time of its own.
            state.execution = execution = await self._execute(task.problem, answer, deadline)
            state.timings_ms.update(execution.timings_ms)
            ruling = await self._rule(task.problem, execution, deadline)
            state.end_stage("executed")
            if ruling.blame is not Blame.ANSWER:
                return self._give_up(state, ruling.reason)
            if execution.status in WHOLE_RUN_FAULTS:
                verdict = WHOLE_RUN_VERDICTS[WHOLE_RUN_FAULTS[execution.status]]
                state.tests = self._uniform_results(state, Verdict(verdict), execution.detail)
            else:
                state.tests = read_test_results(execution)
            try:
                state.style = _without_prompt_names(await pending.style, task.problem)
            except SandboxError as error:
                return self._give_up(state, str(error))
            state.end_stage("styled")
            self._score(state, analysis)
        return self._finish(state)

    async def _execute(self, problem: PreparedProblem, answer: str, deadline: float) -> Execution:
        """Run the tests on an answer."""
        execution = await self._sandbox.execute(problem.job_for(answer), deadline=deadline)
        if execution.status is ExecutionStatus.LOST and stub_is_done(await self._stub_execution(problem, deadline)):
            # The tests have no part in it, so it is the answer's doing, unless the host has killed the harness twice.
            # What happens once more is no accident.
            execution = await self._sandbox.execute(problem.job_for(answer), deadline=deadline)
        return execution

    async def _rule(self, problem: PreparedProblem, execution: Execution, deadline: float) -> Ruling:
        """Find out who is to blame for what went wrong in an execution; the answer, if nothing else shows."""
        if execution.status in {ExecutionStatus.DEADLINE, ExecutionStatus.INTERNAL}:
            return Ruling(Blame.GRADER, execution.detail)
        for suspicion in suspicions_of(execution):
            shown = StubOutcome.NOT_DONE
            if suspicion.involvement is not Involvement.NONE:
                shown = stub_outcome(suspicion, await self._stub_execution(problem, deadline))
            ruling = rule(suspicion, shown)
            if ruling.blame is not Blame.ANSWER:
                return ruling
        return Ruling(Blame.ANSWER)

    async def _stub_execution(self, problem: PreparedProblem, deadline: float) -> Execution:
        """Run the tests with a stub in place of an answer, once for all answers to the problem."""
        if problem.stub_execution is not None:
            return problem.stub_execution
        execution = await self._sandbox.execute(problem.stub_job(), deadline=deadline)
        if stub_is_done(execution):
            problem.stub_execution = execution
        return execution

    def _score(self, state: _TaskState, analysis: Analysis) -> None:
        reward = self._config.reward
        problem = state.task.problem
        passed = [(test.test_index, test.verdict is Verdict.PASSED) for test in state.tests]
        share = earned_share(problem.problem, passed)
        baseline = problem.constant_share if reward.credit is Credit.ABOVE_CONSTANT else 0.0
        functional = functional_credit(share, reward.credit, constant_share=baseline)
        # The tests overrule the analyzer: an entry point may be defined in a way that static analysis cannot see, and a
        # stub may be the correct answer.
        withheld = withholding_reason(analysis)
        if not withheld and state.execution is not None and state.execution.load_failure:
            withheld = one_line(f"it cannot be used: {state.execution.load_failure}")
        if withheld and share < (1.0 if analysis.is_stub else _ANY_PASSED):
            state.parts, state.reason = RewardParts(0.0, functional, 0.0), withheld
            return
        state.parts = RewardParts(syntax_score(analysis), functional, style_score(state.style))
        failed = next((test for test in state.tests if test.verdict is not Verdict.PASSED), None)
        if failed is not None:
            state.reason = f"{failed.name}: {failed.verdict}{': ' if failed.detail else ''}{failed.detail}"

    def _uniform_results(self, state: _TaskState, verdict: Verdict, detail: str) -> tuple[TestResult, ...]:
        """Make equal results for all tests, where none of them has reported."""
        return (TestResult(verdict, detail=detail),) * state.task.problem.test_count

    def _give_up(self, state: _TaskState, detail: str) -> Grade:
        """Make the grade of a task that could not be graded, through no fault of the answer."""
        # After the deadline, whatever failed may have failed for want of time.
        is_late = time.monotonic() >= state.deadline
        state.tests = self._uniform_results(state, Verdict.NOT_RUN if is_late else Verdict.INTERNAL, detail)
        state.reason = detail
        grade = self._finish(state, grader_error=True)
        return replace(grade, status=GradeStatus.UNSCORED, reward=None)

    def _finish(self, state: _TaskState, *, grader_error: bool = False) -> Grade:
        task, analysis, execution = state.task, state.analysis, state.execution
        tier = self._sandbox.tier
        inputs = MetricInputs(
            extraction_rule=task.extraction.rule,
            code_truncated=task.extraction.truncated,
            policy_violation=analysis is not None and bool(analysis.violations),
            stub=analysis is not None and analysis.is_stub,
            grader_error=grader_error,
            isolation_tier=tier.rank + 1 if tier is not None else 0,
            shared_process=execution is not None and task.problem.problem.isolation == "shared",
            cpu_ms=execution.cpu_s * 1000 if execution is not None else 0.0,
            peak_mb=execution.peak_mb if execution is not None else 0.0,
            duration_ms=(time.monotonic() - state.started) * 1000,
        )
        return Grade(
            sample_id=None,
            status=GradeStatus.SCORED,
            reward=weighted_reward(state.parts, self._config.reward),
            metrics=build_metrics(state.parts, state.tests, inputs, code_found=task.extraction.answer is not None),
            tests=state.tests,
            reason=state.reason,
            answer=task.extraction.answer,
            problem=task.problem.digest[:_PROBLEM_ID_CHARS],
            extraction_rule=task.extraction.rule.value,
            style_findings=_style_lines(state.style),
            timings_ms=state.timings_ms,
        )


class BatchGrader:
    """Grades the tasks of one batch side by side. Good for one run.

    Args:
        sandbox: the sandbox that the tasks are graded in.
        task_grader: grades one task.
        loader: gives the tasks; some of them when their references arrive.
        deadline: time by which the grades are needed (`time.monotonic`).
        parallel: maximum number of tasks in the sandbox at a time.
        judge: rates the answers; ``None``: they are not rated.
        ratings: rating requests of the batch; given if and only if there is a judge.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        task_grader: TaskGrader,
        loader: BatchLoader,
        *,
        deadline: float,
        parallel: int,
        judge: Judge | None,
        ratings: RatingBatch | None,
    ) -> None:
        self._sandbox = sandbox
        self._task_grader = task_grader
        self._loader = loader
        self._deadline = deadline
        self._slots = Pool(range(parallel))
        self._judge = judge
        self._ratings = ratings

    def coroutines(self) -> list[Coroutine[Any, Any, None]]:
        """Make the coroutines that grade the batch, for `Sandbox.run_iter`; they emit indices and grades of samples."""
        coroutines = [self._run(), self._loader.deliver()]
        return coroutines if self._ratings is None else [*coroutines, self._ratings.deliver()]

    async def _run(self) -> None:
        self._emit_rejected()
        try:
            # Fetches first: they take longest, and the tasks at hand are graded in the meantime.
            fetched = self._sandbox.loop.spawn_all(map(self._grade_fetched, self._loader.locations))
            await self._grade_all(self._loader.present)
            for future in fetched:
                await future
        finally:
            # Even after an error: `RatingBatch.deliver` would wait for ever, and the loop for it.
            if self._ratings is not None:
                self._ratings.finish()

    async def _grade_fetched(self, location: Location) -> None:
        samples = await self._loader.load(location)
        self._emit_rejected()
        await self._grade_all(samples)

    async def _grade_all(self, samples: ExtractionQueue) -> None:
        futures: list[Future[None]] = []
        while samples:
            started = time.monotonic()
            futures += self._sandbox.loop.spawn_all(map(self._grade, samples.next_tasks()))
            if samples:
                # Tasks that have begun get as much time as the reading of further ones.
                busy = not all(future.done for future in futures)
                await pause(time.monotonic() - started if busy else 0.0)
        for index, grade in samples.rejected:
            self._emit_unread(index, grade)
        for future in futures:
            await future

    async def _grade(self, task: GradingTask) -> None:
        # Without a limit the analyzers would run far ahead and take CPU time from the answers, so that a batch that is
        # cut off at its deadline would have fewer grades.
        slot = await self._slots.acquire()
        try:
            grade = await self._task_grader.grade(task, self._deadline)
        finally:
            self._slots.release(slot)
        # Without the slot: a model takes seconds to reply, and the executors would have nothing to do.
        if self._judge is not None and self._ratings is not None:
            grade = await self._judge.rate(task.prompt, grade, self._ratings)
        for index, sample_id in task.samples:
            self._sandbox.loop.emit((index, replace(grade, sample_id=sample_id)))

    def _emit_rejected(self) -> None:
        while self._loader.rejected:
            self._emit_unread(*self._loader.rejected.popleft())

    def _emit_unread(self, index: int, grade: Grade) -> None:
        self._sandbox.loop.emit((index, grade if self._judge is None else self._judge.with_rating(grade)))


def _without_prompt_names(style: StyleFacts | None, problem: PreparedProblem) -> StyleFacts | None:
    """Leave out complaints about names that the prompt defines: the answer is its continuation."""
    if style is None or not style.findings:
        return style
    # The analyzer sees the answer alone, so names of the prompt are undefined to pyflakes.
    return style.without({f"undefined name {name!r}" for name in problem.prompt_names})


def _style_lines(style: StyleFacts | None) -> tuple[str, ...]:
    if style is None:
        return ()
    formatting = (f"black: {style.changed_lines} of {style.lines} lines differ",) if style.changed_lines else ()
    return (*formatting, *(f"line {finding.line}: {finding.kind}: {finding.message}" for finding in style.findings))
