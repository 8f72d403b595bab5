"""On Lambda the sandbox starts and rehearses in the init phase, and whatever goes wrong there is told by the events."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from grader.core import warm_start
from grader.core.warm_start import INITIALIZATION_TYPE, SharedHandler, init_time_left_s
from grader.handler import Handler
from tests.end_to_end.runtime_api import RuntimeApi
from tests.end_to_end.serving import RIGHT, clean_environ, descendants, sample, serving
from tests.grader.lambda_api.aws_rules import check_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RUNTIME_API = "AWS_LAMBDA_RUNTIME_API"


@contextmanager
def initialized(**environ: str) -> Iterator[tuple[RuntimeApi, int, bytearray]]:
    """The entry point behind a Runtime API, not waited for; its pid, and where its output goes at the end."""
    api, output = RuntimeApi(), bytearray()
    variables = {RUNTIME_API: api.address, "AWS_LAMBDA_FUNCTION_NAME": "grader", "GRADER_WORKERS": "2"} | environ
    try:
        with serving(variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            yield api, process.pid, output
            process.kill()
            assert process.stdout is not None
            output += process.stdout.read()
            process.stdout.close()
    finally:
        api.close()


def check_right(api: RuntimeApi, *, count: int = 2) -> float:
    """Have right answers graded; the seconds that took."""
    event = [sample(f"{n}", RIGHT.replace("a + b", f"{n} + a + b - {n}")) for n in range(count)]
    outcome = api.invoke(event, timeout_s=60)
    assert outcome.kind == "response", outcome.body
    check_results(outcome.body, [one["id"] for one in event])
    assert all(result["aggregate_reward_score"] > 0.9 for result in outcome.body), outcome.body
    return outcome.after_s


def zygotes(pid: int) -> set[int]:
    """The sandbox's processes that have the same parent as long as the grader lives."""
    return {child for child in descendants(pid) if b"zygote" in _command_line(child)}


def _command_line(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_the_first_event_finds_every_process_there() -> None:
    with initialized() as (api, pid, output):
        assert api.ready.wait(30)
        before = zygotes(pid)
        assert len(before) >= 3, "two executors and the analyzers"
        check_right(api)
        assert zygotes(pid) == before
    assert output.count(b'"event":"batch"') == 1, "the rehearsal is no batch"
    assert output.count(b'"event":"sample"') == 2
    assert b"rehears" not in output


@pytest.mark.alone
def test_the_first_event_takes_no_longer_than_the_next_ones() -> None:
    with initialized() as (api, _, _):
        assert api.ready.wait(30)
        first = check_right(api)
        later = sorted(check_right(api) for _ in range(5))[2]
    assert first < 4 * later + 0.05, (first, later)


def send(processes: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes, of which some may end as soon as others go on."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


@pytest.mark.parametrize("after_s", [0.1, 0.25, 0.5, 5.0], ids=lambda after_s: f"after {after_s} s")
def test_an_environment_that_is_frozen_answers_when_it_is_thawed(after_s: float) -> None:
    """Lambda freezes every process at once: after the init phase, and on a proactive start at any time later."""
    with initialized() as (api, pid, _):
        api.ready.wait(after_s)
        for _ in range(2):
            send((pid, *descendants(pid)), signal.SIGSTOP)
        time.sleep(3.5)
        send((*descendants(pid), pid), signal.SIGCONT)
        check_right(api)
        check_right(api)


def test_a_rehearsal_that_fails_is_told_by_the_events_and_by_them_alone() -> None:
    with initialized(GRADER_ISOLATION="rlimit", GRADER_REQUIRE_ISOLATION="seccomp") as (api, _, output):
        assert api.ready.wait(30)
        for _ in range(2):
            outcome = api.invoke([sample("1", RIGHT)], timeout_s=60)
            assert outcome.kind == "error"
            assert "isolation seccomp is demanded" in outcome.body["errorMessage"]
    assert output.count(b"the rehearsal failed: isolation seccomp is demanded") == 1


def test_wrong_settings_do_not_fail_the_import() -> None:
    with initialized(GRADER_WORKERS="many") as (api, _, _):
        assert api.ready.wait(30)
        outcome = api.invoke([sample("1", RIGHT)], timeout_s=60)
        assert (outcome.kind, outcome.body["errorType"]) == ("error", "ConfigError")


def test_where_the_time_runs_out_it_goes_on_at_the_first_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_start, "init_time_left_s", lambda _: 0.0)
    shared = SharedHandler(lambda: Handler({"GRADER_WORKERS": "1"}))
    started = time.monotonic()
    shared.start_early({RUNTIME_API: "127.0.0.1:9001"})
    early = time.monotonic() - started
    try:
        (result,) = shared.get().handle([sample("1", RIGHT)], None)
    finally:
        shared.get().close()
    assert result["aggregate_reward_score"] > 0.9
    assert early < time.monotonic() - started


@pytest.mark.parametrize(
    ("kind", "age_s", "left_s"),
    [
        ("on-demand", 0.5, 7.0), ("on-demand", 8.0, 0.0), (None, 0.5, 7.0), ("lambda-managed-instances", 1.5, 6.0),
        ("provisioned-concurrency", 10.0, 117.5), ("on-demand", None, 7.5),
    ],
)  # fmt: skip
def test_the_time_that_is_left(
    monkeypatch: pytest.MonkeyPatch, kind: str | None, age_s: float | None, left_s: float
) -> None:
    monkeypatch.setattr(warm_start, "age_seconds", lambda _: age_s)
    assert init_time_left_s({} if kind is None else {INITIALIZATION_TYPE: kind}) == left_s


def test_the_age_of_a_process_counts_from_its_fork() -> None:
    program = "import os, sys; os.execv(sys.executable, [sys.executable, '-c', sys.argv[1]])"
    tell = "import os; from sandbox.wire.procfs import age_seconds; print(age_seconds(os.getpid()))"
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", f"import time; time.sleep(0.5); {program}", tell],
        env=clean_environ(), capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert 0.45 <= float(ended.stdout) <= time.monotonic() - started + 0.1


def test_elsewhere_nothing_starts_at_the_import() -> None:
    program = "import subprocess; subprocess.Popen = None; import grader.handler, grader.rollout"
    environ = {name: value for name, value in clean_environ().items() if name not in {RUNTIME_API, INITIALIZATION_TYPE}}
    ended: Any = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("environ", "loaded"),
    [
        ({}, False), ({"GRADER_CREDENTIALS": "drop"}, False), ({"GRADER_CREDENTIALS": "keep"}, True),
        ({"GRADER_JUDGE_MODEL": "a-model"}, True),
    ],
)  # fmt: skip
def test_the_aws_client_is_loaded_early_where_it_will_be_used(environ: dict[str, str], loaded: bool) -> None:
    program = (
        "import os, sys\n"
        "from grader.handler import Handler\n"
        "handler = Handler(os.environ)\n"
        "handler.rehearse()\n"
        "handler.close()\n"
        "print('botocore.client' in sys.modules)"
    )
    variables = {"GRADER_WORKERS": "1", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=clean_environ() | variables | environ, capture_output=True, check=True
    )
    assert ended.stdout.split() == [str(loaded).encode()]
