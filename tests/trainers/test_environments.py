"""Environments made of the real base classes, and stepped as their trainers step them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.grader.trainers.answers import BROKEN, REFERENCE, RIGHT, WRONG
from tests.grader.trainers.conftest import functional_rewards  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("functional_rewards")

ANSWERS = [RIGHT, WRONG] * 8
REWARDS = [1.0, 0.0] * 8


def test_skyrl_gym() -> None:
    skyrl_gym: Any = pytest.importorskip("skyrl_gym")
    skyrl_gym.register(id="code_grader", entry_point="grader.trainers.skyrl:CodeEnv")

    def episode(answer: str) -> float:
        extras = {"reward_spec": {"method": "rule", "ground_truth": REFERENCE}}
        environment = skyrl_gym.make("code_grader", env_config={}, extras=extras)
        environment.init([{"role": "user", "content": "Write add."}])
        step = environment.step(answer)
        assert step["done"]
        reward: float = step["reward"]
        return reward

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(episode, ANSWERS)) == REWARDS


def test_openenv() -> None:
    pytest.importorskip("openenv")
    from openenv.core.env_server import create_app  # noqa: PLC0415 - only where it is installed

    from grader.trainers.openenv import (  # noqa: PLC0415 - as above
        CodeAction,
        CodeEnvironment,
        CodeObservation,
        CodeRubric,
    )

    rows = [{"id": "a", "prompt": "Write add.", "reference_answer": REFERENCE}]
    environment = CodeEnvironment(rows)
    for answer, reward in zip(ANSWERS, REWARDS, strict=True):
        assert environment.reset(seed=0).prompt == "Write add."
        seen = environment.step(CodeAction(completion=answer))
        assert (seen.reward, seen.done) == (reward, True)
    environment = CodeEnvironment([{**rows[0], "reference_answer": BROKEN}])
    environment.reset()
    assert asyncio.run(environment.step_async(CodeAction(completion=RIGHT))).reward is None
    observation = CodeObservation(prompt="Write add.", metadata={"reference_answer": REFERENCE})
    assert asyncio.run(CodeRubric()(CodeAction(completion=RIGHT), observation)) == 1.0
    app = create_app(lambda: CodeEnvironment(rows), CodeAction, CodeObservation, env_name="code_grader")
    assert any(getattr(route, "path", "") == "/health" for route in app.routes)


def test_inspect_ai(tmp_path: Path) -> None:
    inspect_ai: Any = pytest.importorskip("inspect_ai")
    from inspect_ai.dataset import Sample  # noqa: PLC0415 - only where it is installed
    from inspect_ai.model import ModelOutput, ModelUsage, get_model  # noqa: PLC0415 - as above

    from grader.trainers.inspect_ai import code_grader  # noqa: PLC0415 - as above

    def output(answer: str) -> Any:
        made = ModelOutput.from_content("mockllm/model", answer)
        made.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # or it fetches a tokenizer
        return made

    samples = [
        Sample(input="Write add.", target=reference, id=number)
        for number, reference in enumerate([REFERENCE, REFERENCE, BROKEN])
    ]
    task = inspect_ai.Task(dataset=samples, scorer=code_grader())
    model = get_model("mockllm/model", custom_outputs=[output(one) for one in (RIGHT, WRONG, RIGHT)])
    (log,) = inspect_ai.eval(task, model=model, display="none", log_level="error", log_dir=str(tmp_path), max_samples=1)
    assert log.status == "success", log.error
    values = {sample.id: sample.scores["code_grader"].value for sample in log.samples}
    assert (values[0], values[1]) == (1.0, 0.0)
    assert values[2] != values[2]
    assert log.results.scores[0].metrics["mean"].value == 0.5
