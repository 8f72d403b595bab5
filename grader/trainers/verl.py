"""The score function for verl.

::

    reward.custom_reward_function.path=pkg://grader.trainers.verl
    reward.custom_reward_function.name=compute_score

Source: verl 0.9.1, ``verl.experimental.reward_loop.reward_manager``: one answer a call, by keywords; a dict with
``score``, whose other keys become metrics and must be the same for all samples. The manager ``remote`` takes no
coroutine: name ``compute_score_sync`` there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.types import BadSample, Grade, Sample

__all__ = ["compute_score", "compute_score_sync"]

_DEADLINE_S: Final = 280.0
"""Below the 300 s after which the manager ``rate_limited`` makes the score 0."""


async def compute_score(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: Mapping[str, Any] | None = None, **_: Any
) -> dict[str, float]:
    """Grade one answer.

    Args:
        data_source: name of the data set; only for error messages.
        solution_str: the model's text.
        ground_truth: the reference, in any known format; verl's data sets hold JSON text.
        extra_info: the row's other values; ``prompt`` or ``question`` is the prompt, ``id`` or ``index`` its id.

    Returns:
        ``score`` in [0, 1], and all metrics. verl knows no missing score: the setting ``unscored`` decides what an
        unscored sample gets, and its metric ``grader_error`` is 1.

    Raises:
        grader.errors.UnscoredError: it is unscored, and the setting is ``raise``.
    """
    sample = _sample(data_source, solution_str, ground_truth, extra_info)
    return _result(await process_grader.grade_async(sample, deadline_s=_DEADLINE_S))


def compute_score_sync(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: Mapping[str, Any] | None = None, **_: Any
) -> dict[str, float]:
    """Grade one answer as `compute_score` does, for managers that take no coroutine."""
    sample = _sample(data_source, solution_str, ground_truth, extra_info)
    return _result(process_grader.grade(sample, deadline_s=_DEADLINE_S))


def _sample(
    data_source: str, solution_str: str, ground_truth: Any, extra_info: Mapping[str, Any] | None
) -> Sample | BadSample:
    info = {} if extra_info is None else extra_info
    prompt = info.get("prompt")
    return make_sample(
        solution_str,
        ground_truth,
        prompt=info.get("question") or "" if prompt is None else prompt,
        sample_id=next((info[key] for key in ("id", "index") if info.get(key) is not None), data_source),
        reference_field="reward_model.ground_truth",
    )


def _result(grade: Grade) -> dict[str, float]:
    return {"score": process_grader.reward(grade), **parts(grade)}
