"""TRL's own trainer, with a tiny random model and a tokenizer of characters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["REFERENCE", "make_trainer"]

REFERENCE = json.dumps({"test_list": ["assert add(1, 2) == 3"]})


def make_trainer(folder: Path) -> Any:
    """Make a `GRPOTrainer` for two steps; skip the test where TRL is not installed."""
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
        output_dir=str(folder), max_steps=2, per_device_train_batch_size=4, num_generations=4,
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
