"""Environments, servers and verifiers, made from base classes with the signatures that trainers have."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import pytest

from grader.errors import InputError
from grader.trainers import lm_eval, nemo_gym, nemo_rl, open_instruct, openenv, rllm, skyrl, tinker
from tests.grader.trainers.answers import BROKEN, CONTINUED, PROMPT, REFERENCE, RIGHT, WRONG

pytestmark = pytest.mark.usefixtures("functional_rewards")

LAZY = {"CodeAction", "CodeEnv", "CodeEnvironment", "CodeObservation", "CodeResourcesServer", "CodeRubric"}
"""Classes that adapters make of their trainer's base classes."""
BOTH = [(RIGHT, 1.0), (WRONG, 0.0)]

Install = "Callable[..., None]"


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put modules with these members in the place of a trainer's, and forget classes that were made of them."""
    made: list[ModuleType] = []

    def put(adapter: ModuleType, **modules: dict[str, Any]) -> None:
        made.append(adapter)
        for name, members in modules.items():
            dotted = name.replace("__", ".")
            parts = dotted.split(".")
            for end in range(1, len(parts) + 1):
                parent = ".".join(parts[:end])
                if end == len(parts) or parent not in sys.modules:
                    monkeypatch.setitem(sys.modules, parent, ModuleType(parent))
            sys.modules[dotted].__dict__.update(members)
            for end in range(1, len(parts)):
                setattr(sys.modules[".".join(parts[:end])], parts[end], sys.modules[".".join(parts[: end + 1])])

    yield put
    for adapter in made:
        for name in LAZY & vars(adapter).keys():
            delattr(adapter, name)


@pytest.mark.parametrize("adapter", [nemo_gym, nemo_rl, openenv, skyrl, tinker])
def test_a_name_that_does_not_exist(adapter: ModuleType) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        getattr(importlib.import_module(adapter.__name__), "Nothing")  # noqa: B009 - mypy knows the module's names


class TestNemoGym:
    """As `SimpleResourcesServer` mounts it."""

    def body(self, answer: str, reference: Any = REFERENCE) -> dict[str, Any]:
        turn = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": answer}]}
        return {
            "responses_create_params": {"input": [{"role": "user", "content": PROMPT}]},
            "response": {"id": "r", "output": [{"type": "reasoning", "summary": []}, turn]},
            "verifier_metadata": {"unit_tests": reference},
        }

    @pytest.mark.parametrize(("answer", "reward"), BOTH)
    def test_a_request_comes_back_with_its_reward(self, answer: str, reward: float) -> None:
        result = asyncio.run(nemo_gym.verify(self.body(answer)))
        assert (result["reward"], result["functional"]) == (reward, reward)
        assert result["response"] == self.body(answer)["response"]

    def test_unscored_samples_get_what_the_setting_says(self) -> None:
        result = asyncio.run(nemo_gym.verify(self.body(RIGHT, BROKEN)))
        assert (result["reward"], result["grader_error"]) == (0.0, 1.0)

    def test_a_request_without_a_response(self) -> None:
        with pytest.raises(InputError, match="response: is missing; an object is wanted"):
            asyncio.run(nemo_gym.verify({}))

    def test_the_server_s_class(self, install: Any) -> None:
        pydantic: Any = pytest.importorskip("pydantic")

        class BaseVerifyRequest(pydantic.BaseModel):  # type: ignore[misc]  # of a module that is Any
            responses_create_params: dict[str, Any]
            response: dict[str, Any]

        class BaseVerifyResponse(BaseVerifyRequest):
            reward: float

        members = {
            "BaseVerifyRequest": BaseVerifyRequest,
            "BaseVerifyResponse": BaseVerifyResponse,
            "SimpleResourcesServer": type("SimpleResourcesServer", (), {}),
        }
        install(nemo_gym, nemo_gym__base_resources_server=members)
        server = nemo_gym.CodeResourcesServer()
        types = type(server).verify.__annotations__
        request = types["body"](**self.body(RIGHT))
        response = asyncio.run(server.verify(request))
        assert type(response) is types["return"]
        assert (response.reward, response.functional) == (1.0, 1.0)


