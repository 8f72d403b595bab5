"""verl's own reward managers, loaded by its configuration and given its batches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.trainers.human_eval import Row

__all__ = ["MANAGERS", "scores"]

MANAGERS = {
    "naive": "compute_score",
    "dapo": "compute_score",
    "gdpo": "compute_score",
    "rate_limited": "compute_score",
    "remote": "compute_score_sync",
}
"""By name, the function that its configuration names."""


class _Characters:
    """A tokenizer with a token for each character."""

    def decode(self, tokens: Any, **_: Any) -> str:
        """Return the text of tokens."""
        return "".join(map(chr, tokens.tolist()))


def scores(manager: str, rows: Sequence[Row]) -> list[float]:
    """Return the score of each row, all of them asked for at once."""
    pytest.importorskip("verl")
    return asyncio.run(_scores(manager, rows))


async def _scores(manager: str, rows: Sequence[Row]) -> list[float]:
    from omegaconf import OmegaConf  # noqa: PLC0415 - only where verl is installed
    from verl.trainer.ppo.reward import load_reward_manager  # noqa: PLC0415 - as above

    config = OmegaConf.create(
        {
            "reward": {
                "num_workers": 2,
                "custom_reward_function": {"path": "pkg://grader.trainers.verl", "name": MANAGERS[manager]},
                "reward_manager": {"source": "register", "name": manager},
            },
            "trainer": {"experiment_name": "grader"},
        }
    )
    made = load_reward_manager(config, _Characters())
    results = await asyncio.gather(*(made.run_single(_batch(row)) for row in rows))
    keys = {tuple(result["reward_extra_info"]) for result in results}
    assert len(keys) == 1, keys
    assert [result["reward_extra_info"]["score"] for result in results] == [one["reward_score"] for one in results]
    return [float(result["reward_score"]) for result in results]


def _batch(row: Row) -> Any:
    import numpy as np  # noqa: PLC0415 - only where verl is installed
    import torch  # noqa: PLC0415 - as above
    from verl import DataProto  # noqa: PLC0415 - as above

    tokens = torch.tensor([[ord(character) for character in row.completion] + [0] * 8])
    prompt = torch.zeros((1, 4), dtype=torch.long)
    mask = torch.cat([torch.ones_like(prompt), (tokens != 0).long()], dim=1)
    fields = {
        "data_source": "humaneval",
        "reward_model": {"ground_truth": row.reference, "style": "rule"},
        "extra_info": {"id": row.task_id, "question": row.prompt, "split": None},
    }
    others = {name: np.array([value], dtype=object) for name, value in fields.items()}
    return DataProto.from_dict({"prompts": prompt, "responses": tokens, "attention_mask": mask}, non_tensors=others)
