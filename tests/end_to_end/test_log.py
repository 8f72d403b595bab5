"""The line that a batch leaves in the log: which walls stood, how many samples had a score, nothing anybody wrote."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader import handler
from grader.handler import Handler
from tests.end_to_end.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = ("the-answer", "the-prompt", "the-test", "the-id")
ANSWER = "```python\ndef add(a, b):\n    print('the-answer')\n    raise ValueError('the-answer')\n```"
REFERENCE = {"entry_point": "add", "tests": [{"args": ["the-test", 2], "expected": "the-test"}]}


def batch() -> list[dict[str, Any]]:
    turns = [{"role": "user", "content": "the-prompt"}, {"role": "assistant", "content": ANSWER}]
    good = {"id": "the-id", "messages": turns, "reference_answer": REFERENCE}
    return [good, {**good, "id": "bad", "reference_answer": {"colour": "red"}}]


def lines(text: str) -> list[dict[str, Any]]:
    found = [line[line.index("{") :] for line in text.splitlines() if '{"event": "batch"' in line]
    return [json.loads(line) for line in found]


@pytest.fixture
def served() -> Iterator[Handler]:
    made = Handler({"GRADER_LANES": "1"})
    yield made
    made.close()


def test_a_batch_leaves_one_line(served: Handler, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    served.answer(batch(), {})
    (line,) = lines("\n".join(record.getMessage() for record in caplog.records))
    assert (line["samples"], line["scored"], line["unscored"]) == (2, 1, 1)
    doctor = served.answer({"grader": "doctor"}, {})
    assert line["tier"] == doctor["tier"]
    assert line["walls"] == [wall["name"] for wall in doctor["walls"] if wall["stands"]]
    assert {"rlimits", "functions", "imports", "audit"} <= set(line["walls"])
    assert line["duration_ms"] > 0


def test_nothing_of_the_samples_is_in_the_line(served: Handler, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    served.answer(batch()[:1], {})
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_the_line_is_logged_by_lambdas_own_runtime(tmp_path: Path) -> None:
    """Which lets through warnings only, unless the function says more."""
    served = RuntimeApi()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "AWS_"))}
    environ |= {"AWS_LAMBDA_RUNTIME_API": served.address, "GRADER_LANES": "1"}
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
    (line,) = lines(log.read_text())
    assert (line["scored"], line["unscored"]) == (1, 1)


@pytest.mark.parametrize(
    ("environ", "level"), [({}, logging.INFO), ({"AWS_LAMBDA_LOG_LEVEL": "ERROR"}, logging.NOTSET)]
)
def test_a_level_that_the_function_sets_is_kept(
    environ: dict[str, str], level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("quiet.one")
    logger.setLevel(logging.NOTSET)
    logging.getLogger("quiet").setLevel(logging.WARNING)
    monkeypatch.setattr(handler, "_log", logger)
    handler._speak_up(environ)
    assert logger.level == level
