"""The grader of this process: made at its first use, shared by all adapters, closed when the process ends."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.trainers.rewards import reward_or_default

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.types import BadSample, Grade, Sample

__all__ = ["grade", "grade_async", "grade_batch", "grader", "grader_config", "reward"]

_lock = threading.Lock()
_grader: Grader | None = None


def grader() -> Grader:
    """Return the grader of this process.

    Trainers fork workers (Ray, process pools): a forked copy of a grader starts processes of its own.

    Raises:
        grader.errors.ConfigError: a setting in the environment is wrong.
    """
    global _grader  # noqa: PLW0603 - one for a process is the purpose of this module
    with _lock:
        if _grader is None:
            _grader = Grader(GraderConfig.load())
        return _grader


def _after_fork() -> None:
    # A thread of the parent may have held the lock at the moment of the fork; nobody here would ever release it.
    global _lock  # noqa: PLW0603 - see above
    _lock = threading.Lock()


def _close() -> None:
    global _grader  # noqa: PLW0603 - as in `grader`
    if _grader is not None:
        _grader.close()
        _grader = None


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_close)


def grader_config() -> GraderConfig:
    """Return the settings of this process's grader."""
    return grader().config


def grade(sample: Sample | BadSample, *, deadline_s: float | None = None) -> Grade:
    """Grade one sample; any number of threads may call."""
    return grader().grade_batch([sample], deadline_s=deadline_s)[0]


def grade_batch(samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None) -> list[Grade]:
    """Grade samples; one grade for each, in their order."""
    return grader().grade_batch(samples, deadline_s=deadline_s)


async def grade_async(sample: Sample | BadSample, *, deadline_s: float | None = None) -> Grade:
    """Grade one sample without blocking the event loop."""
    (one,) = await grader().grade_batch_async([sample], deadline_s=deadline_s)
    return one


def reward(one: Grade) -> float:
    """Return the reward of a grade; see `grader.trainers.rewards.reward_or_default`."""
    return reward_or_default(one, grader_config().unscored)
