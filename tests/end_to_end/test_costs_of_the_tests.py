"""Answers whose results cost the tests time or memory: what they cost the host, and the others in the batch."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.tools.sizing.measure import measure, process_tree
from grader.tools.sizing.prices import prices_for
from grader.tools.sizing.sizing import Workload, size_function
from grader.types import GradeStatus, Sample

PLAIN = {"entry_point": "f", "tests": [{"args": [3], "expected": 3}]}
SUM = {
    "entry_point": "f",
    "tests": [{"assert": "assert sum(f(3)) == 6"}],
    "limits": {"cpu_s": 1, "total_cpu_s": 1},
}
HONEST = "def f(x):\n    return x\n"
BOMBS = [
    "def f(x):\n    empty = []\n    return [empty] * 5_000_000\n",
    "from collections import deque\n\n\ndef f(x):\n    empty = deque()\n    return [empty] * 1_000_000\n",
    "def f(x):\n    empty = ()\n    return [empty] * 1_500_000\n",
    "def f(x):\n    return [[i] for i in range(1_000_000)]\n",
    "def f(x):\n    return [str(i) for i in range(1_500_000)]\n",
    "def f(x):\n    return list(range(1000, 2_000_000))\n",
    "def f(x):\n    return {i: {} for i in range(500_000)}\n",
    "def f(x):\n    return 'a' * 8_000_000 + '\\U0001f600'\n",
]


def sample(name: str, answer: str, reference: dict[str, Any]) -> Sample:
    return Sample(name, f"```python\n{answer}\n\nNAME = {name!r}\n```", reference)


def pss_mb() -> float:
    """Memory of this process's descendants and itself; what several share counts once (proc(5), smaps_rollup)."""
    total = 0
    for pid in process_tree():
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


class Peak:
    """The largest `pss_mb` while a block runs."""

    def __enter__(self) -> Self:
        self.mb = pss_mb()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.03):
            self.mb = max(self.mb, pss_mb())


@pytest.mark.long  # it measures all memory of this process and its children, which other tests share
@pytest.mark.timeout(1200)
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two workers need two CPUs")
def test_hostile_values_take_no_more_memory_than_the_plan_says(record_property: Any) -> None:
    function = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3538"}
    config = GraderConfig.load(None, {"GRADER_REWARD_STYLE": "0"})
    profile = measure([(sample("honest", HONEST, PLAIN), 500)], config, max_samples=1)
    plan = size_function(profile, prices_for("us-east-1", "x86_64"), Workload(memory_mb=3538))
    hostile = [sample(str(n), BOMBS[n % len(BOMBS)], PLAIN) for n in range(32)]
    with Grader(config, environ=function) as grader:
        grader.grade(sample("first", HONEST, PLAIN))
        with Peak() as peak:
            grades = grader.grade_batch(hostile)
    assert all(grade.status is GradeStatus.SCORED and grade.metric("functional") == 0.0 for grade in grades)
    record_property("peak_mb", peak.mb)
    record_property("needed_mb", plan.chosen.needed_mb)
    print(f"peak {peak.mb:.0f} MB, needed {plan.chosen.needed_mb:.0f} MB")
    assert plan.chosen.workers == 2
    assert peak.mb <= plan.chosen.needed_mb


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_others_are_graded_before_answers_that_keep_the_tests_busy() -> None:
    hostile = [sample(f"busy {n}", "def f(x):\n    return range(10**15)\n", SUM) for n in range(4)]
    honest = [sample(f"honest {n}", HONEST, PLAIN) for n in range(60)]
    config = GraderConfig.load(None, {"GRADER_WORKERS": "2"})
    with Grader(config) as grader:
        grader.grade_batch(honest[:4])
        done = {}
        started = time.monotonic()
        for index, grade in grader.grade_iter([*hostile, *honest]):
            done[index] = time.monotonic() - started, grade
    assert all(done[index][1].metric("functional") == 1.0 for index in range(4, 64))
    for index in range(4):
        grade = done[index][1]
        assert grade.status is GradeStatus.SCORED, grade.reason
        assert (grade.metric("functional"), grade.metric("timeouts")) == (0.0, 1.0)
    # Two workers and four spares: none of the honest answers waits until a busy one has used up its seconds.
    last_honest = max(seconds for index, (seconds, _) in done.items() if index >= 4)
    assert last_honest < max(seconds for index, (seconds, _) in done.items() if index < 4)
