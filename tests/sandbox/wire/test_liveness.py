"""Processes that are stopped and never continued, or that never come to an end: noticed without any deadline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import sandbox.scheduler.analyzer as analyzer_module
import sandbox.wire.liveness as liveness_module
from sandbox.errors import ProcessLostError, ProcessSpentError, SandboxError
from sandbox.processes.harness.time_limits import CheckResult, TimeLimits
from sandbox.types import AnalysisRequest, AnalysisStatus, ExecutionStatus
from sandbox.wire.liveness import Liveness
from sandbox.wire.procfs import process_state
from testcases.model import AssertTest, CallTest, Problem, StdinTest
from tests.sandbox.conftest import SHORT, Box, processes
from tests.sandbox.scheduler.test_fault_recovery import (
    ASSERTION,
    CALL,
    RIGHT,
    beside,
    pid_of,
    source_for,
    strike,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable


FINE = '"""Add."""\n\n\ndef f(a, b):\n    """Add."""\n    return a + b\n'
UGLY = "def f( a,b ):\n  return [ a+b for x in range( 3 ) ]\n\n"


# Checks


def keep_checking(liveness: Liveness) -> None:
    while True:
        time.sleep(liveness.pause_s / 10)
        liveness.check()


def checks(liveness: Liveness, maximum: int) -> int:
    """Number of checks after which the process counts as lost; 0 if that is more than the maximum."""
    for count in range(1, maximum + 1):
        try:
            liveness.check()
        except ProcessLostError:
            return count
    return 0


def test_a_stopped_process_is_lost_at_the_second_check(sleeper: int) -> None:
    os.kill(sleeper, signal.SIGSTOP)
    while process_state(sleeper) != "T":
        time.sleep(0.01)
    assert checks(Liveness(sleeper), 9) == 2


def test_a_process_that_is_continued_between_two_checks_is_not_lost(sleeper: int) -> None:
    liveness = Liveness(sleeper)
    for number in (signal.SIGSTOP, signal.SIGCONT) * 3:
        os.kill(sleeper, number)
        while (process_state(sleeper) == "T") != (number is signal.SIGSTOP):
            time.sleep(0.01)
        liveness.check()


def test_a_process_that_stays_idle_is_lost_in_the_end(sleeper: int) -> None:
    assert checks(Liveness(sleeper), 99) == 1 + liveness_module._IDLE_CHECKS


def test_a_dead_process_is_lost() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
        assert checks(Liveness(process.pid), 9) == 2


def test_a_hidden_process_is_not_lost(sleeper: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness_module, "process_state", lambda _: "")
    assert checks(Liveness(sleeper), 99) == 0
    assert checks(Liveness(lambda: None), 99) == 0


def test_a_running_process_is_never_lost() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            assert checks(Liveness(process.pid), 5 * liveness_module._IDLE_CHECKS) == 0
        finally:
            process.kill()


def test_a_process_that_has_used_up_its_cpu_seconds_is_spent() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            liveness = Liveness(process.pid, cpu_s=0.1)
            with pytest.raises(ProcessSpentError):
                keep_checking(liveness)
        finally:
            process.kill()


def test_a_stopped_process_is_not_taken_for_a_request_over_its_limit(sleeper: int) -> None:
    watch = TimeLimits(SimpleNamespace(pid=sleeper), cpu_s=9.0, wall_s=0.05, cpu_start_s=0.0)
    time.sleep(0.06)
    assert watch.check() is CheckResult.EXCEEDED
    os.kill(sleeper, signal.SIGSTOP)
    while process_state(sleeper) != "T":
        time.sleep(0.01)
    assert watch.check() is CheckResult.STOPPED


# Stopped and never continued


@pytest.mark.parametrize("problem", [CALL, ASSERTION], ids=["call", "assertion"])
@pytest.mark.parametrize("role", ["zygote", "small zygote", "harness", "solution"])
def test_a_process_that_is_stopped_at_work_is_replaced(
    make_box: Callable[..., Box], role: str, problem: Problem
) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors
    session = executor.zygote.session
    with beside(lambda over: strike(executor, role, signal.SIGSTOP, over, after_s=0.1)):
        (execution,) = box.execute([box.job(problem, source_for(role, 0.6))])
    assert verdict(execution) == "passed", execution
    assert "T" not in processes(session).values()
    assert "T" not in processes(executor.zygote.session).values()


@pytest.mark.parametrize("role", ["zygote", "small zygote", "harness"])
def test_a_process_that_is_stopped_while_idle_is_replaced(make_box: Callable[..., Box], role: str) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors
    assert strike(executor, role, signal.SIGSTOP, Event())
    for problem in (CALL, Problem((AssertTest("import os\nassert f() == 42"),), entry_point="f")):
        assert box.see(problem, source_for(role, 0.0)).verdict == "passed"


@pytest.mark.parametrize("who", ["analyzer", "zygote"])
def test_a_stopped_analyzer_is_replaced(make_box: Callable[..., Box], who: str) -> None:
    box = make_box(workers=1)
    before = box.analyze(UGLY)
    zygote = box.sandbox._analyzer_zygote.pid
    (analyzer,) = set(processes(zygote)) - {zygote}
    if who == "zygote":
        os.kill(analyzer, signal.SIGKILL)
    os.kill(analyzer if who == "analyzer" else zygote, signal.SIGSTOP)
    assert box.analyze(UGLY) == before


@pytest.mark.parametrize(
    ("number", "blame"), [(signal.SIGSTOP, {"timeout"}), (signal.SIGKILL, {"memory"})], ids=["stopped", "killed"]
)
def test_an_answer_that_is_struck_twice_is_blamed(
    make_box: Callable[..., Box], number: signal.Signals, blame: set[str]
) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors
    struck: set[int] = set()

    def rage(over: Event) -> None:
        while not over.wait(0.002):
            pid = pid_of(executor, "solution")
            if pid is not None and pid not in struck:
                struck.add(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    with beside(rage):
        assert box.call(RIGHT.format(60), wall_s=100.0).verdict in blame
    assert len(struck) == 2


# Killed from outside while style is measured


def style_of(box: Box, source: str, strikes: int) -> list[Any]:
    """Analysis and style of a source whose analyzer is killed so many times after it has sent the analysis."""
    struck: list[int] = []

    async def one() -> list[Any]:
        reading = box.sandbox.analyze(AnalysisRequest(source, "f"), deadline=time.monotonic() + 100)
        analysis = await reading.analysis
        try:
            return [analysis.status, await reading.style]
        except SandboxError as error:
            return [analysis.status, str(error)]

    real = analyzer_module._reply

    async def reply(analyzer: Any, deadline: float, cpu_s: float) -> bytes:
        strike = cpu_s == analyzer_module._STYLE_CPU_S and len(struck) < strikes
        if strike:
            struck.append(analyzer.inner_pid)
            os.kill(analyzer.inner_pid, signal.SIGKILL)
        message = await real(analyzer, deadline, cpu_s)
        if strike:
            raise ProcessLostError("it had replied before it was killed")
        return message

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analyzer_module, "_reply", reply)
        (result,) = box.sandbox.run([one()])
    assert len(struck) == min(strikes, 2)
    return result


def test_style_is_measured_again_when_the_analyzer_is_killed(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    ((_, style),) = box.analyze(UGLY)
    assert style is not None
    assert style_of(box, UGLY, strikes=1) == [AnalysisStatus.OK, style]


def test_style_that_is_lost_twice_is_not_known_rather_than_bad(make_box: Callable[..., Box]) -> None:
    status, error = style_of(make_box(workers=1), UGLY, strikes=2)
    assert status is AnalysisStatus.OK
    assert "style is not known" in error


def test_a_source_whose_analyzers_are_killed_from_outside_is_not_blamed(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    box.analyze(FINE)
    zygote = box.sandbox._analyzer_zygote.pid

    def rage(over: Event) -> None:
        while not over.wait(0.001):
            for pid in set(processes(zygote)) - {zygote}:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    with beside(rage), suppress(SandboxError):  # raised when only its style is not known
        ((analysis, _),) = box.analyze(FINE)
        assert analysis.status in {AnalysisStatus.INTERNAL, AnalysisStatus.OK}
    assert box.analyze(FINE)[0][0].status is AnalysisStatus.OK


# What takes for ever without being stopped


@pytest.mark.parametrize("fresh", [True, False])
def test_test_code_that_cannot_be_interrupted_ends_with_its_process(
    make_box: Callable[..., Box], *, fresh: bool
) -> None:
    box = make_box(workers=1)
    endless = Problem((AssertTest("sum(range(f()))"),), entry_point="f")
    limits = replace(SHORT, total_cpu_s=0.5, spare_cpu_s=0.2)
    (execution,) = box.execute([box.job(endless, "def f():\n    return 10**15", limits, fresh=fresh)])
    assert execution.status is ExecutionStatus.EXHAUSTED
    assert execution.detail == "the tests ran too long on what the answer returned"
    assert box.call("def f():\n    return 42").verdict == "passed"


SLEEP = "import time\ndef f():\n    time.sleep(0.3)\n    return 42"


def test_sleep_in_every_call_has_a_budget(box: Box) -> None:
    seen = box.call(SLEEP, times=40, cpu_s=0.5, total_cpu_s=0.5, wall_s=0.5)
    count = seen.verdicts.count("passed")
    assert 1 <= count <= 20
    assert seen.verdicts[count] == "timeout"
    assert set(seen.verdicts[count + 1 :]) == {"not_run"}


def test_sleep_in_every_run_of_a_program_has_a_budget(box: Box) -> None:
    problem = Problem((StdinTest("", "42\n"),) * 40)
    seen = box.see(problem, "import time\ntime.sleep(0.3)\nprint(42)", cpu_s=0.5, total_cpu_s=0.5, wall_s=0.5)
    count = seen.verdicts.count("passed")
    assert 1 <= count <= 20
    assert seen.verdicts[count] == "timeout"
    assert set(seen.verdicts[count + 1 :]) == {"not_run"}


def test_sleeping_within_the_budget_passes_every_test(box: Box) -> None:
    problem = Problem((CallTest((), 42),) * 5, entry_point="f")
    assert set(box.see(problem, SLEEP, cpu_s=0.5, total_cpu_s=2.0, wall_s=20.0).verdicts) == {"passed"}
