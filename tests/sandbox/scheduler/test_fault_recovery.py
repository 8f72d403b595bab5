"""Processes of ours that are killed or stopped from outside: jobs end right, and nothing is left behind."""

from __future__ import annotations

import gc
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from sandbox.sandbox import Sandbox
from sandbox.types import Execution, ExecutionStatus
from testcases.model import AssertTest, CallTest, Problem, StdinTest
from tests.sandbox.conftest import LATE_S, SHORT, Box, children, host_pid, processes, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.scheduler.executor import Executor
    from sandbox.types import Job

RIGHT = "import time\n\ndef f():\n    time.sleep({})\n    return 42"
WRONG = "import time\n\ndef f():\n    time.sleep({})\n    return 41"
CALL = Problem((CallTest((), 42),), entry_point="f")
ASSERTION = Problem((AssertTest("assert f() == 42"),), entry_point="f")
ROLES = ("zygote", "small zygote", "harness", "solution")


def pid_of(executor: Executor, role: str) -> int | None:
    """The process in that role, when there is one."""
    harness = executor._harness
    if role == "zygote":
        return executor.zygote.pid
    if role == "small zygote":
        return executor.zygote.small_pid
    if role == "harness":
        return host_pid(executor.zygote, harness) if harness is not None else None
    others = set(children(executor.zygote)) - {host_pid(executor.zygote, harness) if harness is not None else None}
    return min(others) if len(others) == 1 else None  # more of them are on their way in or out


def source_for(role: str, sleep_s: float) -> str:
    """A right answer whose process a zygote in that role forks, if the role is one of a zygote."""
    return ("import uuid\n" if role == "zygote" else "") + RIGHT.format(sleep_s)


