"""The scorer for inspect_ai.

::

    from grader.trainers.inspect_ai import code_grader
    Task(dataset=..., solver=generate(), scorer=code_grader())

Source: inspect_ai 0.3, ``inspect_ai.scorer``: a score may be a dict of numbers, each with metrics of its own;
``Score.unscored`` is left out of all metrics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from inspect_ai.scorer import Score, Scorer, Target
    from inspect_ai.solver import TaskState

__all__ = ["code_grader"]


def code_grader(reference: str = "reference_answer") -> Scorer:
    """Make the scorer.

    Args:
        reference: key of the sample's metadata that holds the reference; without such a key, the target is the
            reference, as JSON text.
    """
    # Here, so that this module can be looked at where inspect_ai is not installed.
    from inspect_ai.scorer import mean, scorer, stderr  # noqa: PLC0415 - see above

    def make(reference: str) -> Any:
        async def score(state: TaskState, target: Target) -> Score:
            return await _score(state, target, reference)

        return score

    return scorer(metrics=[mean(), stderr()], name="code_grader")(make)(reference)


async def _score(state: TaskState, target: Target, reference: str) -> Score:
    from inspect_ai.scorer import Score  # noqa: PLC0415 - see `code_grader`

    found = (state.metadata or {}).get(reference)
    sample = make_sample(
        state.output.completion,
        target.text if found is None else found,
        prompt=state.input_text,
        sample_id=state.sample_id,
        reference_field="target" if found is None else f"metadata.{reference}",
    )
    grade = await process_grader.grade_async(sample)
    if grade.reward is None:
        return Score.unscored(explanation=grade.reason)
    return Score(
        value=grade.reward,
        answer=grade.answer,
        explanation=grade.reason,
        metadata={"parts": parts(grade)},
    )
