"""Tests that use an answer's own classes: what works across two processes as it does in one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade

FOLDER = Path(__file__).parent / "class_tasks"
ANSWER = (FOLDER / "answer.txt").read_text()


def pieces(name: str) -> dict[str, str]:
    """Pieces of test code by their titles."""
    _, *parts = re.split(r"^#: (.*)\n", (FOLDER / name).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def grade_of(grader: Grader, answer: str, tests: dict[str, str], entry_point: str) -> Grade:
    reference = {"entry_point": entry_point, "tests": [{"assert": source} for source in tests.values()]}
    return grader.grade(Sample("classes", f"```python\n{answer}\n```", reference))


def test_what_holds_in_one_process_holds_in_two(grader: Grader) -> None:
    tests = pieces("holds.txt")
    grade = grade_of(grader, ANSWER, tests, "Stack")
    became = dict(zip(tests, grade.tests, strict=True))
    assert {name: test.detail for name, test in became.items() if test.verdict != "passed"} == {}


def test_what_does_not_hold_does_not(grader: Grader) -> None:
    tests = pieces("fails.txt")
    grade = grade_of(grader, ANSWER, tests, "Stack")
    became = dict(zip(tests, grade.tests, strict=True))
    assert [name for name, test in became.items() if test.verdict == "passed"] == []
    assert {test.verdict for test in became.values()} <= {"wrong_answer", "exception"}
