"""Adapters, each called as its trainer calls it: right and wrong answers, missing ones, and what cannot be scored."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import pickle
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import InputError, UnscoredError
from grader.trainers import areal, easyr1, ms_swift, openrlhf, process_grader, slime, trl, verifiers, verl
from grader.trainers.samples import cut_prompts
from tests.grader.trainers.answers import BROKEN, CONTINUED, PROMPT, REFERENCE, RIGHT, WRONG

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("functional_rewards")

"""A reference that nothing can be graded by."""


def conversation(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


@pytest.fixture
def unscored(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Set what an unscored sample gets."""
    config = process_grader.grader_config()

    def setting(value: Any) -> None:
        changed = SimpleNamespace(unscored=value)
        monkeypatch.setattr(process_grader, "grader_config", lambda: changed)

    assert config.unscored == "zero"
    return setting


class TestTrl:
    """As `GRPOTrainer._calculate_rewards` calls it."""

    def call(self, function: Any, completions: list[Any], references: list[Any], **hooks: Any) -> Any:
        return function(
            prompts=[[{"role": "user", "content": PROMPT}]] * len(completions),
            completions=completions,
            completion_ids=[[1]] * len(completions),
            reference_answer=references,
            trainer_state=object(),
            **hooks,
        )

    def test_right_wrong_missing_and_unscored(self) -> None:
        completions = [conversation(RIGHT), conversation(WRONG), conversation(""), conversation(RIGHT)]
        references = [REFERENCE, REFERENCE, REFERENCE, BROKEN]
        assert self.call(trl.code_reward, completions, references) == [1.0, 0.0, 0.0, None]

    def test_plain_texts_and_references_as_arrow_gives_them(self) -> None:
        reference = {"test_list": ["assert add(1, 2) == 3"], "inputs": None, "entry_point": None, "canonical": None}
        assert self.call(trl.code_reward, [RIGHT, WRONG], [reference, reference]) == [1.0, 0.0]

    def test_metrics_are_means_and_reasons_are_columns(self) -> None:
        numbers: dict[str, float] = {}
        columns: dict[str, list[Any]] = {}
        self.call(
            trl.code_reward,
            [RIGHT, WRONG],
            [REFERENCE] * 2,
            log_metric=numbers.__setitem__,
            log_extra=columns.__setitem__,
        )
        assert (numbers["code/functional"], numbers["code/grader_error"]) == (0.5, 0.0)
        assert columns["code_reason"][0] == ""
        assert "add(1, 2)" in columns["code_reason"][1]

    def test_parts_are_graded_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        functional, syntax = trl.CodeReward("functional"), trl.CodeReward("syntax")
        assert (functional.__name__, trl.code_reward.__name__) == ("code_functional", "code_reward")
        assert self.call(functional, [RIGHT, WRONG], [REFERENCE] * 2) == [1.0, 0.0]
        monkeypatch.setattr(process_grader, "grade_batch", None)
        assert self.call(syntax, [RIGHT, WRONG], [REFERENCE] * 2) == [1.0, 1.0]

    def test_it_pickles(self) -> None:
        again = pickle.loads(pickle.dumps(trl.CodeReward("functional", reference="answer")))
        assert (again.part, again.reference, again.__name__) == ("functional", "answer", "code_functional")

    def test_a_part_that_does_not_exist_is_named(self) -> None:
        with pytest.raises(InputError, match=r"grades have no part functionl; the parts are: reward, .*functional"):
            self.call(trl.CodeReward("functionl"), [RIGHT], [REFERENCE])

    def test_a_column_that_is_missing_is_named(self) -> None:
        with pytest.raises(
            InputError, match=r"no column tests with the references; these were passed: .*reference_answer"
        ):
            self.call(trl.CodeReward(reference="tests"), [RIGHT], [REFERENCE])

    def test_lists_of_other_lengths_are_an_error(self) -> None:
        with pytest.raises(InputError, match="2 completions, 1 references"):
            self.call(trl.code_reward, [RIGHT, WRONG], [REFERENCE])


