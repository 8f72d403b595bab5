"""A batch with five answers that try to take the grader down, and 59 good ones."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample

BUDGET_S = 1.0
HANGS_S = 20.0
"""A batch that takes longer was held up. How quick it is on a quiet host is a figure (``make figures``), not a test."""
ATTEMPTS = 3
"""A busy host stretches a run; the figure is that of the quickest."""
REFERENCE = {
    "entry_point": "add",
    "tests": [{"args": [1, 2], "expected": 3}, {"args": [-5, 6], "expected": 1}, {"args": [7, 8], "expected": 15}],
    "limits": {"cpu_s": BUDGET_S, "total_cpu_s": BUDGET_S},
}
HOSTILE = {
    "infinite loop": "def add(a, b):\n    while True:\n        pass\n",
    "memory hog": "def add(a, b):\n    hog = []\n    while True:\n        hog.append(bytearray(1 << 26))\n",
    "fork bomb": "import os\n\n\ndef add(a, b):\n    while True:\n        os.fork()\n",
    "printer": "def add(a, b):\n    for _ in range(100):\n        print('x' * 1_000_000)\n    return a + b\n",
    "patricide": "import os\n\n\ndef add(a, b):\n    os.kill(os.getppid(), 9)\n    return a + b\n",
}


def _batch(attempt: int) -> list[Sample]:
    samples = [
        Sample(
            f"good {number}",
            f"```python\ndef add(a, b):\n    return a + b + {number} - {number}  # {attempt}\n```",
            REFERENCE,
        )
        for number in range(59)
    ]
    for place, (name, source) in enumerate(HOSTILE.items()):
        samples.insert(place * 13, Sample(name, f"```python\n{source}```", REFERENCE))
    return samples


def _descendants() -> set[int]:
    """Processes of this user's sandboxes that descend from this process."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    while True:
        more = {pid for pid, parent in parents.items() if parent == os.getpid() or parent in found} - found
        if not more:
            return found
        found |= more


@pytest.mark.alone
@pytest.mark.parametrize("policy", ["standard", "off"])
def test_hostile_answers_cost_their_own_budget_and_nobody_elses_reward(policy: str) -> None:
    others = _descendants()  # what other tests share
    with Grader(GraderConfig.load(None, {"GRADER_POLICY": policy})) as grader:
        workers = grader.host().workers
        quickest_s = math.inf
        for attempt in range(ATTEMPTS):
            started = time.monotonic()
            grades = grader.grade_batch(_batch(attempt))
            quickest_s = min(quickest_s, time.monotonic() - started)
            assert [grade.sample_id for grade in grades] == [sample.id for sample in _batch(attempt)]
            assert all(grade.status is GradeStatus.SCORED for grade in grades)
            for grade in grades:
                if grade.sample_id in HOSTILE:
                    assert grade.metric("functional") < 1.0, grade
                else:
                    assert grade.metric("functional") == 1.0, grade
                    assert grade.reward is not None
                    assert grade.reward > 0.9
            zygotes = [zygote for zygote in grader._sandbox._zygotes() if zygote.session is not None]
            launchers_and_zygotes = {pid for one in zygotes for pid in (one.session, one.pid, one.small_pid)}
            forked = _descendants() - others - launchers_and_zygotes
            assert len(zygotes) <= 1 + 3 * workers
            assert len(forked) <= len(zygotes) - 1 + workers  # a harness for each executor, and analyzers, all idle
            assert _falls_quiet()
            if quickest_s < BUDGET_S + 2.0:
                break
        print(f"64 samples, 5 of them hostile, policy {policy}: {quickest_s:.2f} s")
        assert quickest_s < HANGS_S
    assert not _descendants() - others


def _falls_quiet() -> bool:
    """Wait until no descendant of this process uses a CPU; return True if that is soon."""
    for _ in range(200):
        if not [pid for pid in _descendants() if _is_running(pid)]:
            return True
        time.sleep(0.02)
    return False


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    except OSError:
        return False
