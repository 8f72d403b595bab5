"""Drivers of trainers that cannot be installed here: their adapters, called as the source of each calls them."""

from __future__ import annotations

import asyncio
import pickle
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from grader.trainers import areal, easyr1, nemo_rl, open_instruct, rllm, slime
from testcases.pytest_runner.solution_module import installed_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from tests.trainers.human_eval import Row

__all__ = ["DRIVERS"]


def _slime(rows: Sequence[Row]) -> list[float]:
    def sample(row: Row) -> Any:
        return SimpleNamespace(
            prompt=row.messages, response=row.completion, label=row.reference, metadata={}, index=None
        )

    async def scores() -> list[float]:
        single = [slime.custom_rm(SimpleNamespace(), sample(row)) for row in rows]
        return [reward for reward in await asyncio.gather(*single) if isinstance(reward, float)]

    return asyncio.run(scores())


def _slime_group(rows: Sequence[Row]) -> list[float]:
    # miles keeps the reference in the metadata, and its label is empty then.
    samples = [
        SimpleNamespace(prompt=row.prompt, response=row.completion, label="", metadata={"unit_tests": row.reference})
        for row in rows
    ]
    rewards = asyncio.run(slime.custom_rm(SimpleNamespace(), samples, evaluation=False))
    assert isinstance(rewards, list)
    return rewards


def _areal(rows: Sequence[Row]) -> list[float]:
    function = pickle.loads(pickle.dumps(areal.code_reward))

    def by_position(row: Row) -> float:
        columns = {"reference_answer": row.reference, "messages": row.messages, "solution": None}
        reward: float = function(row.prompt, f"{row.completion}<|im_end|>", [1], [2], **columns)
        return reward

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(by_position, rows))


def _areal_vision(rows: Sequence[Row]) -> list[float]:
    row = rows[0]
    first = areal.code_reward(
        prompt=row.prompt,
        completions=row.completion,
        prompt_ids=[1],
        completion_ids=[2],
        reference_answer=row.reference,
    )
    return [first, *_areal(rows[1:])]


def _easyr1(rows: Sequence[Row]) -> list[float]:
    inputs = [{"response": row.completion, "response_length": 1, "ground_truth": row.reference} for row in rows]
    return [score["overall"] for score in easyr1.compute_score(inputs)]


def _nemo_rl(rows: Sequence[Row]) -> list[float]:
    logs = [[{**turn, "token_ids": object()} for turn in (*row.messages, *row.reply)] for row in rows]
    result = nemo_rl.grade_step(logs, [{"reference_answer": row.reference, "ground_truth": None} for row in rows])
    assert result["reward_valid_mask"] == [True] * (len(rows) - 1) + [False]
    rewards: list[float] = result["rewards"]
    return rewards


def _open_instruct(rows: Sequence[Row]) -> list[float]:
    async def scores() -> list[float]:
        found = await asyncio.gather(*(open_instruct.score(row.completion, row.reference, row.prompt) for row in rows))
        return [score for score, _ in found]

    return asyncio.run(scores())


def _rllm(rows: Sequence[Row]) -> list[float]:
    with _modules(
        {
            "rllm.eval.types": {"EvalOutput": SimpleNamespace, "Signal": SimpleNamespace},
            "rllm.rewards.reward_types": {"RewardOutput": SimpleNamespace},
        }
    ):
        found = []
        for row in rows:
            task = SimpleNamespace(instruction=row.prompt, metadata={"ground_truth": row.reference})
            step = SimpleNamespace(output=None, model_response=row.completion)
            episode = SimpleNamespace(artifacts={}, trajectories=[SimpleNamespace(output=None, steps=[step])])
            found.append(rllm.CodeEvaluator().evaluate(task, episode).reward)
            old = {"question": row.prompt, "ground_truth": row.reference}
            assert rllm.code_reward(old, row.completion).reward == found[-1]
        return found


def _modules(members: dict[str, dict[str, Any]]) -> AbstractContextManager[None]:
    """Put modules in the place of a trainer's."""
    made = {name: ModuleType(name) for name in {part for full in members for part in _parents(full)}}
    for name, values in members.items():
        made[name].__dict__.update(values)
    return installed_modules(made)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


DRIVERS: dict[str, tuple[Callable[[Sequence[Row]], list[float]], float]] = {
    "slime": (_slime, 0.0),
    "slime-group": (_slime_group, 0.0),
    "areal": (_areal, 0.0),
    "areal-vision": (_areal_vision, 0.0),
    "easyr1": (_easyr1, 0.0),
    "nemo-rl": (_nemo_rl, 0.0),
    "open-instruct": (_open_instruct, 0.0),
    "rllm": (_rllm, 0.0),
}
"""As `tests.trainers.installed.DRIVERS`."""
