"""Drivers of real packages: each has a trainer's own code ask for the reward of every row."""

from __future__ import annotations

import asyncio
import importlib.util
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace, new_class
from typing import TYPE_CHECKING, Any

import pytest

from tests.trainers import verl_managers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.trainers.human_eval import Row

__all__ = ["DRIVERS", "ERROR"]

# ruff: noqa: PLC0415 - each trainer's packages are there in its own environment only
ERROR = math.inf
"""Stands for a row whose scoring has failed, by which its trainer leaves it out."""

Scores = list[float | None]


def _trl(rows: Sequence[Row]) -> Scores:
    from tests.trainers.tiny_trainer import make_trainer

    inputs = [{"prompt": row.messages, "reference_answer": row.reference, "test_list": None} for row in rows]
    with TemporaryDirectory() as folder:
        trainer = make_trainer(Path(folder))
        prompts, completions = [row.messages for row in rows], [row.reply for row in rows]
        rewards = trainer._calculate_rewards(inputs, prompts, completions, [[1]] * len(rows))
    return [None if math.isnan(value) else value for value in rewards[:, 0].tolist()]


def _verifiers(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("verifiers")
    import verifiers.v1 as vf
    from verifiers.v1.configs.task import RewardFunctionConfig, TaskConfig
    from verifiers.v1.errors import TaskError
    from verifiers.v1.graph import MessageNode
    from verifiers.v1.task import Task, TaskData
    from verifiers.v1.trace import AgentInfo, Trace, TraceTask
    from verifiers.v1.types import AssistantMessage, UserMessage

    data_type: Any = type("Data", (TaskData,), {"__annotations__": {"reference_answer": str}, "__module__": __name__})
    task_type: Any = new_class("Problem", (Task[data_type, vf.State, TaskConfig],))
    config = TaskConfig(rewards={"code": RewardFunctionConfig(fn="grader.trainers.verifiers:code")})

    async def score(number: int, row: Row) -> float | None:
        data = data_type(idx=number, reference_answer=row.reference, prompt=[UserMessage(content=row.prompt)])
        reply = MessageNode(message=AssistantMessage(content=row.completion), sampled=True)
        agent = AgentInfo.model_construct(config=None)
        trace = Trace.model_construct(
            task=TraceTask(type="Problem", data=data), agent=agent, nodes=[reply], rewards={}, metrics={}
        )
        try:
            await task_type(data, config).score(trace)
        except TaskError:
            assert trace.rewards == {"code": None}
            return ERROR
        assert trace.metrics["code_functional"] == trace.reward
        reward: float = trace.reward
        return reward

    async def score_all() -> Scores:
        return list(await asyncio.gather(*(score(number, row) for number, row in enumerate(rows))))

    return asyncio.run(score_all())


def _nemo_gym(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("nemo_gym")
    from fastapi.testclient import TestClient
    from nemo_gym.base_resources_server import BaseResourcesServerConfig
    from nemo_gym.server_utils import ServerClient

    from grader.trainers.nemo_gym import CodeResourcesServer

    config = BaseResourcesServerConfig(host="127.0.0.1", port=0, entrypoint="app.py", name="code")
    server = CodeResourcesServer(config=config, server_client=ServerClient.model_construct())
    client = TestClient(server.setup_webserver())

    def score(row: Row) -> float:
        text = {"type": "output_text", "text": row.completion, "annotations": []}
        turn = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
        response = {
            "id": "r", "created_at": 0.0, "model": "m", "object": "response", "output": [turn],
            "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
        }  # fmt: skip
        body = {
            "responses_create_params": {"input": row.messages},
            "response": response,
            "verifier_metadata": {"unit_tests": row.reference},
        }
        answer = client.post("/verify", json=body)
        answer.raise_for_status()
        fields = answer.json()
        assert fields["response"]["output"][0]["content"][0]["text"] == row.completion
        reward: float = fields["reward"]
        assert fields["functional"] == reward
        return reward

    with client, ThreadPoolExecutor(8) as pool:
        return list(pool.map(score, rows))


def _openenv(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("openenv.core")
    from grader.trainers.openenv import CodeAction, CodeEnvironment

    made = [{"id": row.task_id, "prompt": row.prompt, "reference_answer": row.reference} for row in rows]

    async def episode(number: int) -> float | None:
        environment = CodeEnvironment(made)
        assert environment.reset(seed=number).prompt == rows[number].prompt
        reward: float | None = (await environment.step_async(CodeAction(completion=rows[number].completion))).reward
        return reward

    async def episodes() -> Scores:
        return list(await asyncio.gather(*map(episode, range(len(rows)))))

    return asyncio.run(episodes())


def _openenv_rubric(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("openenv.core")
    from grader.trainers.openenv import CodeAction, CodeObservation, CodeRubric

    async def scores() -> Scores:
        rubric = CodeRubric()
        return [
            await rubric(
                CodeAction(completion=row.completion),
                CodeObservation(prompt=row.prompt, metadata={"reference_answer": row.reference}),
            )
            for row in rows
        ]

    return asyncio.run(scores())


def _skyrl(rows: Sequence[Row]) -> Scores:
    skyrl_gym: Any = pytest.importorskip("skyrl_gym")
    if "code_grader" not in skyrl_gym.envs.registration.registry:
        skyrl_gym.register(id="code_grader", entry_point="grader.trainers.skyrl:CodeEnv")

    def episode(row: Row) -> float:
        extras = {"reward_spec": {"method": "rule", "ground_truth": row.reference}, "data_source": None}
        environment = skyrl_gym.make("code_grader", env_config={}, extras=extras)
        environment.init(row.messages)
        reward: float = environment.step(row.completion)["reward"]
        return reward

    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(episode, rows))


def _inspect_ai(rows: Sequence[Row]) -> Scores:
    inspect_ai: Any = pytest.importorskip("inspect_ai")
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    from grader.trainers.inspect_ai import code_grader

    def output(row: Row) -> Any:
        made = ModelOutput.from_content("mockllm/model", row.completion)
        made.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # or it fetches a tokenizer
        return made

    samples = [Sample(input=row.prompt, target=row.reference, id=number) for number, row in enumerate(rows)]
    model = get_model("mockllm/model", custom_outputs=map(output, rows))
    task = inspect_ai.Task(dataset=samples, scorer=code_grader())
    with TemporaryDirectory() as folder:
        # One at a time, as the outputs come in the order of the calls.
        (log,) = inspect_ai.eval(task, model=model, display="none", log_dir=folder, max_samples=1, log_level="error")
        assert log.status == "success", log.error
        # Read from the file when they are asked for.
        values = {sample.id: sample.scores["code_grader"].value for sample in log.samples}
    return [None if math.isnan(values[number]) else values[number] for number in range(len(rows))]


def _tinker(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("tinker_cookbook")
    from tinker_cookbook.renderers.base import ParseTermination

    from grader.trainers.tinker import CodeEnv

    def parse_response(tokens: list[int]) -> tuple[dict[str, Any], Any]:
        parts = [{"type": "thinking", "thinking": "def f(): ..."}, {"type": "text", "text": "".join(map(chr, tokens))}]
        return {"role": "assistant", "content": parts}, ParseTermination.STOP_SEQUENCE

    renderer = SimpleNamespace(parse_response=parse_response, get_stop_sequences=list)

    async def episode(row: Row) -> float:
        result = await CodeEnv(renderer, row.prompt, row.reference).step([ord(one) for one in row.completion])
        reward: float = result.reward
        assert result.metrics["functional"] == reward
        return reward

    async def episodes() -> Scores:
        return list(await asyncio.gather(*map(episode, rows)))

    return asyncio.run(episodes())


def _lm_eval(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("lm_eval")
    datasets: Any = pytest.importorskip("datasets")
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.api.task import ConfigurableTask

    from grader.trainers.lm_eval import code_reward

    class Recorded(LM):  # type: ignore[misc]  # it ships no types
        def loglikelihood(self, requests: Any, **_: Any) -> Any:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: Any, **_: Any) -> Any:
            raise NotImplementedError

        def generate_until(self, requests: Any, **_: Any) -> list[str]:
            return [rows[request.doc["number"]].completion for request in requests]

    documents = [
        {"number": number, "prompt": row.prompt, "reference_answer": row.reference} for number, row in enumerate(rows)
    ]
    task = ConfigurableTask(
        config={
            "task": "code",
            "custom_dataset": lambda **_: {"test": datasets.Dataset.from_list(documents)},
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": "prompt",
            "doc_to_target": "reference_answer",
            "metric_list": [{"metric": code_reward, "aggregation": "mean", "higher_is_better": True}],
        }
    )
    found = simple_evaluate(model=Recorded(), tasks=[task], bootstrap_iters=0, log_samples=True)["samples"]["code"]
    return [one["code_reward"] for one in sorted(found, key=lambda one: int(one["doc"]["number"]))]


def _openrlhf(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("openrlhf")
    from openrlhf.utils.agent import SingleTurnAgentExecutor

    file = importlib.util.find_spec("grader.trainers.openrlhf")
    assert file is not None
    executor = SingleTurnAgentExecutor(file.origin)

    class Tokenizer:
        def __call__(self, text: str, **_: Any) -> Any:
            import torch

            return {"input_ids": torch.tensor([list(map(ord, text))])}

        def decode(self, tokens: list[int], **_: Any) -> str:
            return "<s>" + "".join(map(chr, tokens))

    async def score(row: Row) -> float | None:
        prompt = f"<|im_start|>user\n{row.prompt}<|im_end|>\n<|im_start|>assistant\n"
        tokens = list(map(ord, row.completion + "<|im_end|>"))
        reply = SimpleNamespace(token_ids=tokens, finish_reason="stop", logprobs=None)

        async def generate(*_: Any, **__: Any) -> Any:
            return SimpleNamespace(outputs=[reply])

        parameters = SimpleNamespace(max_tokens=len(tokens) + 8, logprobs=None)
        engine = SimpleNamespace(generate=generate)
        output = await executor.execute(prompt, row.reference, parameters, 10**6, Tokenizer(), engine)
        reward = output["reward"]
        return None if reward is None else float(reward)

    async def scores() -> Scores:
        return list(await asyncio.gather(*map(score, rows)))

    return asyncio.run(scores())


def _ms_swift(rows: Sequence[Row]) -> Scores:
    pytest.importorskip("swift.rl_core")
    import torch
    from swift.rewards import orms
    from swift.rl_core.data import GRPOSample
    from swift.rl_core.grpo_algorithm import compute_rewards_per_func

    from grader.trainers.ms_swift import CodeReward

    orms["code"] = CodeReward
    samples = [
        GRPOSample(messages=[*row.messages, *row.reply], extra={"reference_answer": row.reference, "solution": None})
        for row in rows
    ]
    rewards = compute_rewards_per_func(samples, [orms["code"](args=None)], [None], torch.device("cpu"))
    values: Scores = rewards[:, 0].tolist()
    return values


DRIVERS: dict[str, tuple[Callable[[Sequence[Row]], Scores | list[float]], float | None]] = {
    "trl": (_trl, None),
    **{f"verl-{name}": (partial(verl_managers.scores, name), 0.0) for name in verl_managers.MANAGERS},
    "openrlhf": (_openrlhf, 0.0),
    "ms-swift": (_ms_swift, 0.0),
    "verifiers": (_verifiers, ERROR),
    "nemo-gym": (_nemo_gym, 0.0),
    "openenv": (_openenv, None),
    "openenv-rubric": (_openenv_rubric, 0.0),
    "skyrl-gym": (_skyrl, 0.0),
    "inspect-ai": (_inspect_ai, None),
    "tinker": (_tinker, 0.0),
    "lm-eval": (_lm_eval, 0.0),
}
"""By name: what scores rows, and what the trainer takes for a row that nobody can score; ``None`` for no reward."""
