"""Slow answers delay no others: spare executors take the place of theirs, and they run on at a lower priority."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.scheduler.priority import SLOW_AFTER_S, PriorityControl
from sandbox.types import Execution, ExecutionStatus
from sandbox.wire.limits import Limits
from sandbox.wire.procfs import cpu_seconds
from testcases.model import CallTest, Problem
from tests.sandbox.conftest import LATE_S, children, host_pid, watch_a_solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.sandbox.conftest import Box

LONG = Limits(cpu_s=2.0, total_cpu_s=2.0, wall_s=10.0, memory_mb=256, output_kb=1024)
LOOPS = "def f():\n    while True:\n        pass"
SLEEPS = "import time\ndef f():\n    time.sleep(6)\n    return 41"
WORKS = "import time\ndef f():\n    while time.process_time() < 0.3:\n        pass\n    time.sleep(3)\n    return 42"
QUICK = "def f():\n    return 42"
ASKED = Problem((CallTest((), 42),), entry_point="f")


def in_order_of_ends(box: Box, answers: Sequence[str]) -> list[tuple[str, Execution]]:
    """Answers, in the order in which their jobs end."""
    ended: list[tuple[str, Execution]] = []

    async def one(answer: str) -> None:
        deadline = time.monotonic() + 200
        ended.append((answer, await box.sandbox.execute(box.job(ASKED, answer, LONG), deadline=deadline)))

    box.sandbox.run([one(answer) for answer in answers])
    return ended


@pytest.mark.parametrize("long", [LOOPS, SLEEPS], ids=["loops", "sleeps"])
def test_other_answers_go_first_and_have_the_same_verdicts(single_box: Box, long: str) -> None:
    answers = [long, *[QUICK] * 8, "def f():\n    return 43", long]
    for _ in range(1 if long == LOOPS else 2):  # spare executors are as good as any afterwards
        ended = in_order_of_ends(single_box, answers)
        assert [answer for answer, _ in ended][-2:] == [long, long]
        for answer, execution in ended:
            assert execution.status is ExecutionStatus.COMPLETED
            verdicts = str(execution.report)
            assert ("passed" in verdicts) is (answer == QUICK)


def test_more_slow_answers_than_spare_executors_wait_for_one_another(single_box: Box) -> None:
    ended = in_order_of_ends(single_box, [SLEEPS] * 4 + [QUICK])
    assert len(ended) == 5
    assert {execution.status for _, execution in ended} == {ExecutionStatus.COMPLETED}
    assert len(single_box.sandbox._spares) == 2
    assert not single_box.sandbox._yielded


def test_quick_answers_start_no_spare_executor(single_box: Box) -> None:
    in_order_of_ends(single_box, [QUICK] * 20)
    assert [executor.zygote.pid for executor in single_box.sandbox._spare_executors] == [None, None]


@pytest.mark.parametrize(("answer", "niceness"), [(WORKS, 10), (SLEEPS, 0)], ids=["works", "sleeps"])
def test_an_answer_that_uses_its_cpu_for_long_runs_at_a_lower_priority_and_its_harness_does_not(
    single_box: Box, answer: str, niceness: int
) -> None:
    (executor, *_) = single_box.sandbox._executors

    def niceness_of(pid: int) -> tuple[int, int, int]:
        end = time.monotonic() + (LATE_S if niceness else 2)
        while os.getpriority(os.PRIO_PROCESS, pid) == 0 and time.monotonic() < end:
            time.sleep(0.01)
        assert executor._harness is not None
        harness = host_pid(executor.zygote, executor._harness)
        assert harness is not None
        priorities = [os.getpriority(os.PRIO_PROCESS, one) for one in (pid, harness, executor.zygote.pid or 0)]
        return priorities[0], priorities[1], priorities[2]

    single_box.sandbox._jobs += 1  # as if another waited
    assert watch_a_solution(single_box, niceness_of, sleeps=answer, limits=LONG) == (niceness, 0, 0)
    assert len(single_box.sandbox._spares) == 2
    group = Path(f"/proc/{executor.zygote.pid}/autogroup")
    assert not group.exists() or "nice 0" in group.read_text()


def test_slow_answers_end_with_the_sandbox(single_box: Box) -> None:
    in_order_of_ends(single_box, [SLEEPS, QUICK])
    workers = [*single_box.sandbox._executors, *single_box.sandbox._spare_executors]
    zygotes = [executor.zygote for executor in workers if executor.zygote.session is not None]
    sessions = [zygote.session for zygote in zygotes]
    assert len(sessions) == 2
    assert all(zygote.pid for zygote in zygotes)
    single_box.sandbox.close()
    assert all(zygote.session is None and not children(zygote) for zygote in zygotes)
    assert not [session for session in sessions if Path(f"/proc/{session}").exists()]


def test_a_session_whose_priority_could_not_be_restored_is_restored_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel lets those who are not root change one ten times a second (``proc_sched_autogroup_set_nice``)."""
    refusals = iter([False, True, False])
    written: list[str] = []

    def write(_: Path, text: str) -> int:
        if next(refusals):
            raise BlockingIOError
        written.append(text)
        return len(text)

    monkeypatch.setattr(Path, "write_text", write)
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            end = time.monotonic() + 20
            while (cpu_seconds(busy.pid) or 0.0) < SLOW_AFTER_S and time.monotonic() < end:
                time.sleep(0.01)
            monkeypatch.setattr(PriorityControl, "_solutions", lambda _: [busy.pid])
            priority = PriorityControl(os.getpid(), None, lambda: True)
            priority.check()
            assert written == ["10"]
            assert not priority.end()
            assert priority.end()
            assert written == ["10", "0"]
        finally:
            busy.kill()
