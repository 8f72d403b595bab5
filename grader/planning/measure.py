"""A part of the samples is graded here, and what that takes is measured."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.aws.contract import Envelope, write_response
from grader.errors import InputError
from grader.grade import GradeStatus
from grader.grader import Grader
from grader.planning.processes import TICK_S, PeakMemory, cpu_s, memory_mb, own_memory_mb
from grader.planning.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from grader.config import GraderConfig
    from grader.grade import Grade
    from grader.sample import Sample

__all__ = ["Sized", "measure"]

Sized = tuple["Sample", int]
"""A sample, and the bytes it has in a request."""


def measure(
    samples: Iterable[Sized],
    config: GraderConfig,
    *,
    most: int,
    file_root: Path | None = None,
    on_sample: Callable[[int, int], None] = lambda _done, _total: None,
) -> Profile:
    """Grade some of the samples, one after the other on one lane.

    Which ones is a matter of chance, but the same each time for the same file.

    Args:
        samples: all of them; read once, and no more than `most` are kept.
        config: what they are graded with.
        most: how many to grade.
        file_root: where references look for files.
        on_sample: called with how many are graded, and how many there are to be.

    Raises:
        InputError: not one could be measured: there are none, none has an answer, or none could be graded.
    """
    chosen, rows, total_bytes, largest = _choose(samples, most)
    if not chosen:
        raise InputError("there is no sample to measure")
    if not any(sample.completion for sample in chosen):
        raise InputError(
            "no sample has an answer, and without any there is nothing to measure; give samples with completions, as "
            "`grader grade` takes them"
        )
    wall_times: list[float] = []
    grades: list[Grade] = []
    cpu_used = 0.0
    began = time.monotonic()
    with Grader(replace(config, lanes=1), file_root=file_root) as grader, PeakMemory() as peak:
        grader.host()
        grader.grade(chosen[0])  # what is started on the first need is started now
        start_s = time.monotonic() - began
        base_mb = memory_mb()
        started_mb = max(0.0, base_mb - own_memory_mb())
        peak.mb = base_mb
        for place, sample in enumerate(chosen, 1):
            before, looking, started = cpu_s(), peak.cpu_s, time.monotonic()
            grade = grader.grade(sample)
            wall_time = time.monotonic() - started
            peak.look()
            if grade.status is GradeStatus.SCORED:
                wall_times.append(wall_time)
                grades.append(grade)
                cpu_used += cpu_s() - before - (peak.cpu_s - looking)
            on_sample(place, len(chosen))
    if not grades:
        raise InputError(f"not one of {len(chosen)} samples could be graded; the last: {grade.reason}")
    wall_times.sort()
    lane_mb = max([peak.mb - base_mb, *(grade.metric("peak_mb") for grade in grades)])
    results = write_response(grades, Envelope.LIST, unscored_reward=0.0)
    return Profile(
        rows=rows,
        samples=len(grades),
        unscored=len(chosen) - len(grades),
        cpu_s=max(cpu_used, TICK_S) / len(grades),
        wall_s=sum(wall_times) / len(wall_times),
        p95_wall_s=wall_times[min(len(wall_times) - 1, int(0.95 * len(wall_times)))],
        slowest_s=wall_times[-1],
        start_s=start_s,
        base_mb=base_mb,
        started_mb=started_mb,
        lane_mb=lane_mb,
        request_bytes=total_bytes / rows,
        largest_bytes=largest,
        result_bytes=len(json.dumps(results)) / len(grades),
    )


def _choose(samples: Iterable[Sized], most: int) -> tuple[list[Sample], int, int, int]:
    """A fair choice of at most so many (algorithm R), how many there were, their bytes, and those of the largest."""
    chance = random.Random(0)  # noqa: S311  # the same choice each time is wanted
    chosen: list[Sample] = []
    rows, total, largest = 0, 0, 0
    for sample, size in samples:
        rows += 1
        total += size
        largest = max(largest, size)
        if len(chosen) < most:
            chosen.append(sample)
        elif (place := chance.randrange(rows)) < most:
            chosen[place] = sample
    return chosen, rows, total, largest
