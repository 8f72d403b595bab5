"""The line of a sample: numbers, and nothing anybody wrote unless asked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.core.scoring import METRIC_NAMES
from grader.lambda_api.batch_log import sample_line
from tests.grader.lambda_api.making import graded, scored, unscored_grade

SECRETS = ("the-test", "the-answer")
OWN = {"event", "request", "id", "problem", "status", "reward", "tier", "verdicts", "timings_ms"}


def test_a_scored_sample() -> None:
    line = sample_line(graded(scored(0.75, name="s1", passed=2)), 0, full=False)
    assert line["event"] == "sample"
    assert (line["id"], line["request"], line["problem"]) == ("s1", "r-1", "p")
    assert (line["status"], line["reward"], line["tier"]) == ("scored", 0.75, "seccomp")
    assert line["verdicts"] == {"passed": 2, "timeout": 1}
    assert line["timings_ms"] == {"analysed": 1.2}
    assert {name: line[name] for name in ("tests_passed", "timeouts", "grader_error")} == {
        "tests_passed": 2.0,
        "timeouts": 1.0,
        "grader_error": 0.0,
    }


def test_every_metric_has_a_field_and_takes_no_other_s() -> None:
    assert OWN.isdisjoint(METRIC_NAMES)
    assert set(sample_line(graded(scored(1.0)), 0, full=False)) == OWN | set(METRIC_NAMES)


def test_nothing_of_the_answer_or_the_tests_is_said() -> None:
    text = json.dumps(sample_line(graded(scored(0.5)), 0, full=False))
    assert not [secret for secret in SECRETS if secret in text]


def test_all_of_it_when_asked() -> None:
    line = sample_line(graded(scored(0.5)), 0, full=True)
    assert line["answer"] == "the-answer"
    assert line["reason"] == "the-test: timeout: the-answer"
    assert line["tests"][-1] == {"verdict": "timeout", "name": "the-test", "detail": "the-answer"}


def test_and_then_with_caps() -> None:
    grade = scored(0.5, passed=80)
    tests = tuple(replace(test, name="n" * 9999, detail="d" * 9999) for test in grade.tests)
    line = sample_line(graded(replace(grade, answer="x" * 10**6, tests=tests)), 0, full=True)
    assert (len(line["answer"]), len(line["tests"])) == (16_384, 50)
    assert len(json.dumps(line)) < 64 * 1024


def test_an_unscored_sample_says_why_in_one_capped_line() -> None:
    line = sample_line(graded(scored(1.0), unscored_grade("b", "no\ntests " + "x" * 9999)), 1, full=False)
    assert (line["id"], line["status"], line["reward"], line["grader_error"]) == ("b", "unscored", None, 1.0)
    assert line["reason"].startswith("no tests xxx")
    assert len(line["reason"]) == 300


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("task/7", "task/7", id="as it is"),
        pytest.param(17, "17", id="number"),
        pytest.param("a\nb\x1b[31m", r"'a\nb\x1b[31m'", id="control characters"),
        pytest.param({"a": 1}, "#0", id="no text"),
        pytest.param("\ud800", r"'\ud800'", id="half a character"),
    ],
)
def test_ids_are_printable(name: object, shown: str) -> None:
    assert sample_line(graded(scored(1.0, name=name)), 0, full=False)["id"] == shown


def test_long_ids_are_cut() -> None:
    assert len(sample_line(graded(scored(1.0, name="x" * 10**6)), 0, full=False)["id"]) < 100
