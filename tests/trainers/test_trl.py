"""TRL's own trainer, with a tiny random model, for two steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.trainers import process_grader

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = json.dumps({"test_list": ["assert add(1, 2) == 3"]})
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


@pytest.fixture
def trainer(tmp_path: Path) -> Any:
    trl: Any = pytest.importorskip("trl")
    transformers: Any = pytest.importorskip("transformers")
    datasets: Any = pytest.importorskip("datasets")
    tokenizers: Any = pytest.importorskip("tokenizers")
    from grader.trainers.trl import CodeReward, code_reward  # noqa: PLC0415 - beside its trainer

    words = {chr(code): code - 31 for code in range(32, 127)} | {"<pad>": 0, "<eos>": 96, "\n": 97}
    raw = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token=" "))
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    raw.decoder = tokenizers.decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>", unk_token=" "
    )
    config = transformers.Qwen2Config(
        vocab_size=98, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=256, eos_token_id=96, pad_token_id=0,
    )  # fmt: skip
    arguments = trl.GRPOConfig(
        output_dir=str(tmp_path), max_steps=2, per_device_train_batch_size=4, num_generations=4,
        max_completion_length=8, logging_steps=1, report_to=[], use_cpu=True, save_strategy="no", bf16=False,
        disable_tqdm=True,
    )  # fmt: skip
    rows = [{"prompt": "Write add.", "reference_answer": REFERENCE}] * 8
    return trl.GRPOTrainer(
        model=transformers.Qwen2ForCausalLM(config),
        args=arguments,
        train_dataset=datasets.Dataset.from_list(rows),
        reward_funcs=[code_reward, CodeReward("functional")],
        processing_class=tokenizer,
    )


def test_two_steps_and_right_answers(trainer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_REWARD_PRESET", "binary")
    process_grader._close()
    trainer.train()
    logged = {key for entry in trainer.state.log_history for key in entry}
    assert trainer.state.global_step == 2
    assert any("code_reward" in key for key in logged), logged
    inputs = [{"prompt": "Write add.", "reference_answer": REFERENCE} for _ in range(4)]
    completions = [RIGHT, "no code", RIGHT, RIGHT.replace("+", "-")]
    rewards = trainer._calculate_rewards(inputs, [one["prompt"] for one in inputs], completions, [[1]] * 4)
    assert rewards[:, 0].tolist() == [1.0, 0.0, 1.0, 0.0]
    process_grader._close()
