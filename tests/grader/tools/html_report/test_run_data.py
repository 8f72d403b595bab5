from __future__ import annotations

from dataclasses import replace

import pytest

from grader.tools.files.stored_results import StoredResult, StoredTest
from grader.tools.html_report.outcomes import OUTCOMES, outcome_of
from grader.tools.html_report.run_data import CHUNK, RunData
from grader.tools.html_report.signs import sign_of
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


@pytest.mark.parametrize(
    ("reason", "verdict", "detail", "metrics", "sign"),
    [
        ("policy: line 3: os.kill acts on 2 processes", "policy", "", {}, ("os.kill acts on N processes", "refused")),
        ("f(1): policy: did it", "policy", "did it", {}, ("did it", "refused")),
        ("", "policy", "did something that the sandbox forbids", {"stub": 1.0},
         ("did something that the sandbox forbids", "refused")),
        ("", "exception", "ended its own process with code 0", {"stub": 1.0},
         ("ended its own process instead of answering", "seen in tests")),
        ("", "exception", "it cannot be used: SystemExit: 0 (line 2)", {},
         ("ended its own process instead of answering", "seen in tests")),
        ("", "wrong_answer", "returned 'ended its own process', expected 3", {}, ("", "")),
        ("", "crashed", "it cannot be used: malformed value: JSONDecodeError", {},
         ("sent messages that are no values", "seen in tests")),
        ("", "exception", "FileNotFoundError: [Errno 2] No such file or directory: '/proc/self/environ' (line 2)", {},
         ("looked for files of the host", "seen in tests")),
        ("", "exception", "AttributeError: module 'os' has no attribute 'kill'", {},
         ("called functions that are taken away", "seen in tests")),
        ("", "wrong_answer", "returned None, expected 3", {"stub": 1.0}, ("the entry point is a stub", "does nothing")),
        ("", "passed", "3", {"stub": 1.0}, ("", "")),
        ("", "exception", "FileNotFoundError: [Errno 2] No such file or directory: 'data.txt'", {}, ("", "")),
        ("", "wrong_answer", "returned 'SystemExit: 0', expected 3", {}, ("", "")),
        ("", "passed", "ended its own process", {}, ("", "")),
    ],
)  # fmt: skip
def test_what_an_answer_tried_on_the_grader_is_named(
    reason: str, verdict: str, detail: str, metrics: dict[str, float], sign: tuple[str, str]
) -> None:
    tests = (StoredTest(0, verdict, "f(1)", detail),)
    result = replace(stored(verdicts=(verdict,), **metrics), reason=reason, tests=tests)
    assert sign_of(result) == sign
    assert sign_of(replace(result, reward=None)) == ("", "")


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
