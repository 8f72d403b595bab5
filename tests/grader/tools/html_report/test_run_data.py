from __future__ import annotations

import pytest

from grader.tools.files.stored_results import StoredResult
from grader.tools.html_report.outcomes import OUTCOMES, outcome_of
from grader.tools.html_report.run_data import CHUNK, RunData
from testcases.verdict import Verdict


def stored(
    name: str = "a", reward: float | None = 0.5, verdicts: tuple[str, ...] = (), **metrics: float
) -> StoredResult:
    return StoredResult({}, name, 1, reward, metrics, verdicts=verdicts)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (stored(reward=None, policy_violation=1.0), "unscored"),
        (stored(verdicts=("passed", "passed")), "passed"),
        (stored(verdicts=("passed",), stub=1.0), "passed"),
        (stored(verdicts=("policy", "policy"), syntax=0.0, policy_violation=1.0), "policy"),
        (stored(verdicts=("passed", "policy")), "policy"),
        (stored(verdicts=("not_run",), code_found=0.0, syntax=0.0), "no_code"),
        (stored(verdicts=("wrong_answer",), stub=1.0, syntax=0.0), "stub"),
        (stored(verdicts=("exception",), syntax=0.0), "not_loaded"),
        (stored(verdicts=("passed", "not_run", "timeout", "wrong_answer"), syntax=1.0), "timeout"),
        (stored(verdicts=("not_run",), syntax=1.0), "not_run"),
        (stored(), "not_run"),
    ],
)
def test_a_sample_has_the_outcome_that_explains_its_grade(result: StoredResult, outcome: str) -> None:
    assert outcome_of(result) == outcome


def test_every_verdict_of_a_failure_is_an_outcome() -> None:
    for verdict in set(Verdict) - {Verdict.INTERNAL}:
        assert outcome_of(stored(verdicts=(verdict,), syntax=1.0)) == verdict
        assert verdict in OUTCOMES


def test_columns_are_as_long_as_the_run_whatever_metrics_a_sample_has() -> None:
    run = RunData("a")
    for result in (stored("a", syntax=1.0), stored("b", cpu_ms=3.14159), stored("c", None, syntax=0.5)):
        run.add(result)
    data = run.as_dict()
    assert data["metrics"] == {"syntax": [1, 0.0, 0.5], "cpu_ms": [0.0, 3.1, 0.0]}
    assert data["rewards"] == [0.5, 0.5, None]
    assert data["names"] == ["a", "b", "c"]


def test_details_are_packed_in_chunks() -> None:
    run = RunData("a")
    for number in range(2 * CHUNK + 1):
        run.add(stored(str(number)))
    run.as_dict()
    assert len(run.chunks) == 3
    assert len(run) == 2 * CHUNK + 1
