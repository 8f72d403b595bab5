"""Files of a run are in memory: shared by answer and tests, empty for the next run, and nothing of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.types import Sample
from tests.end_to_end.files_suites import HONEST, WRONG

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade


def grade_of(grader: Grader, answer: str, reference: dict[str, Any]) -> Grade:
    return grader.grade(Sample("files", f"```python\n{answer}\n```", reference))


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_suite_with_files_or_mocks_passes(grader: Grader, name: str) -> None:
    answer, suite = HONEST[name]
    grade = grade_of(grader, answer, {"pytest": suite})
    assert [test.detail for test in grade.tests if test.verdict != "passed"] == []
    assert grade.metric("functional") == 1


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_to_a_suite_with_files_or_mocks_fails(grader: Grader, name: str) -> None:
    answer, suite = WRONG[name]
    grade = grade_of(grader, answer, {"pytest": suite})
    assert (grade.status, grade.metric("functional")) == ("scored", 0)
