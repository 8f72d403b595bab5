"""Long files with bad rows: each is reported, the others are processed, and nothing is lost. With ``make long`` they
have ten thousand rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.progress import without_progress

if TYPE_CHECKING:
    from collections.abc import Callable

BAD = {
    250: ("{oops", "is not JSON: Expecting property name enclosed in double quotes at character 2"),
    500: ("7", "is of type int, not an object"),
    501: ('{"id": "odd", "completion": "x", "reference_answer": {"colour": 1}}', "has these keys: 'colour'"),
    502: ('{"id": "bad", "prompt": "p", "test_list": ["assert ("]}', ""),
}
BLANK = 777
FILLER = "x" * 8000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    complaints: list[str]
    peak_mb: float


def run(*args: str, folder: Path) -> Ended:
    """Run a command with one worker, and measure its peak memory."""
    # The peak that wait4(2) reports includes the time before exec(2), when the child was a copy of the test process.
    out, err = folder / "stdout", folder / "stderr"
    started = time.monotonic()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        command = [sys.executable, "-m", "grader.cli", *args]
        running = subprocess.Popen(command, stdout=stdout, stderr=stderr, env=os.environ | {"GRADER_WORKERS": "1"})
        peak_mb = 0.0
        while running.poll() is None:
            peak_mb = max(peak_mb, peak_of(running.pid))
            time.sleep(0.05)
    print(f"\n{' '.join(args[:2])}: {time.monotonic() - started:.1f} s, {peak_mb:.0f} MB")
    return Ended(running.returncode, out.read_text(), without_progress(err.read_text()).splitlines(), peak_mb)


def peak_of(pid: int) -> float:
    """Return the peak resident size of a process in MiB; 0 if it has exited."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


@pytest.fixture(params=[1000, pytest.param(10_000, marks=pytest.mark.long)])
def rows(request: pytest.FixtureRequest) -> int:
    """Return the number of rows of a file."""
    count: int = request.param
    return count


def good(rows: int) -> list[int]:
    """Return the lines with valid rows."""
    return [number for number in range(1, rows + 1) if number not in BAD and number != BLANK]


def write(path: Path, row_of: Callable[[int], dict[str, Any]], rows: int) -> Path:
    with path.open("w") as file:
        for number in range(1, rows + 1):
            text = BAD[number][0] if number in BAD else "" if number == BLANK else json.dumps(row_of(number))
            file.write(text + "\n")
    return path


def sample_of(number: int) -> dict[str, Any]:
    """Make a sample of one of five tasks; one of them has a wrong answer. Equal samples are graded once per batch."""
    task = number % 5
    code = f"def add(a, b):\n    return a + b{' + 1' if task == 1 else ''}\n"
    turns = [{"role": "user", "content": f"{number}"}, {"role": "assistant", "content": f"```python\n{code}```"}]
    reference = {"entry_point": "add", "tests": [{"args": [task, 2], "expected": task + 2}]}
    return {"id": number, "messages": turns, "reference_answer": reference, "note": FILLER}


def task_of(number: int) -> dict[str, Any]:
    return {
        "task_id": number,
        "prompt": f"Write add, version {number}.",
        "code": "def add(a, b):\n    return a + b\n",
        "test_list": ["assert add(1, 2) == 3", "assert add(2, 2) == 4"],
    }


def named(complaints: list[str], path: Path) -> list[int]:
    """Return the reported lines in order, after checking their messages."""
    lines = []
    for complaint in complaints:
        assert complaint.startswith(f"{path}:"), complaint
        number = int(complaint.removeprefix(f"{path}:").partition(":")[0].partition(" (")[0])
        assert BAD[number][1] in complaint
        lines.append(number)
    return lines


def test_grade_reports_bad_rows_and_grades_the_others_in_constant_memory(tmp_path: Path, rows: int) -> None:
    path, out = write(tmp_path / "rows.jsonl", sample_of, rows), tmp_path / "out.jsonl"
    ended = run("grade", str(path), "--out", str(out), "--json", folder=tmp_path)
    assert ended.code == 2
    assert sorted(named(ended.complaints, path)) == sorted(BAD)
    results = [json.loads(line) for line in out.read_text().splitlines()]
    assert [result["line"] for result in results] == sorted([*good(rows), *BAD])
    by_line = {result["line"]: result for result in results}
    assert all(by_line[number]["status"] == "unscored" for number in BAD)
    assert all(by_line[number]["id"] == number and by_line[number]["status"] == "scored" for number in good(rows))
    assert all((by_line[number]["verdicts"] == ["passed"]) is (number % 5 != 1) for number in good(rows))
    summary = json.loads(ended.out)
    assert (summary["samples"], summary["scored"], summary["unreadable"]) == (rows - 1, rows - 5, 4)
    short = run("grade", str(write(tmp_path / "few.jsonl", sample_of, 100)), "--json", folder=tmp_path)
    assert short.code == 0
    assert ended.peak_mb < short.peak_mb + 30  # of a file that is up to 80 MB longer


def test_convert_reports_bad_rows_and_writes_the_others(tmp_path: Path, rows: int) -> None:
    path, out = write(tmp_path / "rows.jsonl", task_of, rows), tmp_path / "out.jsonl"
    ended = run("dataset", "convert", str(path), "--out", str(out), "--json", folder=tmp_path)
    assert ended.code == 2
    assert named(ended.complaints, path) == sorted(BAD)
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == [str(number) for number in good(rows)]
    assert json.loads(ended.out)["bad"] == 4


def test_check_reports_bad_rows_and_checks_the_others(tmp_path: Path, rows: int) -> None:
    path = write(tmp_path / "rows.jsonl", task_of, rows)
    ended = run("dataset", "check", str(path), "--repeat", "1", "--json", folder=tmp_path)
    assert (ended.code, ended.complaints) == (1, [])
    document = json.loads(ended.out)
    assert [finding["row"] for finding in document["findings"]] == sorted(BAD)
    assert named([f"{one['place']}: {one['detail']}" for one in document["findings"]], path) == sorted(BAD)
    assert (document["rows"], document["tasks"], document["passing"]) == (rows - 1, rows - 5, rows - 5)
