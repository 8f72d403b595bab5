"""Log records of a batch: the active layers, the grade of each sample, and no text of a caller but ids."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.handler import Handler
from tests.end_to_end.runtime_api import RuntimeApi
from tests.grader.lambda_api.emf import check_emf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SECRETS = ("the-answer", "the-prompt", "the-test")
ANSWER = "```python\ndef add(a, b):\n    print('the-answer')\n    raise ValueError('the-answer')\n```"
REFERENCE = {"entry_point": "add", "tests": [{"args": ["the-test", 2], "expected": "the-test"}]}


def batch() -> list[dict[str, Any]]:
    turns = [{"role": "user", "content": "the-prompt"}, {"role": "assistant", "content": ANSWER}]
    good = {"id": "the-id", "messages": turns, "reference_answer": REFERENCE}
    return [good, {**good, "id": "bad", "reference_answer": {"colour": "red"}}]


def lines(texts: Iterable[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The lines of the samples, and that of the batch."""
    found = [json.loads(text) for text in texts if text.startswith("{")]
    (batch,) = [line for line in found if line.get("event") == "batch"]
    return [line for line in found if line.get("event") == "sample"], batch


@pytest.fixture
def served() -> Iterator[Handler]:
    made = Handler({"GRADER_WORKERS": "1"})
    yield made
    made.close()


def test_a_batch_leaves_a_line_for_each_sample_and_one_for_itself(
    served: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    served.handle(batch(), {})
    (good, bad), line = lines(record.getMessage() for record in caplog.records)
    check_emf(line)
    assert (line["samples"], line["scored"], line["unscored"]) == (2, 1, 1)
    doctor = served.handle({"grader": "doctor"}, {})
    assert line["tier"] == good["tier"] == doctor["tier"]
    assert line["walls"] == [layer["name"] for layer in doctor["walls"] if layer["stands"]]
    assert {"rlimits", "functions", "imports", "audit"} <= set(line["walls"])
    assert line["batch_ms"] > 0
    assert (good["id"], good["verdicts"]) == ("the-id", {"exception": 1})
    assert "reason" not in good
    assert (bad["id"], bad["status"]) == ("bad", "unscored")
    assert "colour" in bad["reason"]


def test_samples_that_share_tests_share_a_problem_and_no_others_do(
    served: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = batch()[0]
    better = [{"role": "assistant", "content": "```python\ndef add(a, b):\n    return a\n```"}]
    other = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}
    served.handle([first, {**first, "messages": better}, {**first, "reference_answer": other}], {})
    (one, two, three), line = lines(record.getMessage() for record in caplog.records)
    assert one["problem"] == two["problem"] != three["problem"]
    assert two["reward"] > one["reward"]
    assert (line["groups"], line["group_spread"]) == (1, [pytest.approx(two["reward"] - one["reward"], abs=1e-4)])


def test_nothing_of_the_samples_is_in_the_line(served: Handler, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    served.handle(batch()[:1], {})
    assert not [secret for secret in SECRETS if secret in caplog.text]


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_lambda_s_own_runtime_leaves_the_lines_as_they_are(tmp_path: Path, log_format: str) -> None:
    """CloudWatch makes no metric of a nested object, nor of one after a time and a level."""
    served = RuntimeApi()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "AWS_"))}
    environ |= {
        "AWS_LAMBDA_RUNTIME_API": served.address,
        "AWS_LAMBDA_FUNCTION_NAME": "SageMaker-grader",
        "AWS_LAMBDA_LOG_FORMAT": log_format,
        "GRADER_WORKERS": "1",
    }
    log = tmp_path / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "awslambdaric", "grader.handler.lambda_handler"]
        client = subprocess.Popen(command, env=environ, stdout=out, stderr=out)
        try:
            assert served.invoke(batch(), timeout_s=60).kind == "response"
        finally:
            client.kill()
            client.wait()
            served.close()
    (good, bad), line = lines(log.read_text().splitlines())
    check_emf(line)
    assert (line["scored"], line["unscored"], line["function"]) == (1, 1, "SageMaker-grader")
    assert line["request"] == good["request"] == bad["request"] == served.ids[0]
    assert 0 < line["deadline_share"] < 1


def test_the_command_line_prints_none_of_it(tmp_path: Path) -> None:
    samples = tmp_path / "samples.jsonl"
    samples.write_text(json.dumps(batch()[0]) + "\n")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
    command = [sys.executable, "-m", "grader.cli", "grade", str(samples), "--json"]
    ended = subprocess.run(command, check=False, env=environ, capture_output=True, text=True, timeout=60)
    assert json.loads(ended.stdout)["scored"] == 1
    assert "_aws" not in ended.stdout + ended.stderr
