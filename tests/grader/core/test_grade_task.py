"""What the verdicts of an answer's tests are worth."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from grader.config.settings import GraderConfig
from grader.core.grade_task import TaskGrader, _TaskState
from grader.core.problems import PreparedProblem
from grader.core.scoring import RewardParts
from grader.core.tasks import GradingTask
from grader.extraction.extractor import Extraction, ExtractionRule
from grader.types import TestResult
from sandbox.types import Analysis, AnalysisStatus
from sandbox.wire.limits import Limits
from testcases.model import Problem, StdinTest
from testcases.verdict import Verdict

SOUND = Analysis(AnalysisStatus.OK, defines_entry_point=True)
STUB = Analysis(AnalysisStatus.OK, defines_entry_point=True, is_stub=True)
UNDEFINED = Analysis(AnalysisStatus.OK)
WORTH = {
    Verdict.PASSED: 1.0,
    Verdict.WRONG_ANSWER: 0.0,
    Verdict.EXCEPTION: 0.0,
    Verdict.TIMEOUT: 0.0,
    Verdict.MEMORY: 0.0,
    Verdict.OUTPUT_LIMIT: 0.0,
    Verdict.CRASHED: 0.0,
    Verdict.POLICY: 0.0,
    Verdict.NOT_RUN: 0.0,
    Verdict.INTERNAL: 0.0,
}


def score(analysis: Analysis, *verdicts: Verdict) -> tuple[RewardParts, str]:
    """Return the parts that verdicts earn, and the reason."""
    problem = Problem(tests=tuple(StdinTest(stdin=str(index), stdout="") for index, _ in enumerate(verdicts)))
    extraction = Extraction("print()", ExtractionRule.BARE_CODE, 0, truncated=False, reasoning_dropped=False, detail="")
    state = _TaskState(GradingTask(PreparedProblem(problem, Limits()), extraction), deadline=time.monotonic() + 60)
    state.tests = tuple(
        TestResult(verdict, name=f"test {index}", test_index=index) for index, verdict in enumerate(verdicts)
    )
    # Scoring uses no sandbox.
    TaskGrader(cast("Any", None), GraderConfig())._score(state, analysis)
    return state.parts, state.reason


class TestScore:
    def test_every_verdict_has_a_worth(self) -> None:
        assert set(WORTH) == set(Verdict)

    @pytest.mark.parametrize("verdict", Verdict)
    def test_only_a_passed_test_earns(self, verdict: Verdict) -> None:
        assert score(SOUND, verdict)[0] == RewardParts(1.0, WORTH[verdict], 0.0)
        assert score(SOUND, verdict, Verdict.PASSED)[0].functional == (1.0 + WORTH[verdict]) / 2

    @pytest.mark.parametrize("verdict", Verdict)
    def test_the_first_test_that_did_not_pass_is_the_reason(self, verdict: Verdict) -> None:
        expected = "" if verdict is Verdict.PASSED else f"test 1: {verdict}"
        assert score(SOUND, Verdict.PASSED, verdict)[1] == expected

    def test_one_passed_test_shows_that_there_is_an_entry_point(self) -> None:
        failed = Verdict.WRONG_ANSWER
        assert score(UNDEFINED, failed, failed) == (RewardParts(0.0, 0.0, 0.0), "the entry point is not defined")
        assert score(UNDEFINED, Verdict.PASSED, failed)[0] == RewardParts(1.0, 0.5, 0.0)

    def test_only_all_tests_show_that_a_stub_is_right(self) -> None:
        passed = Verdict.PASSED
        assert score(STUB, passed, Verdict.TIMEOUT) == (RewardParts(0.0, 0.5, 0.0), "the entry point does nothing")
        assert score(STUB, passed, passed) == (RewardParts(1.0, 1.0, 0.0), "")
