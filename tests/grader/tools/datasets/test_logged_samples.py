"""Samples that lm-eval has logged are graded as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.cli.sources import open_samples
from grader.core.grader import Grader
from grader.tools.files.samples import grade_lines
from grader.types import BadSample, Sample

if TYPE_CHECKING:
    from pathlib import Path

BODY = "    return a + b\n"
DOC = {
    "task_id": "HumanEval/900",
    "prompt": 'def add(a, b):\n    """Add."""\n',
    "entry_point": "add",
    "canonical_solution": BODY,
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(2, 2) == 4\n",
}
MBPP = {"task_id": 7, "text": "Write inc.", "code": "x", "test_list": ["assert inc(1) == 2"], "test_setup_code": ""}


def logged(doc: dict[str, Any], *responses: str, **fields: Any) -> dict[str, Any]:
    """Make a line with the keys that lm-eval 0.4.13 writes."""
    return {
        "doc_id": 0,
        "doc": doc,
        "target": "",
        "arguments": {"gen_args_0": {"arg_0": "...", "arg_1": {"until": ["\nclass"]}}},
        "resps": [list(responses)],
        "filtered_resps": [[doc.get("prompt", "") + text for text in responses]],
        "filter": "create_test",
        "metrics": ["pass@1"],
        "doc_hash": "0",
        "prompt_hash": "0",
        "target_hash": "0",
        "pass@1": 1.0,
    } | fields


def read(tmp_path: Path, *rows: Any) -> list[Sample | BadSample]:
    path = tmp_path / "samples_humaneval.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with open_samples(str(path), None) as file:
        return [line.sample for line in file]


def test_they_get_their_grades(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    mbpp = logged(MBPP, "def inc(x):\n    return x + 1\n", filter="create_test")
    rows = [logged(DOC, BODY, "    return a\n"), mbpp]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with open_samples(str(path), None) as file, Grader() as grader:
        graded = [(grade.sample_id, grade.metric("functional")) for _, grade in grade_lines(grader, file)]
    assert graded == [("HumanEval/900#0", 1.0), ("HumanEval/900#1", 0.0), ("7#0", 1.0)]


@pytest.mark.parametrize(
    ("fields", "completions"),
    [
        ({"filtered_resps": ["one"]}, ["one"]),
        ({"filtered_resps": [["one", "two"]]}, ["one", "two"]),
        ({"filtered_resps": []}, ["raw"]),
    ],
)
def test_what_lm_eval_has_graded_is_graded(tmp_path: Path, fields: dict[str, Any], completions: list[str]) -> None:
    samples = read(tmp_path, logged(DOC, "raw", **fields))
    assert [sample.completion for sample in samples if isinstance(sample, Sample)] == completions


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (logged(DOC, filtered_resps=[[[-1.5, False]]], resps=[[[-1.5, False]]]), "filtered_resps"),
        (logged(DOC, resps=[], filtered_resps=[]), "resps: is not a list of lists of texts"),
        (logged({"question": "Where?", "choices": []}, "x"), "doc: "),
        (logged(DOC, BODY) | {"doc": "text"}, "doc: is of type str"),
    ],
)
def test_lines_of_other_tasks_are_named(tmp_path: Path, row: Any, complaint: str) -> None:
    (sample,) = read(tmp_path, row)
    assert isinstance(sample, BadSample)
    assert complaint in str(sample.error)


def test_the_lines_of_a_second_filter_are_not_counted_as_more_samples(tmp_path: Path) -> None:
    first, second, third = read(tmp_path, logged(DOC, BODY), logged(DOC, BODY, filter="other"), logged(MBPP, "x"))
    assert isinstance(first, Sample)
    assert isinstance(second, BadSample)
    assert "is 'other', and the file began with 'create_test'" in str(second.error)
    assert isinstance(third, Sample)
