"""The grader of a process: made at first use, one for all threads, another one after a fork."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from grader.trainers import process_grader
from grader.types import Sample

SAMPLE = Sample("a", "```python\ndef f():\n    return 1\n```", json.dumps({"test_list": ["assert f() == 1"]}))
FORK = """
import multiprocessing, os
from grader.trainers import process_grader
from grader.types import Sample

SAMPLE = Sample("a", "```python\\ndef f():\\n    return 1\\n```", {"test_list": ["assert f() == 1"]})


def rate(_):
    return process_grader.grade(SAMPLE).reward, os.getpid()


if __name__ == "__main__":
    assert process_grader._grader is None
    assert process_grader.grade(SAMPLE).reward == 1.0
    with multiprocessing.get_context("fork").Pool(2) as pool:
        rewards = pool.map(rate, range(4), chunksize=1)
    assert {reward for reward, _ in rewards} == {1.0}, rewards
    assert os.getpid() not in {pid for _, pid in rewards}
    assert process_grader.grade(SAMPLE).reward == 1.0
    print("done")
"""


def test_all_threads_share_one() -> None:
    with ThreadPoolExecutor(8) as pool:
        graders = set(pool.map(lambda _: id(process_grader.grader()), range(16)))
        rewards = set(pool.map(lambda _: process_grader.grade(SAMPLE).reward, range(16)))
    assert (len(graders), rewards) == (1, {1.0})


def test_a_forked_process_makes_its_own() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", FORK], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
