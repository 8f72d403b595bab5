"""Completions of one file find their problems in another; a line that cannot be read is never a 0."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.core.grader import Grader
from grader.errors import InputError
from grader.tools.datasets.completions import CompletionFile, read_problems
from grader.tools.files.samples import grade_lines
from grader.types import BadSample, Sample

if TYPE_CHECKING:
    from pathlib import Path

BODY = "    return a + b\n"
HUMANEVAL = {
    "task_id": "HumanEval/900",
    "prompt": 'def add(a, b):\n    """Add."""\n',
    "entry_point": "add",
    "canonical_solution": BODY,
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(2, 2) == 4\n",
}
WHOLE = HUMANEVAL["prompt"] + BODY
MBPP = {"task_id": 7, "text": "Write inc.", "code": "x", "test_list": ["assert inc(1) == 2"]}


def write(path: Path, *rows: Any) -> str:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def read(tmp_path: Path, *rows: Any) -> list[Sample | BadSample]:
    problems = read_problems(write(tmp_path / "problems.jsonl", HUMANEVAL, MBPP))
    with CompletionFile(write(tmp_path / "samples.jsonl", *rows), problems) as file:
        return [line.sample for line in file]


def test_samples_of_human_eval_and_evalplus_get_their_grades(tmp_path: Path) -> None:
    problems = read_problems(write(tmp_path / "problems.jsonl", HUMANEVAL, MBPP))
    rows = [
        {"task_id": "HumanEval/900", "completion": BODY},
        {"task_id": "HumanEval/900", "solution": WHOLE},
        {"task_id": "HumanEval/900", "completion": "    return a\n"},
        {"task_id": "HumanEval/900", "completions": [BODY, "    return b\n"]},
        {"task_id": 7, "generation": "```python\ndef inc(x):\n    return x + 1\n```"},
    ]
    with CompletionFile(write(tmp_path / "samples.jsonl", *rows), problems) as file, Grader() as grader:
        graded = [
            (line.number, grade.sample_id, grade.metric("functional")) for line, grade in grade_lines(grader, file)
        ]
    name = "HumanEval/900"
    assert graded == [
        (1, f"{name}#0", 1.0),
        (2, f"{name}#1", 1.0),
        (3, f"{name}#2", 0.0),
        (4, f"{name}#3", 1.0),
        (4, f"{name}#4", 0.0),
        (5, "7#0", 1.0),
    ]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"task_id": "HumanEval/900"}, "completion: is missing: give completion, solution, "),
        ({"task_id": "HumanEval/900", "completionz": "x"}, "'completionz' is nearly 'completion'"),
        ({"task_id": "HumanEval/900", "Solution": "x"}, "'Solution' is nearly 'solution'"),
        ({"task_id": "HumanEval/900", "colour": "x"}, "found: colour, task_id"),
        ({"task_id": "HumanEval/900", "completions": []}, "completions: is not a list of texts"),
        ({"task_id": "HumanEval/900", "completion": 3}, "completion: is not text or a list of texts"),
        ({"task_id": "HumanEval/900", "completions": ["x", None]}, "completions: is not a list of texts"),
        ({"completion": "x"}, "task_id: is missing"),
        (
            {"taskid": "HumanEval/900", "completion": "x"},
            "task_id: is missing; it names the problem; 'taskid' is nearly",
        ),
        ({"task_id": "HumanEval/901", "completion": "x"}, "there is no problem 'HumanEval/901' among the 2 given"),
        ([1], "is of type list, not an object"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, row: Any, complaint: str) -> None:
    (sample,) = read(tmp_path, row)
    assert isinstance(sample, BadSample)
    assert complaint in str(sample.error)


def test_an_empty_completion_is_an_answer(tmp_path: Path) -> None:
    (sample,) = read(tmp_path, {"task_id": "7", "completion": ""})
    assert isinstance(sample, Sample)
    assert sample.completion == ""


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([HUMANEVAL, HUMANEVAL], r"problems.jsonl:2: the id 'HumanEval/900' is that of an earlier row"),
        ([{key: value for key, value in MBPP.items() if key != "task_id"}], "problems.jsonl:1: has no id"),
        ([{"task_id": 1, "colour": "red"}], "problems.jsonl:1: .*no known format"),
    ],
)
def test_a_problem_that_cannot_be_used_is_named(tmp_path: Path, rows: list[Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_problems(write(tmp_path / "problems.jsonl", *rows))