class EnvironmentReturn(NamedTuple):
    """As in NeMo-RL, ``nemo_rl/environments/interfaces.py``."""

    observations: list[dict[str, str]]
    metadata: list[Any]
    next_stop_strings: list[Any]
    rewards: Any
    terminateds: Any
    answers: list[str | None] | None = None


class TestNemoRl:
    """As ``rollouts.calculate_rewards`` calls it."""

    def test_a_batch(self, install: Any) -> None:
        torch = {"tensor": lambda values, dtype=None: (dtype, values), "float32": "f", "bool": "b"}
        interfaces = {
            "EnvironmentInterface": type("EnvironmentInterface", (), {}),
            "EnvironmentReturn": EnvironmentReturn,
        }
        install(
            nemo_rl,
            ray={"remote": lambda made: made},
            torch=torch,
            nemo_rl__environments__interfaces=interfaces,
        )
        environment = nemo_rl.CodeEnvironment({"num_workers": 8})
        logs = [
            [{"role": "user", "content": PROMPT, "token_ids": object()}, {"role": "assistant", "content": answer}]
            for answer in (RIGHT, WRONG, RIGHT)
        ]
        metadata = [{"ground_truth": REFERENCE}, {"reference_answer": REFERENCE}, {"ground_truth": BROKEN}]
        result = environment.step(logs, metadata)
        assert result.rewards == ("f", [1.0, 0.0, 0.0])
        assert result.terminateds == (None, [1.0, 1.0, 1.0])
        assert result.metadata == metadata
        assert "assert" not in json.dumps(result.observations)
        batch, metrics = environment.global_post_process_and_metrics({"rewards": result.rewards})
        assert batch == {"rewards": result.rewards}
        assert metrics["code/functional"] == pytest.approx(1 / 3)

    def test_what_is_not_valid_is_said_where_the_trainer_asks(self) -> None:
        logs = [[{"role": "assistant", "content": RIGHT}]] * 3
        result = nemo_rl.grade_step(logs, [{"unit_tests": REFERENCE}, {"ground_truth": BROKEN}, None])
        assert result["reward_valid_mask"] == [True, False, False]

    def test_it_is_registered_with_its_python_as_create_env_demands(self, install: Any) -> None:
        environments: dict[str, str] = {}
        pythons: dict[str, str] = {}
        install(
            nemo_rl,
            nemo_rl__distributed__ray_actor_environment_registry={"ACTOR_ENVIRONMENT_REGISTRY": pythons},
            nemo_rl__distributed__virtual_cluster={"PY_EXECUTABLES": SimpleNamespace(SYSTEM="python")},
            nemo_rl__environments__utils={
                "ENV_REGISTRY": environments,
                "register_env": environments.__setitem__,
            },
        )
        nemo_rl.register()
        nemo_rl.register()
        assert environments == {"code_grader": "grader.trainers.nemo_rl.CodeEnvironment"}
        assert pythons == {"grader.trainers.nemo_rl.CodeEnvironment": "python"}


class TestSkyRl:
    """As ``skyrl_gym.make`` makes it, and the generator steps it."""

    def test_one_episode_an_answer(self, install: Any) -> None:
        class BaseTextEnv:
            def __init__(self) -> None:
                self.turns = 0

        install(skyrl, skyrl_gym__envs__base_text_env={"BaseTextEnv": BaseTextEnv, "BaseTextEnvStepOutput": dict})
        for answer, reward in BOTH:
            extras = {"reward_spec": {"method": "rule", "ground_truth": REFERENCE}, "data_source": "x"}
            environment = skyrl.CodeEnv(env_config={}, extras=extras)
            prompt = [{"role": "user", "content": PROMPT}]
            assert environment.init(prompt) == (prompt, {})
            step = environment.step(answer)
            assert (step["reward"], step["done"], step["observations"]) == (reward, True, [])
            assert environment.get_metrics()["functional"] == reward
        with pytest.raises(InputError, match=r"no reward_spec.ground_truth .* its columns are: data_source"):
            skyrl.CodeEnv(extras={"data_source": "x"}).step(RIGHT)


