"""From samples to results, reports and other rewards, by the commands; a sample has one name in all of them."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ODD_ID = {"task": 7, "name": "tab\there\x1b\u202e"}
NAME = '{"task": 7, "name": "tab\\there\\u001b\\u202e"}'


def run(grader_command: Any, *args: str) -> Any:
    ended = grader_command(*args)
    assert ended.code == 0, ended.err
    return ended


def test_a_sample_has_one_name_everywhere(
    grader_command: Any, write_lines: Callable[..., Path], tmp_path: Path, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    path = write_lines(right | {"id": ODD_ID}, wrong)
    out, table, page, log = (str(tmp_path / name) for name in ("out.jsonl", "out.csv", "page.html", "run.eval"))
    summary = json.loads(run(grader_command, "grade", str(path), "--out", out, "--json").out)
    assert {slow["id"] for slow in summary["slowest"]} == {NAME, "wrong"}
    results = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [result["id"] for result in results] == [ODD_ID, "wrong"]
    assert "answer" in results[0]

    run(grader_command, "reweigh", out, "--preset", "dense", "--out", table)
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [(row["id"], row["aggregate_reward_score"]) for row in csv.DictReader(file)] == [
            (NAME, "1.0"),
            ("wrong", "0.5"),
        ]

    run(grader_command, "report", out, "--out", page)
    data = re.search(r'id="data">(.*)</script>', (tmp_path / "page.html").read_text())
    assert data
    assert json.loads(data[1])["runs"][0]["names"] == [NAME, "wrong"]
    run(grader_command, "report", out, "--to", "inspect-log", "--out", log)
    with zipfile.ZipFile(log) as file:
        assert [one["id"] for one in json.loads(file.read("summaries.json"))] == [NAME, "wrong"]

    explained = run(grader_command, "explain", str(path), "--id", NAME, "--json")
    assert json.loads(explained.out)["line"] == 1


def test_samples_of_problems_are_explained_by_their_names(
    grader_command: Any, write_lines: Callable[..., Path]
) -> None:
    problems = write_lines({"task_id": 7, "text": "Write inc.", "test_list": ["assert inc(1) == 2"]}, name="mbpp.jsonl")
    answers = write_lines(
        {"task_id": 7, "completion": "def inc(x):\n    return x\n"},
        {"task_id": 7, "completions": ["pass", "def inc(x):\n    return x + 1\n"]},
        name="answers.jsonl",
    )
    explained = run(grader_command, "explain", str(answers), "--problems", str(problems), "--id", "7#2", "--json")
    document = json.loads(explained.out)
    assert (document["id"], document["line"], document["reward"]) == ("7#2", 2, 1.0)


def test_details_can_be_left_out(
    grader_command: Any, write_lines: Callable[..., Path], tmp_path: Path, right: dict[str, Any]
) -> None:
    out = tmp_path / "out.jsonl"
    run(grader_command, "grade", str(write_lines(right)), "--out", str(out), "--no-details")
    assert not {"answer", "tests", "prompt"} & set(json.loads(out.read_text()))
    run(grader_command, "report", str(out), "--out", str(tmp_path / "page.html"))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_results_are_written_as_a_table(
    grader_command: Any, write_lines: Callable[..., Path], tmp_path: Path, right: dict[str, Any], suffix: str
) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    out = tmp_path / f"out.{suffix}"
    run(grader_command, "grade", str(write_lines(right)), "--out", str(out))
    if suffix == "csv":
        with out.open(newline="") as file:
            (row,) = csv.DictReader(file)
        assert (row["id"], row["metrics.functional"], row["status"]) == ("right", "1.0", "scored")
    else:
        run(grader_command, "report", str(out), "--out", str(tmp_path / "page.html"))


def test_a_file_that_is_no_result_is_named_in_one_line(
    grader_command: Any, write_lines: Callable[..., Path], tmp_path: Path, right: dict[str, Any]
) -> None:
    path = write_lines(right)
    for command in (
        ["report", str(path), "--out", str(tmp_path / "page.html")],
        ["reweigh", str(path), "--preset", "dense"],
    ):
        ended = grader_command(*command)
        assert ended.code == 2
        assert ended.complaints == [
            f"grader: {path}:1: has no metrics; give a file that `grader grade --out` has written"
        ]


def test_the_style_warning_is_one_line(
    grader_command: Any, write_lines: Callable[..., Path], tmp_path: Path, wrong: dict[str, Any]
) -> None:
    ugly = wrong | {
        "id": "ugly",
        "messages": [{"role": "assistant", "content": "def add(a,b):\n  x=1\n  return a-b\n"}],
    }
    out = str(tmp_path / "out.jsonl")
    run(grader_command, "grade", str(write_lines(wrong, ugly)), "--out", out)
    ended = run(grader_command, "reweigh", out, "--preset", "weighted")
    (warning,) = ended.complaints
    assert warning.startswith("warning: in 1 of 1 groups the rewards differ in style alone")
    assert "0 with another reward" in ended.out
