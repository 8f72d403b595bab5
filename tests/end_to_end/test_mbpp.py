"""The 427 sanitized MBPP tasks, where the data set lies beside the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.sample import Sample

if TYPE_CHECKING:
    from grader.grader import Grader

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "sanitized-mbpp.json"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="the MBPP data set is not beside the checkout"),
]

_PLAIN = """
import json, sys
passed = []
for task in json.load(open(sys.argv[1])):
    try:
        exec("\\n".join([*task["test_imports"], task["code"], *task["test_list"]]), {"__name__": "plain"})
    except Exception:
        continue
    passed.append(task["task_id"])
print(json.dumps(passed))
"""


@pytest.fixture(scope="module")
def tasks() -> list[dict[str, Any]]:
    return list(json.loads(DATA.read_text("utf-8")))


def test_what_passes_under_plain_cpython_passes_here(tiered_grader: Grader, tasks: list[dict[str, Any]]) -> None:
    done = subprocess.run([sys.executable, "-c", _PLAIN, str(DATA)], capture_output=True, check=True, text=True)
    passing = set(json.loads(done.stdout.splitlines()[-1]))
    samples = [
        Sample(
            task["task_id"],
            f"```python\n{task['code']}\n```",
            {name: task[name] for name in ("test_list", "test_imports")},
            prompt=task["prompt"],
        )
        for task in tasks
    ]
    grades = tiered_grader.grade_batch(samples)
    assert len(grades) == 427
    assert len(passing) > 420
    short = {g.sample_id: g.reason for g in grades if g.sample_id in passing and g.metric("functional") != 1.0}
    assert not short