class TestOpenInstruct:
    """As ``build_all_verifiers`` makes it, and ``apply_verifiable_reward`` calls it."""

    def test_the_verifier_is_found_and_called(self, install: Any) -> None:
        class VerifierFunction:
            def __init__(self, name: str, weight: float = 1.0, verifier_config: Any = None) -> None:
                self.name, self.weight, self.verifier_config = name, weight, verifier_config

        @dataclass
        class VerificationResult:
            score: float
            cost: float = 0.0
            reasoning: str | None = None

        members = {"VerifierFunction": VerifierFunction, "VerificationResult": VerificationResult}
        install(open_instruct, open_instruct__ground_truth_utils=members)
        open_instruct.register()
        (made,) = VerifierFunction.__subclasses__()
        verifier: Any = made(SimpleNamespace())
        assert verifier.name == "code_grader"
        for answer, reward in BOTH:
            arguments = {"tokenized_prediction": [1], "prediction": answer, "label": REFERENCE, "query": PROMPT}
            assert asyncio.run(verifier.async_call(**arguments)).score == reward
            assert verifier(**arguments, rollout_state=None).score == reward


class TestTinker:
    """As ``do_single_rollout`` steps it."""

    def test_a_step(self, install: Any) -> None:
        @dataclass
        class StepResult:
            reward: float
            metrics: dict[str, float]

        class ProblemEnv:
            def __init__(self, renderer: Any, convo_prefix: Any = None, format_coef: float = 0.1) -> None:
                self.renderer, self.format_coef = renderer, format_coef

            async def step(self, action: Any, *, extra: Any = None) -> StepResult:
                content = self.renderer.parse_response(action)[0]["content"]
                made: Any = self
                correct, formed = float(made.check_answer(content)), float(made.check_format(content))
                return StepResult(self.format_coef * (formed - 1) + correct, {"format": formed, "correct": correct})

        renderers = {"get_text_content": lambda message: message["content"]}
        install(
            tinker,
            tinker_cookbook__renderers=renderers,
            tinker_cookbook__rl__problem_env={"ProblemEnv": ProblemEnv},
        )
        renderer = SimpleNamespace(parse_response=lambda tokens: ({"role": "assistant", "content": tokens}, None))
        for answer, reward in BOTH:
            environment = tinker.CodeEnv(renderer, PROMPT, REFERENCE)
            result = asyncio.run(environment.step(answer, extra=None))
            assert (result.reward, result.metrics["correct"], result.metrics["functional"]) == (reward, reward, reward)
        assert environment.get_question() == PROMPT
        assert "assert" not in environment.get_reference_answer()


class TestOpenEnv:
    """As ``create_app`` and environments call them."""

    def test_an_environment_and_a_rubric(self, install: Any) -> None:
        pydantic: Any = pytest.importorskip("pydantic")

        class Action(pydantic.BaseModel):  # type: ignore[misc]  # of a module that is Any
            metadata: dict[str, Any] = pydantic.Field(default_factory=dict)

        class Observation(pydantic.BaseModel):  # type: ignore[misc]  # of a module that is Any
            done: bool = False
            reward: float | None = None
            metadata: dict[str, Any] = pydantic.Field(default_factory=dict)

        class State(pydantic.BaseModel):  # type: ignore[misc]  # of a module that is Any
            episode_id: str | None = None
            step_count: int = 0

        install(
            openenv,
            openenv__core__env_server__types={"Action": Action, "Observation": Observation, "State": State},
            openenv__core__env_server__interfaces={"Environment": type("Environment", (), {})},
            openenv__core__rubrics__base={"Rubric": type("Rubric", (), {})},
        )
        rows = [
            {"id": "a", "prompt": PROMPT, "reference_answer": REFERENCE},
            {"id": "b", "prompt": "", "reference_answer": BROKEN},
        ]
        environment = openenv.CodeEnvironment(rows)
        for answer, reward in BOTH:
            assert environment.reset(seed=0, episode_id="e").prompt == PROMPT
            seen = environment.step(openenv.CodeAction(completion=answer))
            assert (seen.reward, seen.done, environment.state.step_count) == (reward, True, 1)
            assert "assert" not in str(seen.metadata)
        environment.reset(seed=1)
        seen = asyncio.run(environment.step_async(openenv.CodeAction(completion=RIGHT)))
        assert (seen.reward, seen.metadata["parts"]["grader_error"]) == (None, 1.0)
        rubric = openenv.CodeRubric()
        observed = openenv.CodeObservation(prompt=PROMPT, metadata={"ground_truth": REFERENCE})
        assert asyncio.run(rubric.forward(SimpleNamespace(message=RIGHT), observed)) == 1.0


