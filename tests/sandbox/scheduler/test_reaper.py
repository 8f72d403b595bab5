"""Answers leave nothing behind, not even where the isolation layers that refuse it are missing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.core.sandbox_factory import IN_PROCESS_RUNNER
from sandbox.processes.harness import solution_process
from sandbox.scheduler.reaper import tagged_pids
from sandbox.types import ExecutionStatus
from sandbox.wire.zygote_protocol import SOLUTION
from testcases.model import AssertTest, CallTest, CheckTest, Problem, PytestTest, StdinTest
from tests.sandbox.conftest import SHORT, Box
from tests.soak.hostile import SOURCES
from tests.soak.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.types import Tier

SOON_S = 30.0

# Processes

DAEMON = """
import os, time

def start():
    if os.fork() == 0:
        try:
            os.setsid()
        except OSError:
            pass
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)
    os.wait()

def f():
    start()
    return 42
"""
PROGRAM = f"{DAEMON}\nstart()\nprint(42)\n"
KINDS = {
    "call": (DAEMON, Problem((CallTest((), 42),) * 3, entry_point="f")),
    "assertion": (DAEMON, Problem((AssertTest("assert f() == 42"),) * 3, entry_point="f")),
    "assertion in one process": (
        DAEMON,
        Problem((AssertTest("assert f() == 42"),) * 3, entry_point="f", isolation="shared"),
    ),
    "program": (PROGRAM, Problem((StdinTest("", "42\n"),) * 3)),
}


@pytest.fixture
def open_box(tier: Tier, make_box: Callable[..., Box]) -> Box:
    """A sandbox whose solution processes have no isolation layers of their own, only those of their zygote."""
    box = make_box(isolation=tier, workers=1)
    (executor,) = box.sandbox._executors
    settings = executor.zygote._settings
    roles = {**settings.roles, SOLUTION: f"tests.sandbox.processes.solution.open_solution:prepare|{IN_PROCESS_RUNNER}"}
    small = "tests.sandbox.processes.solution.open_solution:prepare_small"
    executor.zygote._settings = replace(settings, roles=roles, small=small)
    return box


def strays(box: Box) -> int:
    """Number of processes that descend from an executor's zygote besides its harness and the small zygote."""
    (executor,) = box.sandbox._executors
    return max(0, len(tagged_pids({executor.zygote.tag})) - 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_daemon_that_holds_the_pipes_is_killed_and_delays_no_job(open_box: Box, kind: str) -> None:
    source, problem = KINDS[kind]
    (execution,) = open_box.execute([open_box.job(problem, source, replace(SHORT, wall_s=60.0))])
    assert execution.status is ExecutionStatus.COMPLETED
    assert [verdict for verdict, *_ in execution.report] == ["passed"] * 3, execution
    give_up = time.monotonic() + SOON_S
    while strays(open_box) and time.monotonic() < give_up:
        time.sleep(0.2)
        assert open_box.call("def f():\n    return 42").verdict == "passed"
    assert strays(open_box) == 0


def test_a_daemon_ends_with_the_sandbox(open_box: Box) -> None:
    source, problem = KINDS["call"]
    open_box.execute([open_box.job(problem, source, replace(SHORT, wall_s=60.0))])
    tags = {executor.zygote.tag for executor in open_box.sandbox._executors}
    open_box.sandbox.close()
    assert not tagged_pids(tags)


# Files

ANSWERS = {
    "function": ("def f():\n    return 42", Problem((CallTest((), 42),), entry_point="f")),
    "object": ("class f:\n    x = 42", Problem((AssertTest("assert f().x == 42"),), entry_point="f")),
    "check": (
        "def f():\n    return 42",
        Problem((CheckTest("def check(candidate):\n    assert candidate() == 42\n"),), entry_point="f"),
    ),
    "traces": ("def f():\n    return 42", Problem((AssertTest("import os\nassert f() == 42"),), entry_point="f")),
    "suite in one process": (
        "def f():\n    return 42",
        Problem((PytestTest("def test_f():\n    assert f() == 42\n"),), entry_point="f", isolation="shared"),
    ),
    "program": ("print(input())", Problem((StdinTest("42", "42\n"),))),
    "program with much input": ("print(len(input()))", Problem((StdinTest("x" * 1_000_000, "1000000\n"),))),
    "temporary file": (
        "import tempfile\ndef f():\n    with tempfile.TemporaryFile() as file:\n        return 41 + file.write(b'x')",
        Problem((CallTest((), 42),), entry_point="f"),
    ),
}
HOSTILE = ("files", "memory files", "descriptors", "sockets", "daemon that holds the pipes")


def test_no_kind_of_answer_leaves_files_in_shared_folders(make_box: Callable[..., Box], tier: Tier) -> None:
    meter = Meter()
    box = make_box(isolation=tier)
    work = [box.job(problem, source) for source, problem in ANSWERS.values()]
    work += [box.job(Problem((CallTest((1, 2), 3),), entry_point="add"), SOURCES[name]) for name in HOSTILE]
    executions = box.execute(work)
    assert {execution.status for execution in executions} == {ExecutionStatus.COMPLETED}
    verdicts = [execution.report[0][0] for execution in executions]
    assert verdicts[: len(ANSWERS)] == ["passed"] * len(ANSWERS)
    assert "passed" not in verdicts[len(ANSWERS) :]
    assert meter.read(0).entries == 0
    assert not list(Path("/").glob("*stray*"))


@pytest.mark.parametrize("memory", [True, False], ids=["in memory", "where there are no memory files"])
def test_input_is_in_a_file_without_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, memory: bool) -> None:
    monkeypatch.setattr(solution_process, "_TEMPORARY", str(tmp_path))
    if not memory:
        monkeypatch.setattr(os, "memfd_create", refuse)
    descriptor = solution_process._file_of(b"one\ntwo")
    try:
        assert os.read(descriptor, 100) == b"one\ntwo"
        assert os.fstat(descriptor).st_nlink == 0
        assert list(tmp_path.iterdir()) == []
    finally:
        os.close(descriptor)


def refuse(_name: str) -> int:
    raise OSError(38, "Function not implemented")


# Where the grader is the first process of a container

FIRST = """
import ctypes, os, signal, sys
sys.path[:] = {paths!r}
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans come to this process
from sandbox.sandbox import Sandbox
from sandbox.types import Tier
from tests.sandbox.conftest import Box, settings
from tests.sandbox.scheduler.test_fault_recovery import zombies
box = Box(Sandbox(settings(workers=1, isolation=Tier({tier!r}))))
for _ in range(3):
    assert box.call("def f():\\n    return 42").verdict == "passed"
    os.kill(box.sandbox._executors[0].zygote.pid, signal.SIGKILL)
assert box.call("def f():\\n    return 42").verdict == "passed"
box.sandbox.close()
print(zombies())
"""


def test_zombies_are_reaped_where_orphans_become_children_of_the_grader(tier: Tier) -> None:
    script = FIRST.format(paths=sys.path, tier=tier.value)
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, timeout=100, check=True)
    assert done.stdout == "[]\n"