@contextmanager
def beside(work: Callable[[Event], None]) -> Iterator[None]:
    """Do something in a thread until the block ends."""
    over = Event()
    thread = Thread(target=work, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def strike(executor: Executor, role: str, number: int, over: Event, *, after_s: float = 0.0) -> bool:
    """Send a signal to the process in a role as soon as there is one; whether there was."""
    while not over.wait(0.002):
        pid = pid_of(executor, role)
        if pid is not None:
            over.wait(after_s)
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                return True
    return False


def jobs(box: Box, problem: Problem, count: int, sleep_s: float) -> list[Job]:
    """Right and wrong answers in turn."""
    return [box.job(problem, (RIGHT, WRONG)[number % 2].format(sleep_s)) for number in range(count)]


def verdict(execution: Execution) -> str:
    return execution.report[0][0] if execution.status is ExecutionStatus.COMPLETED else execution.status.value


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def zombies() -> list[int]:
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
                if state == "Z" and int(parent) == os.getpid():
                    pids.append(int(entry.name))
    return pids


def vanish(session: int, *, within_s: float = 2.0) -> bool:
    """Whether all processes of a session are gone soon."""
    end = time.monotonic() + within_s
    while processes(session):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("role", ["zygote", "harness"])
def test_a_process_that_dies_idle_is_replaced(own_box: Box, role: str) -> None:
    assert [verdict(execution) for execution in own_box.execute(jobs(own_box, CALL, 4, 0))] == [
        "passed", "wrong_answer", "passed", "wrong_answer",
    ]  # fmt: skip
    for executor in own_box.sandbox._executors:
        pid = pid_of(executor, role)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
    executions = own_box.execute(jobs(own_box, CALL, 4, 0))
    assert [verdict(execution) for execution in executions] == ["passed", "wrong_answer"] * 2


@pytest.mark.parametrize("problem", [CALL, ASSERTION], ids=["call", "assertion"])
@pytest.mark.parametrize("role", ROLES)
def test_a_process_that_dies_at_work_is_replaced(make_box: Callable[..., Box], role: str, problem: Problem) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors
    with beside(lambda over: strike(executor, role, signal.SIGKILL, over, after_s=0.1)):
        (execution,) = box.execute([box.job(problem, source_for(role, 0.4), fresh=role == "harness")])
    assert verdict(execution) == "passed", execution
    assert box.call("def f():\n    return 42").verdict == "passed"


def test_no_solution_outlives_its_zygote(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors
    session = executor.zygote.session

    def strike_when_asleep(over: Event) -> None:
        while pid_of(executor, "solution") is None:
            over.wait(0.002)
        strike(executor, "zygote", signal.SIGKILL, over, after_s=0.2)

    with beside(strike_when_asleep):
        assert verdict(box.execute([box.job(CALL, RIGHT.format(100))])[0]) == "timeout"
    assert executor.zygote.session != session
    assert not processes(session)


def test_a_harness_handles_output_and_reply_that_end_at_once(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors

    def doze(over: Event) -> None:
        while pid_of(executor, "solution") is None:
            over.wait(0.002)
        strike(executor, "harness", signal.SIGSTOP, over, after_s=0.1)
        over.wait(0.4)
        assert strike(executor, "harness", signal.SIGCONT, Event())

    close = """
        import os, time

        def f():
            time.sleep(0.3)
            os.close(1)
            os.close(2)
            time.sleep(0.4)
            return 42
    """
    with beside(doze):
        assert box.call(close, wall_s=5.0).verdict == "passed"


def test_a_job_that_loses_two_harnesses_is_lost_and_the_next_works(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    box.sandbox.start()
    (executor,) = box.sandbox._executors

    def strike_twice(over: Event) -> None:
        killed: set[int] = set()
        while not over.wait(0.002) and len(killed) < 2:
            pid = pid_of(executor, "harness")
            if pid is not None and pid not in killed:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                killed.add(pid)

    with beside(strike_twice):
        (execution,) = box.execute([box.job(CALL, RIGHT.format(0.4))])
    assert execution.status is ExecutionStatus.LOST
    assert execution.detail
    assert "\n" not in execution.detail
    assert box.call("def f():\n    return 42").verdict == "passed"


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments_cost_no_job_its_result(own_box: Box, seed: int) -> None:
    chance = random.Random(seed)
    struck: list[str] = []

    def rage(over: Event) -> None:
        while not over.wait(chance.uniform(0.05, 0.4)):
            executor, role = chance.choice(own_box.sandbox._executors), chance.choice(ROLES)
            if strike(executor, role, signal.SIGKILL, over):
                struck.append(role)

    work = jobs(own_box, CALL, 24, 0.1) + jobs(own_box, ASSERTION, 8, 0.1)
    chance.shuffle(work)
    with beside(rage):
        executions = own_box.execute(work)
    assert len(executions) == len(work)
    verdicts = [verdict(execution) for execution in executions]
    # Each takes two strikes; in which role is not known, as a new harness looks like a solution process at first.
    failed = [one for one in verdicts if one in {"internal", "lost", "memory"}]
    assert len(failed) <= len(struck) // 2
    for job, seen in zip(work, verdicts, strict=True):
        right = "passed" if "return 42" in job.source else "wrong_answer"
        assert seen in {right, "memory", "internal", "lost"}
    assert [verdict(execution) for execution in own_box.execute(jobs(own_box, CALL, 4, 0))] == [
        "passed", "wrong_answer", "passed", "wrong_answer",
    ]  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_a_stopped_process_delays_nothing_past_the_deadline(make_box: Callable[..., Box], role: str) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors
    session = executor.zygote.session
    assert session is not None
    started = time.monotonic()
    with beside(lambda over: strike(executor, role, signal.SIGSTOP, over, after_s=0.1)):
        (execution,) = box.execute([box.job(CALL, source_for(role, 0.4))], deadline_s=1.5)
    assert time.monotonic() - started < LATE_S
    assert verdict(execution) in {"deadline", "passed"}, execution
    assert box.call("def f():\n    return 42").verdict == "passed"
    assert "T" not in processes(session).values()


def test_a_deadline_ends_what_runs_and_what_waits(own_box: Box) -> None:
    endless = "def f():\n    while True:\n        pass"
    started = time.monotonic()
    limits = replace(SHORT, cpu_s=30.0, total_cpu_s=60.0, wall_s=60.0)
    executions = own_box.execute([own_box.job(CALL, endless, limits) for _ in range(10)], deadline_s=0.6)
    assert time.monotonic() - started < LATE_S
    assert [execution.status for execution in executions] == [ExecutionStatus.DEADLINE] * 10
    for executor in own_box.sandbox._executors:
        assert not children(executor.zygote)
    assert own_box.call("def f():\n    return 42").verdict == "passed"


def test_a_deadline_that_is_over_starts_nothing(own_box: Box) -> None:
    own_box.call("def f():\n    return 42")
    executions = own_box.execute(jobs(own_box, CALL, 4, 0), deadline_s=-1.0)
    assert {execution.status for execution in executions} == {ExecutionStatus.DEADLINE}


def test_two_hundred_jobs_leave_nothing_behind(own_box: Box) -> None:
    sources = [
        RIGHT.format(0),
        "import os\ndef f():\n    os._exit(0)",
        "import os\ndef f():\n    os.abort()",
        "def f():\n    print('x' * 3_000_000)",
        "import threading, time\ndef f():\n    threading.Thread(target=time.sleep, args=(9,)).start()\n    return 42",
    ]
    work = [own_box.job(CALL, sources[number % 5]) for number in range(150)]
    work += [own_box.job(Problem((StdinTest("1", "1"),)), "print(input())", fresh=True) for _ in range(50)]
    own_box.execute(work[:10])
    gc.collect()
    before = descriptors()
    executions = own_box.execute(work)
    assert [verdict(execution) for execution in executions[150:]] == ["passed"] * 50
    assert {verdict(execution) for execution in executions[:150:5]} == {"passed"}
    gc.collect()
    assert descriptors() <= before + 2  # an executor may have a harness waiting or not
    assert zombies() == []
    for executor in own_box.sandbox._executors:
        assert len(children(executor.zygote)) <= 1


def test_close_ends_every_process_and_descriptor() -> None:
    gc.collect()
    before = descriptors()
    with Sandbox(settings()) as sandbox:
        Box(sandbox).execute(jobs(Box(sandbox), CALL, 4, 0))
        sessions = [executor.zygote.session for executor in sandbox._executors] + [sandbox._analyzer_zygote.session]
    assert all(session is not None and not processes(session) for session in sessions)
    assert descriptors() == before
    assert zombies() == []


def test_a_closed_sandbox_can_be_used_again() -> None:
    sandbox = Sandbox(settings(workers=1))
    try:
        for _ in range(2):
            assert Box(sandbox).call("def f():\n    return 42").verdict == "passed"
            sandbox.close()
    finally:
        sandbox.close()


def test_an_error_of_the_caller_leaves_the_sandbox_usable(own_box: Box) -> None:
    async def fail() -> None:
        raise LookupError

    running = own_box.job(CALL, RIGHT.format(0.5))
    with pytest.raises(LookupError):
        own_box.sandbox.run([own_box.sandbox.execute(running, deadline=time.monotonic() + 9), fail()])
    assert own_box.call("def f():\n    return 42").verdict == "passed"


ORPHAN = """
import sys, time
sys.path[:] = {paths!r}
from tests.sandbox.conftest import *
from tests.sandbox.scheduler.test_fault_recovery import CALL
box = Box(Sandbox(settings(workers=1)))
box.call("def f():\\n    return 42")
print(box.sandbox._executors[0].zygote.session, box.sandbox._analyzer_zygote.session, flush=True)
box.call("import time\\ndef f():\\n    time.sleep(100)", wall_s=100)
"""


@pytest.mark.parametrize("stopped", [False, True], ids=["", "while a solution is stopped"])
def test_when_the_grader_dies_everything_dies(stopped: bool) -> None:
    script = ORPHAN.format(paths=sys.path)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        sessions = [int(pid) for pid in parent.stdout.readline().split()]
        time.sleep(0.3)
        solution = max(processes(sessions[0]))
        if stopped:
            os.kill(solution, signal.SIGSTOP)
        parent.kill()
    assert len(sessions) == 2
    assert all(vanish(session) for session in sessions)


def test_an_answer_that_ends_long_before_its_harness_asks_is_no_loss(own_box: Box) -> None:
    # The zygote reaps it meanwhile. Its exit is still told to the harness.
    problem = Problem((AssertTest("assert 3 ** (f() * 300_000) % 7 == 1"),), entry_point="f")
    limits = replace(SHORT, cpu_s=60.0, total_cpu_s=60.0)
    (execution,) = own_box.execute([own_box.job(problem, "def f():\n    return 42\n", limits)])
    assert verdict(execution) == "passed"
