"""Equality of grading tasks."""

from __future__ import annotations

from typing import Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import Sample

CODE = "def add(a, b):\n    return a + b\n"
CLOSED, UNCLOSED = f"```python\n{CODE}```", f"```python\n{CODE}"
PROSE, THOUGHT = "I do not know.", "<think>I do not know.</think>"
REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}


@pytest.fixture(scope="module")
def grader() -> Any:
    """A grader."""
    with Grader(GraderConfig.load(None, {})) as grader:
        yield grader


@pytest.mark.parametrize("completions", [(CLOSED, UNCLOSED), (UNCLOSED, CLOSED), (PROSE, THOUGHT), (THOUGHT, PROSE)])
def test_a_grade_does_not_depend_on_what_is_graded_beside_it(grader: Grader, completions: tuple[str, str]) -> None:
    samples = [Sample(str(index), completion, REFERENCE) for index, completion in enumerate(completions)]
    together, alone = grader.grade_batch(samples), [grader.grade(sample) for sample in samples]
    for one, other in zip(together, alone, strict=True):
        assert (one.reward, one.reason) == (other.reward, other.reason)
        assert one.metric("code_truncated") == other.metric("code_truncated")
    assert (together[0].reason, together[0].metric("code_truncated")) != (
        together[1].reason,
        together[1].metric("code_truncated"),
    )
