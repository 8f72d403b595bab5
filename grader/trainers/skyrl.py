"""The environment for SkyRL.

::

    # before the training starts, in each process that has environments
    import skyrl_gym
    skyrl_gym.register(id="code_grader", entry_point="grader.trainers.skyrl:CodeEnv")

    # rows of the data set: env_class = "code_grader", reward_spec = {"method": "rule", "ground_truth": ...}

Source: skyrl-gym 0.4, ``skyrl_gym/envs/base_text_env.py``: one answer a step, in a pool of threads. The base class
comes from there, so the environment's class is made when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.types import Grade

    CodeEnv: Any

__all__ = ["grade_action"]

_REFERENCE_FIELD = "reward_spec.ground_truth"


def grade_action(action: str, extras: Mapping[str, Any], prompt: Any = "") -> Grade:
    """Grade an answer.

    Args:
        action: the model's text.
        extras: the other columns of the row, with the reference as ``reward_spec.ground_truth``.
        prompt: the conversation before it.

    Raises:
        grader.errors.InputError: the row has no such column.
    """
    reward_spec = extras.get("reward_spec") or {}
    if reward_spec.get("ground_truth") is None:
        names = ", ".join(sorted(extras)) or "none"
        raise InputError(f"the row has no {_REFERENCE_FIELD} with the reference; its columns are: {names}")
    sample = make_sample(action, reward_spec["ground_truth"], prompt=prompt, reference_field=_REFERENCE_FIELD)
    return process_grader.grade(sample)


def _make_environment() -> Any:
    from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput  # noqa: PLC0415 - the trainer has it

    class CodeEnv(BaseTextEnv):  # type: ignore[misc]  # it ships no types
        """One answer, graded by the tests of its row."""

        def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None) -> None:
            super().__init__()
            self.env_config = env_config
            self._extras = extras or {}
            self._prompt: Any = ""
            self._parts: dict[str, float] = {}

        def init(self, prompt: Any) -> tuple[Any, dict[str, Any]]:
            """Take the prompt."""
            self._prompt = prompt
            return prompt, {}

        def step(self, action: str) -> Any:
            """Grade the answer; the setting ``unscored`` decides what an unscored one gets."""
            grade = grade_action(action, self._extras, self._prompt)
            self._parts = parts(grade)
            metadata = {**self._parts, "reason": grade.reason}
            return BaseTextEnvStepOutput(
                observations=[], reward=process_grader.reward(grade), done=True, metadata=metadata
            )

        def get_metrics(self) -> dict[str, Any]:
            """Return all metrics of the grade."""
            return self._parts

    CodeEnv.__module__, CodeEnv.__qualname__ = __name__, "CodeEnv"
    return CodeEnv


def __getattr__(name: str) -> Any:
    """Make the environment's class (PEP 562)."""
    if name != "CodeEnv":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made = _make_environment()
    return made