class TestVerl:
    """As the reward managers `naive` (coroutine) and `remote` (plain) call it."""

    def arguments(self, answer: str, reference: Any = REFERENCE) -> dict[str, Any]:
        extra = {"index": 3, "num_turns": None, "rollout_reward_scores": {}}
        return {"data_source": "mbpp", "solution_str": answer, "ground_truth": reference, "extra_info": extra}

    def test_scores_have_the_same_keys_for_all(self) -> None:
        async def scores() -> list[dict[str, float]]:
            calls = [self.arguments(RIGHT), self.arguments(WRONG), self.arguments(RIGHT, BROKEN)]
            return await asyncio.gather(*(verl.compute_score(**call) for call in calls))

        right, wrong, broken = asyncio.run(scores())
        assert [one["score"] for one in (right, wrong, broken)] == [1.0, 0.0, 0.0]
        assert [one["grader_error"] for one in (right, wrong, broken)] == [0.0, 0.0, 1.0]
        assert list(right) == list(wrong) == list(broken)

    def test_the_manager_sees_a_coroutine_and_its_twin_is_none(self) -> None:
        assert inspect.iscoroutinefunction(verl.compute_score)
        assert verl.compute_score_sync(**self.arguments(RIGHT), reward_router_address=None)["score"] == 1.0

    def test_unscored_samples_get_what_the_setting_says(self, unscored: Callable[[Any], None]) -> None:
        unscored(0.25)
        assert verl.compute_score_sync(**self.arguments(RIGHT, BROKEN))["score"] == 0.25
        unscored("raise")
        with pytest.raises(UnscoredError, match="sample 3 is unscored: "):
            verl.compute_score_sync(**self.arguments(RIGHT, BROKEN))


class TestOpenRlhf:
    """As `SingleTurnAgentExecutor` loads and calls it."""

    def test_a_file_with_reward_func(self, monkeypatch: pytest.MonkeyPatch) -> None:
        torch: Any = ModuleType("torch")
        torch.tensor, torch.float = (lambda values, dtype: (dtype, values)), "float"
        monkeypatch.setitem(sys.modules, "torch", torch)
        spec = importlib.util.spec_from_file_location("reward_func", openrlhf.__file__)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        prompt = f"<|im_start|>user\n{PROMPT} Not so:\n{WRONG}<|im_end|>\n<|im_start|>assistant\n"
        for answer, reward in ((RIGHT, 1.0), (WRONG, 0.0)):
            result = module.reward_func([f"{prompt}{answer}<|im_end|>"], [prompt], [REFERENCE])
            assert result["rewards"] == result["scores"] == ("float", [reward])
            assert result["extra_logs"]["functional"] == reward

    @pytest.mark.parametrize("changed", ["<s>{}", " {}", "<|begin_of_text|>{}", "{}"])
    @pytest.mark.parametrize("cut", [0, 30], ids=["whole", "without its beginning"])
    def test_a_prompt_that_is_decoded_otherwise_is_no_part_of_the_answer(self, changed: str, cut: int) -> None:
        prompt = f"Not so:\n{WRONG}\nWrite a function add(a, b) that returns the sum of two numbers, and no more:\n"
        query = changed.format(prompt[cut:]) + "def add(a, b):\n    return a + b\n"
        (completion,) = cut_prompts([query], [prompt])
        assert completion == "def add(a, b):\n    return a + b\n"

    def test_an_answer_that_repeats_its_prompt_is_cut_at_the_real_one(self) -> None:
        assert cut_prompts(["<s>Q: add\nA: 1\nQ: add\nA: 2"], ["Q: add\nA:"]) == [" 1\nQ: add\nA: 2"]
        assert cut_prompts(["answer", "answer"], ["", None]) == ["answer", "answer"]


