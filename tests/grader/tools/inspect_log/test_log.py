"""The log as inspect_ai reads it, where that is installed, and its members."""

from __future__ import annotations

import json
import math
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from grader.cli.report import ReportFormat, report
from grader.errors import InputError
from tests.grader.tools.html_report.making import HOSTILE, result_row, write_results

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    result_row("HumanEval/0#0"),
    result_row("HumanEval/0#1", 0.5, reason="test 2 failed", answer=HOSTILE),
    result_row("again", 0.25, answer=None),
    result_row("again", 1.0),
    result_row("late", None, reason="the deadline came first"),
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    out = tmp_path / "run.eval"
    report([write_results(tmp_path / "run.jsonl", *ROWS)], str(out), ReportFormat.INSPECT_LOG)
    return out


def members(log: Path) -> dict[str, Any]:
    with zipfile.ZipFile(log) as file:
        assert file.testzip() is None
        return {name: json.loads(file.read(name)) for name in file.namelist()}


def test_every_sample_has_a_member_and_a_summary(log: Path) -> None:
    found = members(log)
    names = ["HumanEval/0#0_epoch_1", "HumanEval/0#1_epoch_1", "again_epoch_1", "again_epoch_2", "late_epoch_1"]
    assert list(found) == [
        *(f"samples/{name}.json" for name in names), "_journal/start.json", "summaries.json", "header.json"
    ]  # fmt: skip
    assert [(one["id"], one["epoch"]) for one in found["summaries.json"]] == [
        ("HumanEval/0#0", 1), ("HumanEval/0#1", 1), ("again", 1), ("again", 2), ("late", 1)
    ]  # fmt: skip


def test_scores_are_the_reward_and_its_parts(log: Path) -> None:
    found = members(log)
    scores = found["samples/HumanEval/0#1_epoch_1.json"]["scores"]
    assert {name: score["value"] for name, score in scores.items()} == {
        "code_grader": 0.5, "functional": 0.5, "syntax": 1.0, "style": 1.0
    }  # fmt: skip
    explanation = scores["code_grader"]["explanation"]
    assert explanation.startswith(
        "```\ntest 2 failed\nTests: 1 passed, 1 wrong_answer\n2. wrong_answer: add(1, 1): 3\n"
    )
    assert r"\x1b[31mred" in scores["code_grader"]["answer"]
    late = found["samples/late_epoch_1.json"]["scores"]["code_grader"]
    assert math.isnan(late["value"])
    (first, *_) = found["header.json"]["results"]["scores"]
    assert (first["name"], first["scored_samples"], first["unscored_samples"]) == ("code_grader", 4, 1)
    assert first["metrics"]["mean"]["value"] == (1 + 0.5 + 0.25 + 1) / 4


def test_nothing_of_an_answer_is_markdown(tmp_path: Path) -> None:
    hostile = "```\n![x](https://example.invalid/a.png)\n`````\n<b>"
    row = result_row("evil", 0.5, answer=hostile, reason=hostile)
    out = tmp_path / "run.eval"
    report([write_results(tmp_path / "run.jsonl", row)], str(out), ReportFormat.INSPECT_LOG)
    sample = members(out)["samples/evil_epoch_1.json"]
    score = sample["scores"]["code_grader"]
    for text in (
        score["answer"],
        score["explanation"],
        sample["output"]["completion"],
        sample["messages"][1]["content"],
    ):
        first, *inside, last = text.splitlines()
        assert (first.removesuffix("python"), last) == ("``````", "``````")
        assert "``````" not in "\n".join(inside)


def test_a_log_is_of_one_run(tmp_path: Path) -> None:
    files = [write_results(tmp_path / name, *ROWS) for name in ("a.jsonl", "b.jsonl")]
    with pytest.raises(InputError, match="holds one run"):
        report(files, str(tmp_path / "out.eval"), ReportFormat.INSPECT_LOG)


def test_inspect_ai_reads_it(log: Path) -> None:
    inspect_log = pytest.importorskip("inspect_ai.log", reason="inspect_ai is not installed")
    read = inspect_log.read_eval_log(str(log))
    assert (read.status, len(read.samples)) == ("success", len(ROWS))
    assert read.samples[0].scores["code_grader"].value == 1.0
    assert read.results.scores[0].metrics["mean"].value == (1 + 0.5 + 0.25 + 1) / 4
