"""Rewards and metrics of grades, in the forms that trainers take."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Literal

from grader.errors import UnscoredError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.types import Grade

__all__ = ["means", "parts", "reward_or_default"]


def parts(grade: Grade) -> dict[str, float]:
    """Return the metrics of a grade by their names; ``grader_error`` is 1 if the sample is unscored.

    Every grade has the same names, as trainers that stack them demand.
    """
    return {metric.name: metric.value for metric in grade.metrics}


def means(grades: Sequence[Grade]) -> dict[str, float]:
    """Return the mean of each metric; empty without grades."""
    rows = [parts(grade) for grade in grades]
    return {name: fmean(row[name] for row in rows) for name in rows[0]} if rows else {}


def reward_or_default(grade: Grade, unscored: Literal["raise", "zero"] | float) -> float:
    """Return the reward of a grade, for trainers that know no missing reward.

    Args:
        grade: the grade.
        unscored: the setting of that name: what an unscored sample gets.

    Raises:
        grader.errors.UnscoredError: it has no reward, and the setting is ``raise``.
    """
    if grade.reward is not None:
        return grade.reward
    if unscored == "raise":
        raise UnscoredError(f"sample {grade.sample_id} is unscored: {grade.reason}")
    return unscored if isinstance(unscored, float) else 0.0