class TestSlime:
    """As ``rm_hub.async_rm`` and ``batched_async_rm`` call it."""

    def sample(self, answer: str, **fields: Any) -> SimpleNamespace:
        named = {"label": REFERENCE, "metadata": {}, "index": 0} | fields
        return SimpleNamespace(prompt=PROMPT, response=answer, **named)

    def test_one_sample_and_a_group(self) -> None:
        assert asyncio.run(slime.custom_rm(SimpleNamespace(), self.sample(RIGHT))) == 1.0
        group = [
            self.sample(RIGHT),
            self.sample(WRONG),
            self.sample(RIGHT, label=None, metadata={"ground_truth": REFERENCE}),
        ]
        assert asyncio.run(slime.custom_rm(SimpleNamespace(), group, evaluation=True)) == [1.0, 0.0, 1.0]

    def test_the_reward_spec_of_miles(self) -> None:
        sample = self.sample(RIGHT, label="", reward_spec={"ground_truth": REFERENCE})
        assert asyncio.run(slime.custom_rm(SimpleNamespace(), sample)) == 1.0


class TestVerifiers:
    """As a reward of a task is called."""

    def trace(self, answer: str) -> SimpleNamespace:
        return SimpleNamespace(last_reply=answer, metrics={})

    def test_a_trace_gets_a_reward_and_metrics(self) -> None:
        task = SimpleNamespace(data=SimpleNamespace(answer=REFERENCE, prompt=PROMPT, idx=7))
        for answer, reward in ((RIGHT, 1.0), (WRONG, 0.0)):
            trace = self.trace(answer)
            assert asyncio.run(verifiers.code(task, trace)) == reward
            assert trace.metrics["code_functional"] == reward

    def test_a_body_follows_its_prompt_of_messages(self) -> None:
        message = SimpleNamespace(model_dump=lambda: {"role": "user", "content": 'def add(a, b):\n    """Add."""\n'})
        data = SimpleNamespace(answer=CONTINUED, prompt=[message], idx=None)
        assert asyncio.run(verifiers.code(data, self.trace("    return a + b\n"))) == 1.0

    def test_an_unscored_one_is_an_error_of_its_trace(self) -> None:
        task = SimpleNamespace(data={"reference_answer": BROKEN, "idx": 7})
        with pytest.raises(UnscoredError, match="sample 7 is unscored"):
            asyncio.run(verifiers.code(task, self.trace(RIGHT)))


class TestOthers:
    """One call each."""

    def test_areal(self) -> None:
        # The function itself crosses to a pool of processes.
        reward = pickle.loads(pickle.dumps(areal.code_reward))
        assert reward(PROMPT, RIGHT, [1], [2], reference_answer=REFERENCE, task="x") == 1.0
        assert reward(PROMPT, WRONG, [1], [2], reference_answer=REFERENCE) == 0.0
        with pytest.raises(InputError, match="no column reference_answer"):
            reward(PROMPT, RIGHT, [1], [2], answer=REFERENCE)

    def test_easyr1(self) -> None:
        inputs = [{"response": one, "response_length": 9, "ground_truth": REFERENCE} for one in (RIGHT, WRONG)]
        results = easyr1.compute_score(inputs)
        assert (easyr1.REWARD_TYPE, [one["overall"] for one in results]) == ("batch", [1.0, 0.0])
        assert results[1]["functional"] == 0.0

    def test_ms_swift(self) -> None:
        made = ms_swift.CodeReward(args=object(), model=None)
        messages = [[{"role": "user", "content": PROMPT}, {"role": "assistant", "content": "x"}]] * 2
        assert made([RIGHT, WRONG], reference_answer=[REFERENCE] * 2, messages=messages, solution=None) == [1.0, 0.0]

    def test_inspect_ai(self) -> None:
        pytest.importorskip("inspect_ai")
        from grader.trainers.inspect_ai import code_grader  # noqa: PLC0415 - it imports inspect_ai

        score = code_grader()
        for answer, value in ((RIGHT, 1.0), (WRONG, 0.0)):
            state = SimpleNamespace(
                output=SimpleNamespace(completion=answer), input_text=PROMPT, metadata={}, sample_id=1
            )
            assert asyncio.run(score(state, SimpleNamespace(text=REFERENCE))).value == value
