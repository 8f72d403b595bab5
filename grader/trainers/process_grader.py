"""The grader of this process: made at its first use, shared by all adapters, closed when the process ends."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.errors import UnscoredError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.types import BadSample, Grade, Sample

__all__ = ["grade", "grade_async", "grade_batch", "grader", "grader_config", "parts", "reward_or_default"]

_MAX_WAITING_CALLS = 256
"""Threads that wait for a grade on behalf of event loops; a call more waits for one of them."""


@dataclass(slots=True)
class _Process:
    """What one process has."""

    pid: int
    grader: Grader
    callers: ThreadPoolExecutor


_lock = threading.Lock()
_process: _Process | None = None
_inherited: list[_Process] = []
"""What a parent process had made before this one was forked; kept so that nothing of it is finalized here."""


def grader() -> Grader:
    """Return the grader of this process.

    Trainers fork workers (Ray, process pools) and pickle reward functions. A grader survives neither, so none is ever
    made at import, and a forked process makes its own.

    Raises:
        grader.errors.ConfigError: a setting in the environment is wrong.
    """
    return _of_this_process().grader


def _of_this_process() -> _Process:
    global _process  # noqa: PLW0603 - one for a process is the purpose of this module
    with _lock:
        if _process is None or _process.pid != os.getpid():
            if _process is not None:
                _inherited.append(_process)
            made = Grader(GraderConfig.load())
            callers = ThreadPoolExecutor(_MAX_WAITING_CALLS, thread_name_prefix="grader-call")
            _process = _Process(os.getpid(), made, callers)
        return _process


def _after_fork() -> None:
    # A thread of the parent may have held the lock at the moment of the fork; nobody here would ever release it.
    global _lock  # noqa: PLW0603 - see above
    _lock = threading.Lock()


def _close() -> None:
    if _process is not None and _process.pid == os.getpid():
        _process.callers.shutdown(wait=False, cancel_futures=True)
        _process.grader.close()


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
    # Not the loop's default pool: it has a thread or two for each CPU, and other work of the trainer waits in it.
    callers = _of_this_process().callers
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(callers, lambda: grade(sample, deadline_s=deadline_s))


def parts(one: Grade) -> dict[str, float]:
    """Return the metrics of a grade by their names; ``grader_error`` is 1 if the sample is unscored.

    Every grade has the same names, as trainers that stack them demand.
    """
    return {metric.name: metric.value for metric in one.metrics}


def reward_or_default(one: Grade) -> float:
    """Return the reward of a grade, for trainers that know no missing reward.

    The setting ``unscored`` decides what an unscored sample gets: 0 by default, or a value.

    Raises:
        grader.errors.UnscoredError: it has no reward, and the setting is ``raise``.
    """
    if one.reward is not None:
        return one.reward
    default = grader_config().unscored
    if default == "raise":
        raise UnscoredError(f"sample {one.sample_id} is unscored: {one.reason}")
    return default if isinstance(default, float) else 0.0
