"""The reward function for slime and miles.

::

    --custom-rm-path grader.trainers.slime.custom_rm

Source: slime and miles, ``rollout/rm_hub``: called with one sample, or with all samples of a group (``--group-rm``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from grader.trainers import process_grader
from grader.trainers.samples import make_sample

__all__ = ["custom_rm"]

_DEADLINE_S: Final = 100.0
"""Below the 120 s after which slime gives up a remote call."""
_REFERENCE_KEYS: Final = ("reference_answer", "ground_truth", "unit_tests")


async def custom_rm(args: object, sample: Any, **_: Any) -> float | list[float]:  # noqa: ARG001 - it comes by position
    """Grade one sample, or a list of samples.

    Args:
        args: the trainer's arguments; not used.
        sample: has ``response``, ``prompt``, and the reference as ``label`` or, if that is ``None``, in ``metadata`` as
            ``reference_answer``, ``ground_truth`` or ``unit_tests`` (miles: in ``reward_spec``, too).

    Returns:
        A value in [0, 1], or one for each sample of a list. The setting ``unscored`` decides what an unscored sample
        gets.

    Raises:
        grader.errors.UnscoredError: it is unscored, and the setting is ``raise``.
    """
    if isinstance(sample, list):
        return list(await asyncio.gather(*(_reward(one) for one in sample)))
    return await _reward(sample)


async def _reward(sample: Any) -> float:
    made = make_sample(
        sample.response,
        _reference(sample),
        prompt=getattr(sample, "prompt", None) or "",
        sample_id=getattr(sample, "index", None),
        reference_field="label",
    )
    return process_grader.reward(await process_grader.grade_async(made, deadline_s=_DEADLINE_S))


def _reference(sample: Any) -> Any:
    label = getattr(sample, "label", None)
    if label is not None and label != "":
        return label
    for place in (getattr(sample, "reward_spec", None), getattr(sample, "metadata", None)):
        if isinstance(place, Mapping):
            for key in _REFERENCE_KEYS:
                if place.get(key) is not None:
                    return place[key]
    return None
