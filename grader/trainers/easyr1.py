"""The score function for EasyR1.

::

    worker.reward.reward_function=/path/of/grader/trainers/easyr1.py:compute_score

Source: EasyR1, ``verl/workers/reward``: a file with the names ``REWARD_NAME`` and ``REWARD_TYPE``; a batch of objects
in, a list of dicts with ``overall`` out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["REWARD_NAME", "REWARD_TYPE", "compute_score"]

REWARD_NAME = "code"
REWARD_TYPE = "batch"


def compute_score(reward_inputs: Sequence[Mapping[str, Any]], **_: Any) -> list[dict[str, float]]:
    """Grade answers.

    Args:
        reward_inputs: objects with ``response`` and ``ground_truth``.

    Returns:
        For each: ``overall`` in [0, 1], and all metrics. The setting ``unscored`` decides what an unscored sample gets;
        its metric ``grader_error`` is 1.

    Raises:
        grader.errors.UnscoredError: one is unscored, and the setting is ``raise``.
    """
    samples = make_samples(
        [one.get("response") for one in reward_inputs],
        [one.get("ground_truth") for one in reward_inputs],
        reference_field="ground_truth",
    )
    grades = process_grader.grade_batch(samples)
    return [{"overall": process_grader.reward(one), **parts(one)} for one in grades]
