"""Rows that ask for the output of a program are converted and checked as those that ask for code."""

from __future__ import annotations

from typing import Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.tools.datasets.check import CheckOptions, check_config, check_rows
from grader.tools.datasets.prompts import PREDICTION_SYSTEM_PROMPT, PromptTemplate
from grader.tools.datasets.reference_writer import ReferenceWriter
from grader.tools.datasets.tasks import read_task
from tests.grader.tools.datasets.rows import row_of

ROW = {"code": "def f(a, b):\n    return [a + b]\n", "input": "1, 2", "output": "[3]", "id": "sample_9000"}
CALL = {
    "code": "def g(x):\n    return h(x)\n\n\ndef h(x):\n    return x",
    "function_name": "g",
    "input": "g(x = 'a')",
    "output": "'a'",
    "question_id": "1",
}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (ROW, "```python\ndef f(a, b):\n    return [a + b]\nassert f(1, 2) == ??\n```"),
        (CALL, f"```python\n{CALL['code']}\nassert g(x = 'a') == ??\n```"),
    ],
)
def test_the_prompt_is_the_code_with_the_call(row: dict[str, Any], text: str) -> None:
    task = read_task(row_of(row))
    system, user = PromptTemplate().render(task)
    assert system["content"] == PREDICTION_SYSTEM_PROMPT
    assert user["content"].startswith(f"{text}\n\nReplace ?? with")


@pytest.mark.parametrize("native", [False, True])
def test_the_reference_is_the_output_and_no_code(native: bool) -> None:
    reference = ReferenceWriter(native=native).write(read_task(row_of(ROW)))
    assert reference == {"output": "[3]", "format": "cruxeval"}


def test_rows_and_training_rows_have_no_findings() -> None:
    task = read_task(row_of(ROW))
    trained = {
        "id": "trained",
        "messages": PromptTemplate().render(task),
        "reference_answer": ReferenceWriter().write(task),
    }
    wrong = {**ROW, "id": "2", "input": "2, 2"}
    with Grader(check_config(GraderConfig(workers=1))) as grader:
        rows = [row_of(row, number) for number, row in enumerate([ROW, CALL, trained, wrong], 1)]
        checked = check_rows(rows, grader, CheckOptions(), lambda _: None)
    # The code never runs, so that a wrong output is not found.
    assert [finding.detail for finding in checked.findings] == []
    assert (checked.tasks, checked.solutions, checked.passing, checked.stubs_passing) == (4, 4, 4, 0)
