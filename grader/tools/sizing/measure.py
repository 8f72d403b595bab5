"""Measure CPU time and memory of grading some of the samples here (proc(5))."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from grader.core.grader import Grader
from grader.errors import InputError
from grader.lambda_api import Envelope, write_response
from grader.tools.sizing.profile import Profile
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.config.settings import GraderConfig
    from grader.types import Grade, Sample

__all__ = ["TICK_S", "PeakMemory", "SampleWithSize", "cpu_s", "measure", "memory_mb", "own_memory_mb", "process_tree"]


TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
"""What CPU time is counted in."""
_PARENT, _OWN, _CHILDREN = 1, slice(11, 13), slice(13, 15)
"""Fields of ``/proc/PID/stat`` after the name: ppid; utime and stime; cutime and cstime."""
_SAMPLE_INTERVAL_S: Final = 0.02


def process_tree() -> dict[int, list[bytes]]:
    """The ``stat`` fields after the name, of this process and all that come from it, by pid."""
    stats: dict[int, list[bytes]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                text = (entry / "stat").read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            stats[int(entry.name)] = text.rpartition(b")")[2].split()
    found: dict[int, list[bytes]] = {}
    newest = {os.getpid()} & stats.keys()
    while newest:
        found |= {pid: stats[pid] for pid in newest}
        newest = {pid for pid, fields in stats.items() if int(fields[_PARENT]) in newest and pid not in found}
    return found


def cpu_s() -> float:
    """CPU seconds of the family so far, with those of its members who have ended and been waited for."""
    ticks = sum(sum(map(int, [*fields[_OWN], *fields[_CHILDREN]])) for fields in process_tree().values())
    return ticks * TICK_S


def memory_mb() -> float:
    """MB that the family holds at most.

    What is no file's is counted in each process that has it, even where a fork shares it with its parent; files are
    counted once, as those of the process that has the most of them in memory.
    """
    own, files = 0, 0
    for pid in process_tree():
        sizes = _sizes(pid)
        own += sizes.get("RssAnon", 0) + sizes.get("RssShmem", 0)
        files = max(files, sizes.get("RssFile", 0))
    return (own + files) / 1024


def own_memory_mb() -> float:
    """MB of this process alone."""
    return sum(_sizes(os.getpid()).values()) / 1024


def _sizes(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if line.startswith("Rss"))
    return {name: int(rest.split()[0]) for name, _, rest in pairs}


@dataclass(slots=True)
class PeakMemory:
    """Looks at the family's memory again and again. A context manager."""

    mb: float = 0.0
    """The most there was."""
    cpu_s: float = 0.0
    """What the looking has cost."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def look(self) -> None:
        """Look now."""
        began = time.thread_time()
        self.mb = max(self.mb, memory_mb())
        self.cpu_s += time.thread_time() - began

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join()

    def _keep_looking(self) -> None:
        while not self._stop.wait(_SAMPLE_INTERVAL_S):
            self.look()


SampleWithSize = tuple["Sample", int]
"""A sample, and the bytes it has in a request."""


def measure(
    samples: Iterable[SampleWithSize],
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
    chosen, rows, total_bytes, largest = _choose_samples(samples, most)
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
    with Grader(replace(config, workers=1), file_root=file_root) as grader, PeakMemory() as peak:
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


def _choose_samples(samples: Iterable[SampleWithSize], most: int) -> tuple[list[Sample], int, int, int]:
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
