"""Results as CSV and Parquet, and the details that are stored."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import InputError
from grader.tools.files.details import MAX_TESTS, grade_details
from grader.tools.files.results import ResultFile, ResumableResults
from grader.tools.files.stored_results import StoredResultFile
from grader.types import Grade, GradeStatus, Metric, TestResult
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

GRADE = Grade(
    sample_id="a",
    status=GradeStatus.SCORED,
    reward=0.5,
    metrics=(Metric("syntax", 1.0), Metric("extraction_rule", 2.0)),
    tests=(TestResult(Verdict.PASSED, "f(1)"), TestResult(Verdict.TIMEOUT, "f(2)", "2 s")),
    reason="=1+1\ud800\x1b",
    answer="x = '\ud800\x1b'\n",
    problem="p",
    extraction_rule="bare_code",
    style_findings=("line 1: long",),
    timings_ms={"run": 3.14159},
)
GRADES = [GRADE, replace(GRADE, sample_id={"k": 1}, reward=None, status=GradeStatus.UNSCORED, answer=None)]


def write(path: Path, grades: list[Grade] = GRADES) -> Path:
    with ResultFile(str(path), source="-", unscored_reward=0.0, details=True) as results:
        for number, grade in enumerate(grades, 1):
            results.write(grade, number, f"d{number}", prompt="Write f.")
    return path


def read(path: Path) -> list[Any]:
    with StoredResultFile(str(path)) as file:
        return [replace(result, document={}) for result in file.results()]


def test_csv_has_a_column_for_each_metric_and_no_formula(tmp_path: Path) -> None:
    with write(tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert first == {
        "id": "a",
        "aggregate_reward_score": "0.5",
        "metrics.syntax": "1.0",
        "metrics.extraction_rule": "2.0",
        "status": "scored",
        "reason": "'=1+1\ufffd\\x1b",
        "problem": "p",
        "extraction_rule": "bare_code",
        "verdicts": '["passed", "timeout"]',
        "line": "1",
        "digest": "d1",
    }
    assert (second["id"], second["status"]) == ('{"k": 1}', "unscored")


def test_parquet_is_read_back_as_json_lines_are(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    table = read(write(tmp_path / "out.parquet"))
    lines = read(write(tmp_path / "out.jsonl"))
    assert [result.name for result in table] == ["a", '{"k": 1}']
    # lone surrogates, which UTF-8 lacks, are written as escapes
    assert table == [replace(lines[0], answer="x = '\\ud800\x1b'\n"), lines[1]]
    assert table[1].answer is None


def test_parquet_takes_values_that_come_late(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra parquet is not installed")
    grades = [replace(GRADE, answer=None)] * 1500 + [GRADE]
    results = read(write(tmp_path / "out.parquet", grades))
    assert len(results) == 1501
    assert (results[0].answer, results[-1].answer) == (None, "x = '\\ud800\x1b'\n")


def test_an_error_names_the_missing_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"out\.parquet: is Parquet, which needs pyarrow \(pip install 'rlvr-code-gr"):
        write(tmp_path / "out.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_run_that_can_be_resumed_needs_lines(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="name a file of JSON lines"):
        ResumableResults(str(tmp_path / name), source="-", unscored_reward=0.0)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "full.csv").symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"full\.csv: No space left on device"):
        write(tmp_path / "full.csv")


def test_csv_is_no_input_of_a_report(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is CSV, which has no answers and tests"):
        read(write(tmp_path / "out.csv"))


def test_details_keep_the_tests_that_failed_in_their_order() -> None:
    tests = [TestResult(Verdict.PASSED, str(number)) for number in range(100)]
    for number in (3, 40, 99):
        tests[number] = TestResult(Verdict.WRONG_ANSWER, str(number))
    kept = [test["index"] for test in grade_details(replace(GRADE, tests=tuple(tests)), "")["tests"]]
    assert len(kept) == MAX_TESTS
    assert kept == sorted(kept)
    assert {3, 40, 99} <= set(kept)


def test_details_of_lines_are_those_of_the_grade(tmp_path: Path) -> None:
    first = json.loads(write(tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert first["answer"] == GRADE.answer
    assert first["prompt"] == "Write f."
    assert first["tests"][1] == {"index": 1, "verdict": "timeout", "name": "f(2)", "detail": "2 s"}
    assert (first["style_findings"], first["timings_ms"]) == (["line 1: long"], {"run": 3.1})
    (stored, _) = read(tmp_path / "out.jsonl")
    assert stored.has_details
    assert stored.tests[1].detail == "2 s"


def test_responses_of_the_lambda_function_are_results_too(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    metrics = [{"name": "syntax", "value": 1.0, "type": "Reward"}, {"name": "grader_error", "value": 0.0}]
    path.write_text(json.dumps({"id": 7, "aggregate_reward_score": 0.25, "metrics_list": metrics}))
    (result,) = read(path)
    assert (result.name, result.reward, result.metrics["syntax"], result.has_details) == ("7", 0.25, 1.0, False)
