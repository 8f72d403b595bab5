"""Grade one task: analyze, execute, score."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

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
from grader.core.shared_runs import SharedRuns
from grader.types import Grade, GradeStatus, TestResult
from sandbox.errors import SandboxError
from sandbox.types import Analysis, AnalysisRequest, AnalysisStatus, Execution, ExecutionStatus, one_line
from testcases.blame import WHOLE_RUN_VERDICTS, Blame, Involvement, StubOutcome
from testcases.compare.credit import earned_share
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.config.settings import GraderConfig
    from grader.core.calls import Call
    from grader.core.problems import PreparedProblem
    from grader.core.tasks import GradingTask
    from sandbox.sandbox import Sandbox
    from sandbox.types import Job, StyleFacts

__all__ = ["TaskGrader"]

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
    owner: Call | None = None
    started: float = field(default_factory=time.monotonic)
    analysis: Analysis | None = None
    execution: Execution | None = None
    style: StyleFacts | None = None
    tests: tuple[TestResult, ...] = ()
    left_out: set[int] = field(default_factory=set)
    """Positions of the tests that skip themselves for every answer."""
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
        self._shared_runs = SharedRuns(sandbox)

    def late_grade(self, task: GradingTask, deadline: float) -> Grade:
        """Make the grade of a task whose deadline has come before it could be graded."""
        return self._give_up(_TaskState(task, deadline), "it was not graded before the deadline")

    async def grade(self, task: GradingTask, deadline: float, owner: Call) -> Grade:
        """Grade one task; the grade's sample id is ``None``. Runs inside `Sandbox.run`.

        Args:
            task: the answer and its problem.
            deadline: time by which the grade is needed (`time.monotonic`).
            owner: the call on whose behalf; executors are shared out fairly between calls.
        """
        state = _TaskState(task, deadline, owner)
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
                literal=problem.answer == "literal",
            ),
            deadline=deadline,
            style=self._config.reward.style > 0 and problem.answer == "code",
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
            state.execution = execution = await self._execute(state, answer)
            state.timings_ms.update(execution.timings_ms)
            ruling = await self._rule(state, execution)
            state.end_stage("executed")
            if ruling.blame is not Blame.ANSWER:
                return self._give_up(state, ruling.reason)
            if execution.status in WHOLE_RUN_FAULTS:
                verdict = WHOLE_RUN_VERDICTS[WHOLE_RUN_FAULTS[execution.status]]
                state.tests = self._uniform_results(state, Verdict(verdict), execution.detail)
            else:
                results = read_test_results(execution)
                state.tests = tuple(test for index, test in enumerate(results) if index not in state.left_out)
            try:
                state.style = _without_prompt_names(await pending.style, task.problem)
            except SandboxError as error:
                return self._give_up(state, str(error))
            state.end_stage("styled")
            self._score(state, analysis)
        return self._finish(state)

    async def _execute(self, state: _TaskState, answer: str) -> Execution:
        """Run the tests on an answer."""
        problem = state.task.problem
        job = problem.job_for(answer, b"" if state.analysis is None else state.analysis.code)
        execution = await self._shared_runs.execute(job, problem, deadline=state.deadline, owner=state.owner)
        if execution.status is ExecutionStatus.LOST and stub_is_done(await self._stub_execution(state)):
            # The tests have no part in it, so it is the answer's doing, unless the host has killed the harness twice.
            # What happens once more is no accident.
            execution = await self._run_job(state, job)
        return execution

    async def _run_job(self, state: _TaskState, job: Job) -> Execution:
        return await self._sandbox.execute(job, deadline=state.deadline, owner=state.owner)

    async def _rule(self, state: _TaskState, execution: Execution) -> Ruling:
        """Find out who is to blame for what went wrong in an execution; the answer, if nothing else shows."""
        if execution.status in {ExecutionStatus.DEADLINE, ExecutionStatus.INTERNAL}:
            return Ruling(Blame.GRADER, execution.detail)
        for suspicion in suspicions_of(execution):
            shown = StubOutcome.NOT_DONE
            if suspicion.involvement is not Involvement.NONE:
                shown = stub_outcome(suspicion, await self._stub_execution(state))
            ruling = rule(suspicion, shown)
            if ruling.blame is Blame.NOBODY and suspicion.position is not None:
                state.left_out.add(suspicion.position)
            elif ruling.blame is not Blame.ANSWER:
                return ruling
        if state.left_out and len(state.left_out) == len(execution.report):
            return Ruling(Blame.TESTS, "the tests are broken: each of them skips itself")
        return Ruling(Blame.ANSWER)

    async def _stub_execution(self, state: _TaskState) -> Execution:
        """Run the tests with a stub in place of an answer, once for all answers to the problem."""
        problem = state.task.problem
        if problem.stub_execution is not None:
            return problem.stub_execution
        execution = await self._run_job(state, problem.stub_job())
        if stub_is_done(execution):
            problem.stub_execution = execution
        return execution

    def _score(self, state: _TaskState, analysis: Analysis) -> None:
        reward = self._config.reward
        problem = state.task.problem
        passed = [(test.test_index, test.verdict is Verdict.PASSED) for test in state.tests]
        share = earned_share(problem.problem, passed)
        is_value = problem.problem.answer == "literal"
        baseline = problem.constant_share if reward.credit is Credit.ABOVE_CONSTANT and not is_value else 0.0
        functional = functional_credit(share, reward.credit, constant_share=baseline)
        if is_value:
            # There is no code to judge: a value is worth the whole reward if it is right, and else nothing.
            state.parts = RewardParts(float(share >= 1.0), functional, float(share >= 1.0))
            state.reason = _first_failure(state.tests)
            return
        # The tests overrule the analyzer: an entry point may be defined in a way that static analysis cannot see, and a
        # stub may be the correct answer.
        withheld = withholding_reason(analysis)
        if not withheld and state.execution is not None and state.execution.load_failure:
            withheld = one_line(f"it cannot be used: {state.execution.load_failure}")
        if withheld and share < (1.0 if analysis.is_stub else _ANY_PASSED):
            state.parts, state.reason = RewardParts(0.0, functional, 0.0), withheld
            return
        state.parts = RewardParts(syntax_score(analysis), functional, style_score(state.style))
        state.reason = _first_failure(state.tests)

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


def _without_prompt_names(style: StyleFacts | None, problem: PreparedProblem) -> StyleFacts | None:
    """Leave out complaints about names that the prompt defines: the answer is its continuation."""
    if style is None or not style.findings:
        return style
    # The analyzer sees the answer alone, so names of the prompt are undefined to pyflakes.
    return style.without({f"undefined name {name!r}" for name in problem.prompt_names})


def _first_failure(tests: tuple[TestResult, ...]) -> str:
    """Return what became of the first test that was not passed; empty if all were."""
    failed = next((test for test in tests if test.verdict is not Verdict.PASSED), None)
    return f"{failed.name}: {failed.verdict}{': ' if failed.detail else ''}{failed.detail}" if failed else ""


def _style_lines(style: StyleFacts | None) -> tuple[str, ...]:
    if style is None:
        return ()
    formatting = (f"black: {style.changed_lines} of {style.lines} lines differ",) if style.changed_lines else ()
    return (*formatting, *(f"line {finding.line}: {finding.kind}: {finding.message}" for finding in style.findings))
