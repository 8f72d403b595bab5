"""The reply that a solution process's exit stands for."""

from __future__ import annotations

import signal

import pytest

from sandbox.isolation import audit
from sandbox.processes.harness.solution_process import reply_for_exit
from sandbox.wire.replies import SolutionStatus
from sandbox.wire.zygote_protocol import ExitInfo

_LIMIT_S = 5


def _status(signal_or_code: signal.Signals | int) -> int:
    return int(signal_or_code) if isinstance(signal_or_code, signal.Signals) else signal_or_code << 8


@pytest.mark.parametrize(
    ("ended_by", "cpu_s", "had_closed", "status"),
    [
        (0, 1, False, SolutionStatus.EXITED),
        (3, 1, True, SolutionStatus.EXITED),
        (audit.EXIT_CODE, 1, False, SolutionStatus.POLICY),
        (signal.SIGXCPU, 5, False, SolutionStatus.TIMEOUT),
        (signal.SIGKILL, 5, False, SolutionStatus.TIMEOUT),
        (signal.SIGKILL, 4.95, True, SolutionStatus.TIMEOUT),
        (signal.SIGKILL, 4, True, SolutionStatus.CRASHED),
        (signal.SIGKILL, 4, False, SolutionStatus.MEMORY),
        (signal.SIGSEGV, 1, False, SolutionStatus.CRASHED),
        (signal.SIGRTMIN, 1, True, SolutionStatus.CRASHED),
    ],
)
def test_an_exit_has_one_meaning(
    *, ended_by: signal.Signals | int, cpu_s: float, had_closed: bool, status: SolutionStatus
) -> None:
    exit_info = ExitInfo(pid=2, status=_status(ended_by), cpu_s=cpu_s, peak_mb=20)

    assert reply_for_exit(exit_info, cpu_limit_s=_LIMIT_S, had_closed=had_closed).status is status


def test_the_exit_code_is_reported() -> None:
    reply = reply_for_exit(ExitInfo(2, _status(3), 0.1, 20), cpu_limit_s=_LIMIT_S, had_closed=False)

    assert reply.value == 3
    assert reply.detail == "ended its own process with code 3"


def test_a_signal_without_a_name_is_reported_by_its_number() -> None:
    reply = reply_for_exit(ExitInfo(2, 126, 0.1, 20), cpu_limit_s=_LIMIT_S, had_closed=False)

    assert reply.detail == "killed by signal 126"
