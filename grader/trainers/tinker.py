"""The environment for the Tinker cookbook.

::

    from grader.trainers.tinker import CodeEnv
    ProblemGroupBuilder(env_thunk=lambda: CodeEnv(renderer, row["prompt"], row["reference_answer"]), num_envs=8)

The cookbook's own recipe ``code_rl`` can ask the HTTP service instead: ``SANDBOX_URL=http://HOST:PORT/run_code``. There
the tests run in the process of the answer, which may fake their result; here they do not.

Source: Tinker cookbook 0.6, ``tinker_cookbook/rl/problem_env.py``: one answer a step, in one event loop for all. The
base class comes from there, so the environment's class is made when it is first asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from grader.types import Grade

    CodeEnv: Any

__all__ = ["grade_answer"]


async def grade_answer(answer: str, reference: Any, prompt: str = "") -> Grade:
    """Grade an answer.

    Args:
        answer: the model's text.
        reference: the tests, in any known format.
        prompt: the question.
    """
    return await process_grader.grade_async(make_sample(answer, reference, prompt=prompt))


def _make_environment() -> Any:
    from tinker_cookbook import renderers  # noqa: PLC0415 - the trainer has it
    from tinker_cookbook.rl.problem_env import ProblemEnv  # noqa: PLC0415 - as above

    class CodeEnv(ProblemEnv):  # type: ignore[misc]  # mypy does not see it here
        """One answer to one question, graded by its tests.

        Args:
            renderer: the model's renderer.
            question: the prompt.
            reference: the tests, in any known format.
            **options: further arguments of `ProblemEnv`; `format_coef` is 0 unless given, as the grade has a part for
                syntax.
        """

        def __init__(self, renderer: Any, question: str, reference: Any, **options: Any) -> None:
            super().__init__(renderer, **{"format_coef": 0.0, **options})
            self._question, self._reference = question, reference
            self._reward = 0.0

        def get_question(self) -> str:
            """Return the prompt."""
            return self._question

        def check_answer(self, sample_str: str) -> float:
            """Return the reward of the answer that `step` has graded."""
            del sample_str
            return self._reward

        def check_format(self, sample_str: str) -> bool:
            """Return True: what an answer must look like is up to the reward."""
            del sample_str
            return True

        def get_reference_answer(self) -> str:
            """Return a short text for the log, without the tests."""
            return "tests"

        async def step(self, action: Any, **options: Any) -> Any:
            """Grade the answer, and let the base class make the step's result of the reward.

            Raises:
                grader.errors.UnscoredError: it is unscored, and the setting ``unscored`` is ``raise``.
            """
            message, _ = self.renderer.parse_response(action)
            grade = await grade_answer(renderers.get_text_content(message), self._reference, self._question)
            self._reward = process_grader.reward(grade)
            result = await super().step(action, **options)
            return replace(result, metrics={**result.metrics, **parts(grade)})

    CodeEnv.__module__, CodeEnv.__qualname__ = __name__, "CodeEnv"
    return CodeEnv


def __getattr__(name: str) -> Any:
    """Make the environment's class (PEP 562)."""
    if name != "CodeEnv":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made = _make_environment()
    return made
