"""The rubric and the environment for OpenEnv.

::

    from grader.trainers.openenv import CodeAction, CodeEnvironment, CodeObservation
    app = create_app(lambda: CodeEnvironment(rows), CodeAction, CodeObservation)

Environments of one's own use ``CodeRubric()``.

Source: OpenEnv 0.10, ``openenv/core/rubrics/base.py`` and ``openenv/core/env_server``: a rubric may be a coroutine; the
reward of an observation may be ``None``. The base classes come from there, so these are made when they are first asked
for.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.types import BadSample, Sample

    CodeAction: Any
    CodeEnvironment: Any
    CodeObservation: Any
    CodeRubric: Any

__all__ = ["read_step"]

_TEXT_FIELDS: Final = ("completion", "code", "message", "content", "text")
_REFERENCE_FIELDS: Final = ("reference_answer", "ground_truth")


def read_step(action: Any, observation: Any) -> Sample | BadSample:
    """Make the sample of a step.

    Args:
        action: has the model's text as ``completion``, ``code``, ``message``, ``content`` or ``text``.
        observation: has the reference in its metadata, as ``reference_answer`` or ``ground_truth``, and may have a
            ``prompt``.
    """
    found = (getattr(action, name, None) for name in _TEXT_FIELDS)
    metadata = getattr(observation, "metadata", None) or {}
    name = next((key for key in _REFERENCE_FIELDS if metadata.get(key) is not None), _REFERENCE_FIELDS[0])
    return make_sample(
        next((text for text in found if text is not None), None),
        metadata.get(name),
        prompt=getattr(observation, "prompt", None) or metadata.get("prompt") or "",
        reference_field=f"metadata.{name}",
    )


def _make_rubric() -> Any:
    from openenv.core.rubrics.base import Rubric  # noqa: PLC0415 - the trainer has it

    class CodeRubric(Rubric):  # type: ignore[misc]  # mypy does not see it here
        """Grades the text of an action by the tests of its observation."""

        async def forward(self, action: Any, observation: Any) -> float:
            """Return the reward; the setting ``unscored`` decides what an unscored sample gets."""
            return process_grader.reward(await process_grader.grade_async(read_step(action, observation)))

    return CodeRubric


def _make_types() -> tuple[Any, Any]:
    from openenv.core.env_server.types import Action, Observation  # noqa: PLC0415 - the trainer has it
    from pydantic import create_model  # noqa: PLC0415 - as above

    return (
        create_model("CodeAction", __base__=Action, __module__=__name__, completion=(str, ...)),
        create_model("CodeObservation", __base__=Observation, __module__=__name__, prompt=(str, "")),
    )


def _make_environment() -> Any:
    from openenv.core.env_server.interfaces import Environment  # noqa: PLC0415 - the trainer has it
    from openenv.core.env_server.types import State  # noqa: PLC0415 - as above

    observation_type = __getattr__("CodeObservation")
    turns = itertools.count()

    class CodeEnvironment(Environment):  # type: ignore[misc]  # mypy does not see it here
        """One task an episode: the observation is its prompt, the action an answer.

        Args:
            rows: tasks with ``prompt`` and ``reference_answer``, as `grader dataset convert --to openenv` writes them.
        """

        SUPPORTS_CONCURRENT_SESSIONS = True

        def __init__(self, rows: Sequence[Any]) -> None:
            super().__init__()
            self._rows = rows
            self._row: Any = rows[0]
            self._state = State()

        def reset(self, seed: int | None = None, episode_id: str | None = None, **_: Any) -> Any:
            """Begin an episode with the task of a seed; without one, tasks take turns."""
            number = next(turns) if seed is None else seed
            self._row = self._rows[number % len(self._rows)]
            self._state = State(episode_id=episode_id, step_count=0)
            return observation_type(prompt=self._row["prompt"])

        def step(self, action: Any, timeout_s: float | None = None, **_: Any) -> Any:
            """Grade the answer, which ends the episode; an unscored one has no reward."""
            grade = process_grader.grade(self._sample(action), deadline_s=timeout_s)
            return self._observe(grade)

        async def step_async(self, action: Any, timeout_s: float | None = None, **_: Any) -> Any:
            """Grade the answer as `step` does, without blocking the event loop."""
            return self._observe(await process_grader.grade_async(self._sample(action), deadline_s=timeout_s))

        @property
        def state(self) -> Any:
            """The state of the episode."""
            return self._state

        def _sample(self, action: Any) -> Any:
            self._state.step_count += 1
            reference, prompt = self._row["reference_answer"], self._row["prompt"]
            return make_sample(action.completion, reference, prompt=prompt, sample_id=self._row.get("id"))

        def _observe(self, grade: Any) -> Any:
            # Without the reason: it quotes the tests, and agents see the metadata.
            return observation_type(
                prompt=self._row["prompt"], done=True, reward=grade.reward, metadata={"parts": parts(grade)}
            )

    return CodeEnvironment


def __getattr__(name: str) -> Any:
    """Make a class (PEP 562)."""
    if name == "CodeRubric":
        made = {name: _make_rubric()}
    elif name in {"CodeAction", "CodeObservation"}:
        made = dict(zip(("CodeAction", "CodeObservation"), _make_types(), strict=True))
    elif name == "CodeEnvironment":
        made = {name: _make_environment()}
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals().update(made)
    return made[name]
