"""Measure CPU time and memory of grading a selection of samples on this host (proc(5))."""

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

__all__ = [
    "TICK_S",
    "PeakMemory",
    "SampleWithSize",
    "cpu_s",
    "idle_memory_mb",
    "measure",
    "memory_mb",
    "own_memory_mb",
    "process_tree",
]


TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
"""Resolution of CPU times, in seconds."""
_PARENT, _OWN, _CHILDREN = 1, slice(11, 13), slice(13, 15)
"""Fields of ``/proc/PID/stat`` after the name: ppid; utime and stime; cutime and cstime."""
_SAMPLE_INTERVAL_S: Final = 0.02


def process_tree() -> dict[int, list[bytes]]:
    """Return the fields of ``/proc/PID/stat`` after the name, of this process and its descendants, by pid."""
    stats: dict[int, list[bytes]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                text = (entry / "stat").read_bytes()
            except OSError:  # the process has ended
                continue
            # The name before the last parenthesis may itself contain spaces and parentheses (proc(5)).
            stats[int(entry.name)] = text.rpartition(b")")[2].split()
    tree: dict[int, list[bytes]] = {}
    newest = {os.getpid()} & stats.keys()
    while newest:
        tree |= {pid: stats[pid] for pid in newest}
        newest = {pid for pid, fields in stats.items() if int(fields[_PARENT]) in newest and pid not in tree}
    return tree


def cpu_s() -> float:
    """Return the CPU seconds of the process tree, including ended processes whose parents have waited for them."""
    ticks = sum(sum(map(int, [*fields[_OWN], *fields[_CHILDREN]])) for fields in process_tree().values())
    return ticks * TICK_S


def memory_mb() -> float:
    """Return an upper bound of the memory of the process tree, in MB.

    Anonymous memory is counted in each process, even where a fork shares it with its parent. Mapped files are counted
    once: those of the process with the most of them.
    """
    anonymous, files = 0, 0
    for pid in process_tree():
        sizes = _sizes(pid)
        anonymous += sizes.get("RssAnon", 0) + sizes.get("RssShmem", 0)
        files = max(files, sizes.get("RssFile", 0))
    return (anonymous + files) / 1024


def idle_memory_mb() -> float:
    """Return the memory of the process tree, in MB; what forks share counts once (proc(5), ``smaps_rollup``).

    Where that cannot be read, it is `memory_mb`. It takes too long to be asked for while samples are graded.
    """
    anonymous, files = 0, 0
    for pid in process_tree():
        shares = _read_sizes(pid, "smaps_rollup", "Pss_")
        if not shares:
            return memory_mb()
        anonymous += shares["Pss_Anon"] + shares["Pss_Shmem"]
        files = max(files, _sizes(pid).get("RssFile", 0))
    return (anonymous + files) / 1024


def own_memory_mb() -> float:
    """Return the resident memory of this process, in MB."""
    return sum(_sizes(os.getpid()).values()) / 1024


def _sizes(pid: int) -> dict[str, int]:
    return _read_sizes(pid, "status", "Rss")


def _read_sizes(pid: int, file: str, prefix: str) -> dict[str, int]:
    """Return the sizes in KiB of a file of a process, by names that begin with a prefix; empty if it cannot be read."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if line.startswith(prefix))
    return {name: int(rest.split()[0]) for name, _, rest in pairs}


@dataclass(slots=True)
class PeakMemory:
    """Thread that samples the memory of the process tree. A context manager."""

    mb: float = 0.0
    """Highest value so far, in MB."""
    cpu_s: float = 0.0
    """CPU seconds spent on sampling; to be subtracted from measurements."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def sample(self) -> None:
        """Take a sample now."""
        start = time.thread_time()
        self.mb = max(self.mb, memory_mb())
        self.cpu_s += time.thread_time() - start

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_SAMPLE_INTERVAL_S):
            self.sample()


SampleWithSize = tuple["Sample", int]
"""A sample, and its size in a request, in bytes."""


def measure(
    samples: Iterable[SampleWithSize],
    config: GraderConfig,
    *,
    max_samples: int,
    file_root: Path | None = None,
    on_sample: Callable[[int, int], None] = lambda _done, _total: None,
) -> Profile:
    """Grade a random selection of the samples, one after the other with one worker.

    The same file gives the same selection each time.

    Args:
        samples: all samples; read once, and at most `max_samples` are held in memory.
        config: settings to grade with.
        max_samples: number of samples to grade.
        file_root: folder that file references are relative to.
        on_sample: called after each sample with the number graded and the number to grade.

    Raises:
        InputError: there are no samples, none has a completion, or none could be graded.
    """
    chosen, rows, total_bytes, largest = _choose_samples(samples, max_samples)
    if not chosen:
        raise InputError("there are no samples to measure")
    if not any(sample.completion for sample in chosen):
        raise InputError(
            "no sample has a completion, so there is nothing to measure; give samples with completions, as for "
            "`grader grade`"
        )
    wall_times: list[float] = []
    grades: list[Grade] = []
    cpu_used = 0.0
    start = time.monotonic()
    with Grader(replace(config, workers=1), file_root=file_root) as grader, PeakMemory() as peak:
        # The first sample is graded twice: zygotes and caches that start on demand count as start-up, not for a sample.
        grader.host()
        grader.grade(chosen[0])
        start_s = time.monotonic() - start
        base_mb = idle_memory_mb()
        started_mb = max(0.0, base_mb - own_memory_mb())
        # The start may have needed more than the idle grader; only growth while grading counts.
        peak.mb = idle_mb = memory_mb()
        for number, sample in enumerate(chosen, 1):
            cpu_before, sampling_before, started = cpu_s(), peak.cpu_s, time.monotonic()
            grade = grader.grade(sample)
            wall_time = time.monotonic() - started
            peak.sample()
            if grade.status is GradeStatus.SCORED:
                wall_times.append(wall_time)
                grades.append(grade)
                # The sampling thread runs in this process; its CPU time is not the grader's.
                cpu_used += cpu_s() - cpu_before - (peak.cpu_s - sampling_before)
            on_sample(number, len(chosen))
    if not grades:
        raise InputError(f"none of the {len(chosen)} samples could be graded; the last one: {grade.reason}")
    wall_times.sort()
    worker_mb = max([peak.mb - idle_mb, *(grade.metric("peak_mb") for grade in grades)])
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
        lane_mb=worker_mb,
        request_bytes=total_bytes / rows,
        largest_bytes=largest,
        result_bytes=len(json.dumps(results)) / len(grades),
    )


def _choose_samples(samples: Iterable[SampleWithSize], max_samples: int) -> tuple[list[Sample], int, int, int]:
    """Choose samples uniformly by reservoir sampling (algorithm R).

    Returns:
        The chosen samples, the number of all samples, their bytes, and the bytes of the largest.
    """
    generator = random.Random(0)  # noqa: S311  # a fixed seed, so that measurements can be repeated
    chosen: list[Sample] = []
    rows, total, largest = 0, 0, 0
    for sample, size in samples:
        rows += 1
        total += size
        largest = max(largest, size)
        if len(chosen) < max_samples:
            chosen.append(sample)
        elif (index := generator.randrange(rows)) < max_samples:
            chosen[index] = sample
    return chosen, rows, total, largest
