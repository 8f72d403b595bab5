"""Grade one task: analyze, execute, score."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from grader.config.settings import Credit
from grader.core.problems import results_of
from grader.core.scoring import (
    NOTHING,
    Observations,
    RewardParts,
    credit_for,
    metrics_of,
    reward_of,
    style_score,
    syntax_score,
    withheld_because,
)
from grader.types import Grade, GradeStatus, TestResult
from sandbox.errors import SandboxError
from sandbox.types import Analysis, AnalysisRequest, AnalysisStatus, Execution, ExecutionStatus
from testcases.compare.credit import share_earned
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.config.settings import GraderConfig
    from grader.core.batch import GradingTask
    from grader.core.problems import PreparedProblem
    from sandbox.sandbox import Sandbox
    from sandbox.types import StyleFacts

__all__ = ["Grading", "unscored"]

_ANYTHING = 1e-9
"""A passed test shows that there is an entry point, however it came to be; only all tests show that a stub is right."""
_PROBLEM_CHARS = 16


@dataclass(slots=True)
class _Course:
    """What is known so far of one piece of work."""

    work: GradingTask
    deadline: float
    started: float
    analysis: Analysis | None = None
    execution: Execution | None = None
    style: StyleFacts | None = None
    tests: tuple[TestResult, ...] = ()
    parts: RewardParts = NOTHING
    reason: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)

    def stamp(self, stage: str) -> None:
        """Take note of when a stage was done, in milliseconds since the start."""
        self.timings_ms[stage] = (time.monotonic() - self.started) * 1000


class Grading:
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
        course = _Course(work, deadline, time.monotonic())
        answer = work.extraction.answer
        if answer is None:
            course.tests = self._untouched(course, Verdict.NOT_RUN, work.extraction.detail)
            course.reason = work.extraction.detail or "no code was found"
            return self._finish(course)
        problem = work.problem.problem
        reading = self._sandbox.read(
            AnalysisRequest(
                source=answer,
                entry_point=problem.entry_point,
                policy=self._config.policy,
                allow_imports=(*self._config.allow_imports, *problem.allow_imports),
            ),
            deadline=deadline,
            style=self._config.reward.style > 0,
        )
        course.analysis = analysis = await reading.found
        course.stamp("analysed")
        if analysis.status is AnalysisStatus.INTERNAL:
            return self._give_up(course, analysis.detail)
        if analysis.status is not AnalysisStatus.OK:
            course.tests = self._untouched(course, Verdict.EXCEPTION, analysis.detail)
            course.reason = analysis.detail
        elif analysis.violations:
            course.reason = withheld_because(analysis)
            course.tests = self._untouched(course, Verdict.POLICY, course.reason)
        else:
            course.execution = execution = await self._sandbox.execute(work.problem.job(answer), deadline=deadline)
            course.stamp("executed")
            if execution.status in {ExecutionStatus.DEADLINE, ExecutionStatus.INTERNAL}:
                return self._give_up(course, execution.detail)
            if execution.status is ExecutionStatus.EXHAUSTED:
                course.tests = self._untouched(course, Verdict.TIMEOUT, execution.detail)
            else:
                course.tests = results_of(execution)
            try:
                course.style = _without_names(await reading.style, work.problem)
            except SandboxError as error:
                return self._give_up(course, str(error))
            course.stamp("styled")
            self._weigh(course, analysis)
        return self._finish(course)

    def _weigh(self, course: _Course, analysis: Analysis) -> None:
        reward = self._config.reward
        problem = course.work.problem.problem
        share = share_earned(problem, ((test.place, test.verdict is Verdict.PASSED) for test in course.tests))
        above = course.work.problem.constant_share if reward.credit is Credit.ABOVE_CONSTANT else 0.0
        functional = credit_for(share, reward.credit, constant_share=above)
        withheld = withheld_because(analysis)
        if withheld and share < (1.0 if analysis.is_stub else _ANYTHING):
            course.parts, course.reason = RewardParts(0.0, functional, 0.0), withheld
            return
        course.parts = RewardParts(syntax_score(analysis), functional, style_score(course.style))
        first = next((test for test in course.tests if test.verdict is not Verdict.PASSED), None)
        if first is not None:
            course.reason = f"{first.name}: {first.verdict}{': ' if first.detail else ''}{first.detail}"

    def _untouched(self, course: _Course, verdict: Verdict, detail: str) -> tuple[TestResult, ...]:
        """The results of tests that the answer never met."""
        return (TestResult(verdict, detail=detail),) * course.work.problem.test_count

    def _give_up(self, course: _Course, detail: str) -> Grade:
        """The grade of what could not be graded, for no fault of the answer's."""
        late = time.monotonic() >= course.deadline
        course.tests = self._untouched(course, Verdict.NOT_RUN if late else Verdict.INTERNAL, detail)
        course.reason = detail
        grade = self._finish(course, grader_error=True)
        return replace(grade, status=GradeStatus.UNSCORED, reward=None)

    def _finish(self, course: _Course, *, grader_error: bool = False) -> Grade:
        extraction, analysis, execution = course.work.extraction, course.analysis, course.execution
        if execution is not None:
            course.timings_ms.update(execution.timings_ms)
        tier = self._sandbox.tier
        seen = Observations(
            extraction_rule=extraction.rule,
            code_truncated=extraction.truncated,
            policy_violation=analysis is not None and bool(analysis.violations),
            stub=analysis is not None and analysis.is_stub,
            grader_error=grader_error,
            isolation_tier=tier.rank + 1 if tier is not None else 0,
            shared_process=execution is not None and course.work.problem.problem.isolation == "shared",
            cpu_ms=execution.cpu_s * 1000 if execution is not None else 0.0,
            peak_mb=execution.peak_mb if execution is not None else 0.0,
            duration_ms=(time.monotonic() - course.started) * 1000,
        )
        return Grade(
            sample_id=None,
            status=GradeStatus.SCORED,
            reward=reward_of(course.parts, self._config.reward),
            metrics=metrics_of(course.parts, course.tests, seen, code_found=extraction.answer is not None),
            tests=course.tests,
            reason=course.reason,
            answer=extraction.answer,
            problem=course.work.problem.digest[:_PROBLEM_CHARS],
            extraction_rule=extraction.rule.value,
            style_findings=_findings(course.style),
            timings_ms=course.timings_ms,
        )


def unscored(sample_id: Any, reason: str) -> Grade:
    """The grade of a sample that could not even be read."""
    return Grade(
        sample_id=sample_id,
        status=GradeStatus.UNSCORED,
        reward=None,
        metrics=metrics_of(NOTHING, (), Observations(grader_error=True), code_found=False),
        reason=reason,
    )


def _without_names(style: StyleFacts | None, problem: PreparedProblem) -> StyleFacts | None:
    """The facts without complaints about names that the prompt defines: the answer is its continuation."""
    if style is None or not style.findings:
        return style
    known = {f"undefined name {name!r}" for name in problem.prompt_names}
    return replace(style, findings=tuple(found for found in style.findings if found.message not in known))


def _findings(style: StyleFacts | None) -> tuple[str, ...]:
    if style is None:
        return ()
    formatting = (f"black: {style.changed_lines} of {style.lines} lines differ",) if style.changed_lines else ()
    return (*formatting, *(f"line {found.line}: {found.kind}: {found.message}" for found in style.findings))
