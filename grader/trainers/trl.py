"""The reward function for TRL's trainers (and Unsloth, Axolotl, which call TRL).

::

    from grader.trainers.trl import code_reward
    GRPOTrainer(..., reward_funcs=code_reward)

Source: TRL 1.16, ``GRPOTrainer._calculate_rewards``: a function is called with a batch and every column of the data
set, and returns one number or ``None`` for each completion; ``None`` leaves the sample out of its group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.trainers import process_grader
from grader.trainers.rewards import means
from grader.trainers.samples import column, make_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.types import BadSample, Grade, Sample

__all__ = ["CodeReward", "code_reward"]


class CodeReward:
    """A reward function of TRL. It can be pickled, as trainers need that compute rewards in another process.

    Args:
        part: name of what it returns: ``reward``, or a metric such as ``functional``, ``syntax``, ``style``. With one
            function a part, ``reward_weights`` weigh them; a batch is graded once for all of them.
        reference: column of the data set that holds the references.
    """

    def __init__(self, part: str = "reward", *, reference: str = "reference_answer") -> None:
        self.part = part
        self.reference = reference
        # TRL names its metrics by it.
        self.__name__ = "code_reward" if part == "reward" else f"code_{part}"

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        *,
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Grade a batch.

        Args:
            prompts: texts or conversations.
            completions: texts or conversations, one for each prompt.
            log_metric: TRL's hook for numbers; gets the mean of each part.
            log_extra: TRL's hook for columns of the completions table; gets the reasons.
            **columns: columns of the data set.

        Returns:
            One value in [0, 1] for each completion; ``None`` for an unscored one.

        Raises:
            grader.errors.InputError: the data set has no column of references, or there is no such part.
        """
        references = column(columns, self.reference)
        samples = make_samples(completions, references, prompts=prompts, reference_field=self.reference)
        grades = _last_batch.grades(samples)
        if self.part == "reward":
            _log(grades, log_metric, log_extra)
            return [grade.reward for grade in grades]
        return [self._part(grade) for grade in grades]

    def _part(self, grade: Grade) -> float | None:
        try:
            return None if grade.reward is None else grade.metric(self.part)
        except KeyError:
            names = ", ".join(metric.name for metric in grade.metrics)
            raise InputError(f"grades have no part {self.part}; the parts are: reward, {names}") from None


class _LastBatch:
    """Remembers the last batch, since TRL calls the function of every part with the same one."""

    def __init__(self) -> None:
        self._samples: list[Sample | BadSample] = []
        self._grades: list[Grade] = []

    def grades(self, samples: list[Sample | BadSample]) -> list[Grade]:
        if not samples or samples != self._samples:
            self._grades = process_grader.grade_batch(samples)
            self._samples = samples
        return self._grades


_last_batch = _LastBatch()


def _log(
    grades: Sequence[Grade],
    log_metric: Callable[[str, float], None] | None,
    log_extra: Callable[[str, list[Any]], None] | None,
) -> None:
    if log_metric is not None:
        for name, mean in means(grades).items():
            log_metric(f"code/{name}", mean)
    if log_extra is not None:
        log_extra("code_reason", [grade.reason for grade in grades])


code_reward = CodeReward()
"""The reward of `grader`, with references in the column ``reference_answer``."""
