"""The reward function for OpenRLHF, which takes the path of a file.

::

    --reward.remote_url "$(python -c 'import grader.trainers.openrlhf as m; print(m.__file__)')"
    --data.label_key reference_answer

Source: OpenRLHF 0.11, ``openrlhf/utils/agent.py``: called in a thread, one answer a call. An exception there is logged
and leaves the sample without any reward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.trainers import process_grader
from grader.trainers.rewards import means
from grader.trainers.samples import cut_prompts, make_samples

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["reward_func"]


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any]) -> dict[str, Any]:
    """Grade answers.

    Args:
        queries: prompts with the answers behind them.
        prompts: the prompts.
        labels: the references, in any known format.

    Returns:
        ``rewards`` and ``scores``, a tensor of values in [0, 1], one for each query, and ``extra_logs``, the means of
        all metrics. The setting ``unscored`` decides what an unscored sample gets.

    Raises:
        grader.errors.UnscoredError: one is unscored, and the setting is ``raise``.
    """
    completions = cut_prompts(queries, prompts)
    samples = make_samples(completions, labels, prompts=prompts, reference_field="label")
    grades = process_grader.grade_batch(samples)
    rewards = _tensor([process_grader.reward(grade) for grade in grades])
    return {"rewards": rewards, "scores": rewards, "extra_logs": means(grades)}


def _tensor(values: list[float]) -> Any:
    import torch  # noqa: PLC0415 - the trainer has it, and nothing else here needs it

    return torch.tensor(values, dtype=torch.float)
