"""Measurements and plans of real samples, on the real sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.errors import InputError
from grader.tools.sizing import measure as measure_module
from grader.tools.sizing.measure import PeakMemory, cpu_s, idle_memory_mb, measure, memory_mb, process_tree
from grader.types import Sample
from tests.progress import without_progress

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = {"entry_point": "f", "tests": [{"args": [1], "expected": 1}]}
QUICK = "```python\ndef f(x):\n    return x\n```"
BUSY = "```python\ndef f(x):\n    for _ in range(3_000_000):\n        pass\n    return x\n```"
CONFIG = GraderConfig.load(None, {})


def sample(number: int, text: str | None = QUICK, reference: Any = None) -> tuple[Sample, int]:
    return Sample(number, text, reference or REFERENCE), 100 + number


def test_figures_are_those_of_the_samples() -> None:
    progress: list[tuple[int, int]] = []
    rows = [*(sample(number) for number in range(6)), sample(6, BUSY), sample(7, reference={"colour": "red"})]
    profile = measure(rows, CONFIG, max_samples=50, on_sample=lambda *done: progress.append(done))
    assert (profile.rows, profile.samples, profile.unscored) == (8, 7, 1)
    assert (profile.request_bytes, profile.largest_bytes) == (103.5, 107)
    assert progress == [(number, 8) for number in range(1, 9)]
    assert 0 < profile.wall_s <= profile.p95_wall_s <= profile.slowest_s
    assert profile.cpu_s > 0
    assert profile.base_mb > profile.started_mb > 5
    assert profile.lane_mb > 1
    assert profile.result_bytes > 500


def test_only_the_requested_number_is_graded_but_all_are_counted() -> None:
    profile = measure((sample(number) for number in range(500)), CONFIG, max_samples=4)
    assert (profile.rows, profile.samples, profile.largest_bytes) == (500, 4, 599)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "there are no samples"),
        ([sample(1, None)], "no sample has a completion"),
        ([sample(1, reference={"colour": "red"})], "none of the 1 samples could be graded"),
    ],
)
def test_samples_that_cannot_be_measured_are_an_error(rows: list[tuple[Sample, int]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        measure(rows, CONFIG, max_samples=5)


def test_the_cpu_time_of_children_counts_while_they_live_and_when_they_have_ended() -> None:
    before = cpu_s()
    program = "import time\nwhile time.process_time() < 0.4: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in process_tree()
        alive = cpu_s()
        child.communicate(b"\n")
    assert alive - before >= 0.35
    assert cpu_s() - before >= 0.35
    assert os.getpid() in process_tree()


def test_the_memory_of_a_child_shows_in_the_peak() -> None:
    with PeakMemory() as peak:
        peak.sample()
        at_rest = peak.mb
        subprocess.run([sys.executable, "-c", "import time; x = b'x' * 80_000_000; time.sleep(0.5)"], check=True)
    assert peak.mb >= at_rest + 70
    assert peak.cpu_s > 0


def test_the_command_plans_from_a_file_and_again_from_its_own_output(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    rows = [
        {"id": number, "messages": [{"role": "assistant", "content": QUICK}], "reference_answer": REFERENCE}
        for number in range(5)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "nonsense\n")

    def run(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-W", "error", "-m", "grader.cli", "plan", *arguments]
        ended = subprocess.run(command, capture_output=True, check=False, text=True, timeout=100)
        return ended.returncode, ended.stdout, without_progress(ended.stderr)

    code, out, err = run(str(file), "--json", "--samples", "3", "--architecture", "arm64")
    assert code == 0
    assert err == f"{file}: 1 lines are not samples; `grader grade` lists them\n"
    document = json.loads(out)
    assert document["profile"]["samples"] == 3
    assert document["prices"]["architecture"] == "arm64"
    assert document["plan"]["dollars_per_thousand"] > 0
    profile = tmp_path / "profile.json"
    profile.write_text(out)
    code, out, err = run("--measured", str(profile), "--json", "--batch-size", "16", "--memory", "3538")
    assert (code, err) == (0, "")
    again = json.loads(out)
    assert again["profile"] == document["profile"]
    assert (again["plan"]["batch_size"], again["plan"]["memory_mb"]) == (16, 3538)
    code, out, err = run()
    assert (code, out) == (2, "")
    assert err.startswith("grader: plan: give either a file of samples")


def test_memory_that_forks_share_counts_once_while_the_grader_is_idle() -> None:
    shared = bytearray(os.urandom(1 << 20) * 64)
    read, write = os.pipe()
    children = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            os.close(write)
            os.read(read, 1)
            os._exit(0)
        children.append(pid)
    try:
        assert memory_mb() - idle_memory_mb() > 2 * len(shared) / (1 << 20)
    finally:
        os.close(write)
        os.close(read)
        for pid in children:
            os.waitpid(pid, 0)


def test_where_shares_cannot_be_read_each_process_counts_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_module, "_read_sizes", lambda *_: {})
    monkeypatch.setattr(measure_module, "memory_mb", lambda: 42.0)
    assert idle_memory_mb() == 42.0
