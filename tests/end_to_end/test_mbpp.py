"""The 427 sanitized MBPP tasks, where the data set lies beside the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.types import Sample
from sandbox.types import Tier
from sandbox.wire.limits import Limits
from tests.end_to_end.conftest import grader_in

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "sanitized-mbpp.json"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the MBPP data set is not beside the checkout"),
]

_PLAIN = """
import json, sys, time
passed = {}
for task in json.load(open(sys.argv[1])):
    began = time.process_time()
    try:
        exec("\\n".join([*task["test_imports"], task["code"], *task["test_list"]]), {"__name__": "plain"})
    except Exception:
        continue
    passed[task["task_id"]] = time.process_time() - began
print(json.dumps(passed))
"""
_MOST_CPU_S = Limits().cpu_s / 5
"""A reference solution that needs more (123 does) may run into the default limits on a slow host, and rightly."""


@pytest.fixture(scope="module")
def tasks() -> list[dict[str, Any]]:
    return list(json.loads(DATA.read_text("utf-8")))


@pytest.mark.parametrize(
    "tier", [pytest.param(tier, marks=[] if tier is Tier.RLIMIT else pytest.mark.long) for tier in Tier]
)
def test_what_passes_under_plain_cpython_passes_here(tier: Tier, tasks: list[dict[str, Any]]) -> None:
    done = subprocess.run([sys.executable, "-c", _PLAIN, str(DATA)], capture_output=True, check=True, text=True)
    cpu_s = json.loads(done.stdout.splitlines()[-1])
    passing = {int(number) for number, needed_s in cpu_s.items() if needed_s < _MOST_CPU_S}
    samples = [
        Sample(
            task["task_id"],
            f"```python\n{task['code']}\n```",
            {name: task[name] for name in ("test_list", "test_imports")},
            prompt=task["prompt"],
        )
        for task in tasks
        if task["task_id"] in passing
    ]
    assert len(samples) > 420
    with grader_in(tier) as grader:
        grades = grader.grade_batch(samples)
    assert not {grade.sample_id: grade.reason for grade in grades if grade.metric("functional") != 1.0}
