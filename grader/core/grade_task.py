"""Grade one task: analyze, execute, score."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from grader.config.settings import Credit
from grader.core.problems import read_test_results
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
from sandbox.types import Analysis, AnalysisRequest, AnalysisStatus, Execution, ExecutionStatus
from testcases.compare.credit import earned_share
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.config.settings import GraderConfig
    from grader.core.batch import GradingTask
    from grader.core.problems import PreparedProblem
    from sandbox.sandbox import Sandbox
    from sandbox.types import StyleFacts

__all__ = ["TaskGrader", "unscored_grade"]

_ANY_PASSED = 1e-9
"""A passed test shows that there is an entry point, however it came to be; only all tests show that a stub is right."""
_PROBLEM_ID_CHARS = 16


@dataclass(slots=True)
class _TaskState:
    """What is known so far of one piece of work."""

    work: GradingTask
    deadline: float
    started: float
    analysis: Analysis | None = None
    execution: Execution | None = None
    style: StyleFacts | None = None
    tests: tuple[TestResult, ...] = ()
    parts: RewardParts = ZERO_PARTS
    reason: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)

    def stamp(self, stage: str) -> None:
        """Take note of when a stage was done, in milliseconds since the start."""
        self.timings_ms[stage] = (time.monotonic() - self.started) * 1000


class TaskGrader:
    """Grades work, in a sandbox, by a configuration."""

    def __init__(self, sandbox: Sandbox, config: GraderConfig) -> None:
        self._sandbox = sandbox
        self._config = config

    async def grade(self, work: GradingTask, deadline: float) -> Grade:
        """The grade of one piece of work; its sample id is ``None``. Runs inside `Sandbox.run`.

        Args:
            work: the answer and its problem.
            deadline: by when (`time.monotonic`).
        """
        state = _TaskState(work, deadline, time.monotonic())
        answer = work.extraction.answer
        if answer is None:
            state.tests = self._uniform_results(state, Verdict.NOT_RUN, work.extraction.detail)
            state.reason = work.extraction.detail or "no code was found"
            return self._finish(state)
        problem = work.problem.problem
        reading = self._sandbox.analyze(
            AnalysisRequest(
                source=answer,
                entry_point=problem.entry_point,
                policy=self._config.policy,
                allow_imports=(*self._config.allow_imports, *problem.allow_imports),
            ),
            deadline=deadline,
            style=self._config.reward.style > 0,
        )
        state.analysis = analysis = await reading.analysis
        state.stamp("analysed")
        if analysis.status is AnalysisStatus.INTERNAL:
            return self._give_up(state, analysis.detail)
        if analysis.status is not AnalysisStatus.OK:
            state.tests = self._uniform_results(state, Verdict.EXCEPTION, analysis.detail)
            state.reason = analysis.detail
        elif analysis.violations:
            state.reason = withholding_reason(analysis)
            state.tests = self._uniform_results(state, Verdict.POLICY, state.reason)
        else:
            state.execution = execution = await self._sandbox.execute(work.problem.job(answer), deadline=deadline)
            state.stamp("executed")
            if execution.status in {ExecutionStatus.DEADLINE, ExecutionStatus.INTERNAL}:
                return self._give_up(state, execution.detail)
            if execution.status is ExecutionStatus.EXHAUSTED:
                state.tests = self._uniform_results(state, Verdict.TIMEOUT, execution.detail)
            else:
                state.tests = read_test_results(execution)
            try:
                state.style = _without_prompt_names(await reading.style, work.problem)
            except SandboxError as error:
                return self._give_up(state, str(error))
            state.stamp("styled")
            self._score(state, analysis)
        return self._finish(state)

    def _score(self, state: _TaskState, analysis: Analysis) -> None:
        reward = self._config.reward
        problem = state.work.problem.problem
        share = earned_share(problem, ((test.place, test.verdict is Verdict.PASSED) for test in state.tests))
        above = state.work.problem.constant_share if reward.credit is Credit.ABOVE_CONSTANT else 0.0
        functional = functional_credit(share, reward.credit, constant_share=above)
        withheld = withholding_reason(analysis)
        if withheld and share < (1.0 if analysis.is_stub else _ANY_PASSED):
            state.parts, state.reason = RewardParts(0.0, functional, 0.0), withheld
            return
        state.parts = RewardParts(syntax_score(analysis), functional, style_score(state.style))
        first = next((test for test in state.tests if test.verdict is not Verdict.PASSED), None)
        if first is not None:
            state.reason = f"{first.name}: {first.verdict}{': ' if first.detail else ''}{first.detail}"

    def _uniform_results(self, state: _TaskState, verdict: Verdict, detail: str) -> tuple[TestResult, ...]:
        """The results of tests that the answer never met."""
        return (TestResult(verdict, detail=detail),) * state.work.problem.test_count

    def _give_up(self, state: _TaskState, detail: str) -> Grade:
        """The grade of what could not be graded, for no fault of the answer's."""
        late = time.monotonic() >= state.deadline
        state.tests = self._uniform_results(state, Verdict.NOT_RUN if late else Verdict.INTERNAL, detail)
        state.reason = detail
        grade = self._finish(state, grader_error=True)
        return replace(grade, status=GradeStatus.UNSCORED, reward=None)

    def _finish(self, state: _TaskState, *, grader_error: bool = False) -> Grade:
        extraction, analysis, execution = state.work.extraction, state.analysis, state.execution
        if execution is not None:
            state.timings_ms.update(execution.timings_ms)
        tier = self._sandbox.tier
        seen = MetricInputs(
            extraction_rule=extraction.rule,
            code_truncated=extraction.truncated,
            policy_violation=analysis is not None and bool(analysis.violations),
            stub=analysis is not None and analysis.is_stub,
            grader_error=grader_error,
            isolation_tier=tier.rank + 1 if tier is not None else 0,
            shared_process=execution is not None and state.work.problem.problem.isolation == "shared",
            cpu_ms=execution.cpu_s * 1000 if execution is not None else 0.0,
            peak_mb=execution.peak_mb if execution is not None else 0.0,
            duration_ms=(time.monotonic() - state.started) * 1000,
        )
        return Grade(
            sample_id=None,
            status=GradeStatus.SCORED,
            reward=weighted_reward(state.parts, self._config.reward),
            metrics=build_metrics(state.parts, state.tests, seen, code_found=extraction.answer is not None),
            tests=state.tests,
            reason=state.reason,
            answer=extraction.answer,
            problem=state.work.problem.digest[:_PROBLEM_ID_CHARS],
            extraction_rule=extraction.rule.value,
            style_findings=_style_lines(state.style),
            timings_ms=state.timings_ms,
        )


def unscored_grade(sample_id: Any, reason: str) -> Grade:
    """The grade of a sample that could not even be read."""
    return Grade(
        sample_id=sample_id,
        status=GradeStatus.UNSCORED,
        reward=None,
        metrics=build_metrics(ZERO_PARTS, (), MetricInputs(grader_error=True), code_found=False),
        reason=reason,
    )


def _without_prompt_names(style: StyleFacts | None, problem: PreparedProblem) -> StyleFacts | None:
    """The facts without complaints about names that the prompt defines: the answer is its continuation."""
    if style is None or not style.findings:
        return style
    known = {f"undefined name {name!r}" for name in problem.prompt_names}
    return replace(style, findings=tuple(found for found in style.findings if found.message not in known))


def _style_lines(style: StyleFacts | None) -> tuple[str, ...]:
    if style is None:
        return ()
    formatting = (f"black: {style.changed_lines} of {style.lines} lines differ",) if style.changed_lines else ()
    return (*formatting, *(f"line {found.line}: {found.kind}: {found.message}" for found in style.findings))
