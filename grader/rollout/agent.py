"""Play one rollout: sample an answer, grade it, and ask again while visible tests fail."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from grader.rollout.feedback import feedback_on
from grader.rollout.job_runtime import JobRuntimeError
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.config.settings import RolloutConfig
    from grader.core.grader import Grader
    from grader.rollout.events import RolloutRequest
    from grader.rollout.job_runtime import JobRuntime
    from grader.types import Grade

__all__ = ["REPORT_S", "Played", "play"]

REPORT_S: Final = 8.0
"""Seconds that are kept for the report at the end of a rollout."""
_TURN_S: Final = 20.0
"""Seconds that must be left for another turn to begin, besides those for the report."""


@dataclass(frozen=True, slots=True)
class Played:
    """A rollout that was played."""

    grades: tuple[Grade, ...]
    """Grade of each turn's answer, at least one; only the last one may be unscored."""

    @property
    def unscored(self) -> str:
        """Reason why the last answer could not be graded; empty if all could."""
        last = self.grades[-1]
        return last.reason or "unscored" if last.status is GradeStatus.UNSCORED or last.reward is None else ""


def play(
    request: RolloutRequest, runtime: JobRuntime, grader: Grader, config: RolloutConfig, *, deadline: float
) -> Played:
    """Play a rollout.

    It ends with an answer at which nothing is wrong that the model may see, after as many turns as the settings allow,
    when the time does not suffice for another turn, and with an answer that could not be graded.

    Args:
        request: the rollout.
        runtime: samples the model.
        grader: grades its answers.
        config: the settings.
        deadline: time by which all must be reported (`time.monotonic`).

    Raises:
        AlreadyEndedError: the rollout has ended already.
        JobRuntimeError: the model could not be sampled, so there is no answer, or a turn of which nothing is known.
    """
    messages: list[Mapping[str, Any]] = list(request.messages)
    visible = config.visible_tests if request.visible_tests is None else request.visible_tests
    parameters = {**request.parameters, **({"max_tokens": config.max_tokens} if config.max_tokens else {})}
    grades: list[Grade] = []
    while True:
        left_s = deadline - time.monotonic() - REPORT_S
        if grades and left_s < _TURN_S:
            break
        try:
            text = runtime.sample(messages, parameters, timeout_s=max(1.0, min(config.sample_s, left_s)))
        except JobRuntimeError as error:
            # Such as a conversation that is too long for the model: what there is, is complete and graded.
            if grades and error.is_refusal:
                break
            raise
        sample = replace(request.sample, completion=text)
        grade = grader.grade(sample, deadline_s=deadline - time.monotonic() - REPORT_S)
        grades.append(grade)
        if grade.status is GradeStatus.UNSCORED or len(grades) >= config.turns:
            break
        feedback = feedback_on(grade, visible)
        if feedback is None:
            break
        messages += [{"role": "assistant", "content": text}, {"role": "user", "content": feedback}]
    return Played(tuple(grades))