class TestRllm:
    """As ``runner`` and `SimpleWorkflow` call them."""

    def test_both_ways(self, install: Any) -> None:
        @dataclass
        class Output:
            reward: float
            is_correct: bool
            signals: list[Any] = field(default_factory=list)
            metadata: dict[str, Any] = field(default_factory=dict)

        install(
            rllm,
            rllm__eval__types={"EvalOutput": Output, "Signal": SimpleNamespace},
            rllm__rewards__reward_types={"RewardOutput": Output},
        )
        row = {"question": PROMPT, "ground_truth": REFERENCE}
        for answer, reward in BOTH:
            episodes = [
                SimpleNamespace(artifacts={"answer": answer}),
                SimpleNamespace(artifacts={}, trajectories=[SimpleNamespace(output=answer, steps=[])]),
                SimpleNamespace(
                    trajectories=[SimpleNamespace(output="", steps=[SimpleNamespace(output=answer)])], artifacts=None
                ),
            ]
            for episode, task in zip(
                episodes, (row, SimpleNamespace(data=row), SimpleNamespace(metadata=row)), strict=True
            ):
                result = rllm.CodeEvaluator().evaluate(task, episode)
                assert (result.reward, result.is_correct) == (reward, bool(reward))
                assert {signal.name: signal.value for signal in result.signals}["functional"] == reward
            for action in (answer, SimpleNamespace(action=answer)):
                assert rllm.code_reward(row, action).reward == reward

    def test_the_last_reply_of_a_flow_with_tools_and_the_instruction_of_a_task(self, install: Any) -> None:
        install(rllm, rllm__eval__types={"EvalOutput": SimpleNamespace, "Signal": SimpleNamespace})
        replies = [WRONG, "    return a + b\n", ""]
        steps = [SimpleNamespace(output=None, model_response=text) for text in replies]
        episode = SimpleNamespace(artifacts={}, trajectories=[SimpleNamespace(output=None, steps=steps)])
        content = [{"type": "text", "text": 'def add(a, b):\n    """Add."""\n'}]
        task = SimpleNamespace(metadata={"ground_truth": CONTINUED}, instruction=content)
        assert rllm.CodeEvaluator().evaluate(task, episode).reward == 1.0

    def test_an_answer_that_is_none_is_no_answer(self, install: Any) -> None:
        install(rllm, rllm__eval__types={"EvalOutput": SimpleNamespace, "Signal": SimpleNamespace})
        row = {"ground_truth": REFERENCE}
        result = rllm.CodeEvaluator().evaluate(row, SimpleNamespace(artifacts={"answer": None}))
        assert (result.reward, result.metadata["reason"]) == (0.0, "no code")


class TestLmEval:
    """As `ConfigurableTask.process_results` calls a metric that is a function."""

    def test_single_and_several_answers(self) -> None:
        assert lm_eval.code_reward(references=[REFERENCE], predictions=[RIGHT]) == 1.0
        assert lm_eval.code_reward(references=[REFERENCE], predictions=[[RIGHT, WRONG]], k=[1]) == 0.5

    def test_objects_that_it_has_made_text_of(self) -> None:
        reference = {"test_list": ["assert add(1, 2) == 3"], "test_setup_code": None}
        assert lm_eval.code_reward(references=[str(reference)], predictions=[RIGHT]) == 1.0
        assert lm_eval.code_reward(references=[str(reference)], predictions=[WRONG]) == 0.0
