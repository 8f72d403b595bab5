"""The reward function for AReaL.

::

    from grader.trainers.areal import code_reward
    RLVRWorkflow(reward_fn=code_reward, ...)

Source: AReaL 1.0, ``areal/api/reward_api.py``: pickled to a pool of processes, one answer a call, 15 s, then tried
again. The pool's processes end with the trainer, and the grader of each with it.
"""

from __future__ import annotations

from typing import Any, Final

from grader.trainers import process_grader
from grader.trainers.samples import column, make_sample

__all__ = ["code_reward"]

_DEADLINE_S: Final = 14.0
"""Below the 15 s after which AReaL calls again."""
_REFERENCE: Final = "reference_answer"


def code_reward(
    prompt: Any,
    completions: Any,
    prompt_ids: object,  # noqa: ARG001 - AReaL passes it by position
    completion_ids: object,  # noqa: ARG001 - as above
    **row: Any,
) -> float:
    """Grade one answer.

    Args:
        prompt: the prompt's text.
        completions: the model's text.
        prompt_ids: not used.
        completion_ids: not used.
        **row: the other columns of the data set; ``reference_answer`` holds the reference.

    Returns:
        The reward in [0, 1]. The setting ``unscored`` decides what an unscored sample gets.

    Raises:
        grader.errors.InputError: the data set has no such column.
        grader.errors.UnscoredError: it is unscored, and the setting is ``raise``.
    """
    sample = make_sample(completions, column(row, _REFERENCE), prompt=prompt, reference_field=_REFERENCE)
    return process_grader.reward(process_grader.grade(sample, deadline_s=_DEADLINE_S))
