"""The evaluator for rLLM.

::

    from grader.trainers.rllm import CodeEvaluator
    evaluator = CodeEvaluator()          # rllm.eval: Evaluator.evaluate(task, episode)

    from grader.trainers.rllm import code_reward
    agent_args = {"reward_fn": code_reward}     # the older way: RewardFunction(task_info, action)

Source: rLLM, ``rllm/eval/types.py`` (`Evaluator`, `EvalOutput`) and ``rllm/rewards/reward_types.py`` (`RewardOutput`):
one answer a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from grader.types import Grade

__all__ = ["CodeEvaluator", "code_reward"]

_REFERENCE_KEYS: Final = ("reference_answer", "ground_truth", "tests")
_PROMPT_KEYS: Final = ("question", "prompt", "problem")


class CodeEvaluator:
    """Grades the answer of an episode."""

    def evaluate(self, task: Any, episode: Any) -> Any:
        """Grade an episode.

        Args:
            task: a row, or an object that has it as ``metadata`` or ``data``, with the reference as
                ``reference_answer``, ``ground_truth`` or ``tests``.
            episode: its answer is ``artifacts["answer"]``, or else the output of the last trajectory, of its last step,
                or the last reply of the model in it.

        Returns:
            An `EvalOutput` with the reward in [0, 1], and a signal for each metric. The setting ``unscored`` decides
            what an unscored sample gets; its signal ``grader_error`` is 1.

        Raises:
            grader.errors.UnscoredError: it is unscored, and the setting is ``raise``.
        """
        from rllm.eval.types import EvalOutput, Signal  # noqa: PLC0415 - the trainer has it

        grade = _grade(_row(task), _answer(episode), getattr(task, "instruction", None))
        return EvalOutput(
            reward=process_grader.reward(grade),
            is_correct=_is_correct(grade),
            signals=[Signal(name=name, value=value) for name, value in parts(grade).items()],
            metadata={"reason": grade.reason},
        )


def code_reward(task_info: Mapping[str, Any], action: Any) -> Any:
    """Grade an answer, as a `RewardFunction` of rLLM.

    Args:
        task_info: the row, as for `CodeEvaluator`.
        action: the model's text, or an object that has it as ``action``.

    Returns:
        A `RewardOutput`; see `CodeEvaluator`.

    Raises:
        grader.errors.UnscoredError: it is unscored, and the setting is ``raise``.
    """
    from rllm.rewards.reward_types import RewardOutput  # noqa: PLC0415 - the trainer has it

    grade = _grade(task_info, getattr(action, "action", action))
    return RewardOutput(
        reward=process_grader.reward(grade),
        is_correct=_is_correct(grade),
        metadata={**parts(grade), "reason": grade.reason},
    )


def _grade(row: Mapping[str, Any], answer: Any, instruction: Any = None) -> Grade:
    name = next((key for key in _REFERENCE_KEYS if row.get(key) is not None), _REFERENCE_KEYS[0])
    # The instruction of a task is the content of a message: text, or a list of parts.
    asked = "" if instruction is None else {"role": "user", "content": instruction}
    prompt = next((row[key] for key in _PROMPT_KEYS if row.get(key) is not None), asked)
    return process_grader.grade(make_sample(answer, row.get(name), prompt=prompt, reference_field=name))


def _is_correct(grade: Grade) -> bool:
    return grade.reward is not None and grade.metric("functional") == 1.0


def _row(task: Any) -> Mapping[str, Any]:
    for candidate in (task, getattr(task, "metadata", None), getattr(task, "data", None)):
        if isinstance(candidate, Mapping) and candidate:
            return candidate
    return {}


def _answer(episode: Any) -> Any:
    """Find the answer as rLLM's own reward functions do (``rllm/eval/reward_fns/_helpers.py``)."""
    artifacts = getattr(episode, "artifacts", None) or {}
    if "answer" in artifacts:
        return artifacts["answer"]
    trajectories = getattr(episode, "trajectories", None) or []
    if not trajectories:
        return None
    last = trajectories[-1]
    steps = getattr(last, "steps", None) or []
    outputs = [getattr(one, "output", None) for one in (last, *steps[-1:])]
    # Steps with a call of a tool have no text.
    replies = [getattr(step, "model_response", None) for step in reversed(steps)]
    return next((text for text in (*outputs, *replies) if text), None)
