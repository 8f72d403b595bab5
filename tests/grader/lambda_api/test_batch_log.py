"""Destinations and levels of log lines."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.lambda_api.batch_log import BatchLog
from tests.grader.lambda_api.making import graded, scored, unscored_grade

if TYPE_CHECKING:
    from collections.abc import Sequence

LAMBDA = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "AWS_LAMBDA_FUNCTION_NAME": "SageMaker-grader"}


def events(lines: Sequence[str]) -> list[tuple[str, str]]:
    return [(line["level"], line["event"]) for line in map(json.loads, lines)]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def printing(samples: Any, *grades: Any, **environ: str) -> list[str]:
        BatchLog(samples, LAMBDA | environ).write(graded(*grades))
        out = capsys.readouterr().out
        assert out.endswith("\n") or not out
        return out.splitlines()

    return printing


def test_on_lambda_each_line_is_an_object_on_stdout(printed: Any) -> None:
    lines = printed("brief", scored(0.5), unscored_grade("b", "no"))
    assert events(lines) == [("INFO", "sample"), ("WARN", "sample"), ("INFO", "batch")]
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert {json.loads(line)["timestamp"] for line in lines} == {"2026-11-21T00:00:00.000Z"}
    assert json.loads(lines[-1])["function"] == "SageMaker-grader"


def test_without_lines_for_samples_the_unscored_are_still_named_up_to_twenty(printed: Any) -> None:
    lines = printed("off", scored(0.5), *(unscored_grade(number, "no") for number in range(50)))
    assert events(lines) == [("WARN", "sample")] * 20 + [("INFO", "batch")]


def test_the_answer_is_said_when_asked(printed: Any) -> None:
    assert "the-answer" not in printed("brief", scored(0.5))[0]
    assert json.loads(printed("full", scored(0.5))[0])["answer"] == "the-answer"


@pytest.mark.parametrize(
    ("level", "left"), [("DEBUG", 3), ("info", 3), ("WARN", 1), ("ERROR", 0), ("FATAL", 0), ("", 3), ("LOUD", 3)]
)
def test_a_level_that_the_function_sets_is_kept(printed: Any, level: str, left: int) -> None:
    assert len(printed("brief", scored(0.5), unscored_grade("b", "no"), AWS_LAMBDA_LOG_LEVEL=level)) == left


def test_elsewhere_stdout_is_somebody_else_s(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    BatchLog("brief", {}).write(graded(scored(0.5)))
    assert capsys.readouterr().out == ""
    assert events([record.getMessage() for record in caplog.records]) == [("INFO", "sample"), ("INFO", "batch")]
    assert json.loads(caplog.records[-1].getMessage())["function"] == "local"


def test_there_an_unscored_sample_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    BatchLog("off", {}).write(graded(unscored_grade("b", "no tests")))
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert json.loads(record.getMessage())["reason"] == "no tests"


def test_a_stdout_that_is_gone_costs_no_batch(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Gone:
        def write(self, _: str) -> int:
            raise BrokenPipeError("gone")

    monkeypatch.setattr(sys, "stdout", Gone())
    BatchLog("brief", LAMBDA).write(graded(scored(0.5)))
    assert "gone" in caplog.text
