"""TRL's own trainer, for two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.trainers import process_grader
from tests.trainers.tiny_trainer import REFERENCE, make_trainer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


def test_two_steps_and_right_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_REWARD_PRESET", "binary")
    process_grader._close()
    trainer = make_trainer(tmp_path)
    trainer.train()
    logged = {key for entry in trainer.state.log_history for key in entry}
    assert trainer.state.global_step == 2
    assert any("code_reward" in key for key in logged), logged
    inputs = [{"prompt": "Write add.", "reference_answer": REFERENCE} for _ in range(4)]
    completions = [RIGHT, "no code", RIGHT, RIGHT.replace("+", "-")]
    rewards = trainer._calculate_rewards(inputs, [one["prompt"] for one in inputs], completions, [[1]] * 4)
    assert rewards[:, 0].tolist() == [1.0, 0.0, 1.0, 0.0]
    process_grader._close()
