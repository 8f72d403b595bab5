"""The image's entry point behind the real runtime client: what the environment it was started with is seen by."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.runtime_api import RuntimeApi
from tests.end_to_end.serving import RIGHT, clean_environ, descendants, initial_environ, sample, serving
from tests.grader.lambda_api.aws_rules import check_results

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "CANARY"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": f"{CANARY}-key",
    "AWS_SECRET_ACCESS_KEY": f"{CANARY}-secret",
    "AWS_SESSION_TOKEN": f"{CANARY}-token",
}
HANDED_OVER = CREDENTIALS | {
    "AWS_LAMBDA_FUNCTION_NAME": "grader",
    "GRADER_POLICY": "off",
    "HOME": f"/tmp/{CANARY}-home",
    "OWN_SECRET": f"{CANARY}-öwn = with\nmore lines",
}
STARTED_WITH = ("LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
PEEK = "tests.end_to_end.peeking.peek"


@contextmanager
def lambda_like(handler: str = PEEK, **environ: str) -> Iterator[tuple[RuntimeApi, subprocess.Popen[bytes]]]:
    """The entry point with canaries in its environment, and the Runtime API at its other end."""
    api = RuntimeApi()
    variables = HANDED_OVER | {"AWS_LAMBDA_RUNTIME_API": api.address} | environ
    try:
        with serving(variables, handler, stdout=subprocess.DEVNULL) as process:
            yield api, process
    finally:
        api.close()


@pytest.fixture(scope="module")
def seen() -> Iterator[dict[str, Any]]:
    """The view of a handler behind the entry point."""
    with lambda_like() as (api, process):
        outcome = api.invoke({"hello": 1}, timeout_s=60)
        assert outcome.kind == "response"
        yield outcome.body | {"started_as": process.pid}


def test_the_handler_reads_every_variable(seen: dict[str, Any]) -> None:
    assert HANDED_OVER.items() <= seen["environ"].items()
    assert seen["environ"]["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
    assert seen["event"] == {"hello": 1}


def test_a_program_it_starts_inherits_none_of_them(seen: dict[str, Any]) -> None:
    inherited = seen["inherited"]
    assert inherited["PYTHONPATH"]
    assert {name for name in inherited if name not in STARTED_WITH and not name.startswith("PYTHON")} <= {
        "_X_AMZN_TRACE_ID"
    }
    assert CANARY not in json.dumps(inherited)


def test_nothing_of_the_hand_over_is_left_open(seen: dict[str, Any]) -> None:
    assert seen["pid"] == seen["started_as"]  # replaced, not forked
    assert not seen["pipes"]


def test_what_the_process_was_started_with_holds_none_of_them() -> None:
    with lambda_like() as (api, process):
        api.invoke({}, timeout_s=60)
        try:
            initial = initial_environ(process.pid)
        except PermissionError:  # a user who may not read the interpreter may not read its processes
            assert not os.access(Path(sys.executable).resolve(), os.R_OK)
            return
        assert initial
        assert all(name in STARTED_WITH or name.startswith("PYTHON") for name in initial)
        assert CANARY not in str(initial)
        assert api.address not in str(initial)


def test_credentials_are_dropped_when_a_setting_says_so() -> None:
    with lambda_like(GRADER_CREDENTIALS="drop") as (api, _):
        environ = api.invoke({}, timeout_s=60).body["environ"]
    assert not CREDENTIALS.keys() & environ.keys()
    assert environ["OWN_SECRET"] == HANDED_OVER["OWN_SECRET"]


def test_wrong_settings_are_told_to_the_caller_and_leave_no_credentials() -> None:
    with lambda_like("grader.handler.lambda_handler", GRADER_CREDENTIAL="drop") as (api, _):
        outcome = api.invoke([sample("1", RIGHT)], timeout_s=60)
        assert (outcome.kind, outcome.body["errorType"]) == ("error", "ConfigError")
        assert "GRADER_CREDENTIALS" in outcome.body["errorMessage"]
    with lambda_like(GRADER_CREDENTIAL="drop") as (api, _):
        assert not CREDENTIALS.keys() & api.invoke({}, timeout_s=60).body["environ"].keys()


def test_an_environment_of_many_kilobytes_crosses_whole() -> None:
    many = {f"MANY_{number}": "x" * 20_000 for number in range(20)}
    with lambda_like(**many) as (api, _):
        assert many.items() <= api.invoke({}, timeout_s=60).body["environ"].items()


def test_an_environment_too_large_to_hand_over_is_one_line() -> None:
    many = {f"MANY_{number}": "x" * 100_000 for number in range(12)}
    ended = subprocess.run(
        [sys.executable, "-m", "grader.runtime"],
        check=False,
        env=clean_environ() | many,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("grader: the environment is too large")
    assert ended.stderr.count("\n") == 1


LOOK = """
    import os
    import sys
    import time

    MARK = "CAN" + "ARY"
    PIDS = ["self", "1", *range(os.getpid() - 40, os.getpid() + 5)]

    def look():
        found = [f"environ {name}" for name, value in os.environ.items() if MARK in name + value]
        found += [f"argv {word}" for word in (*sys.argv, *sys.orig_argv) if MARK in word]
        found += [f"file {path}" for path in paths() if opens(path)]
        return found

    def paths():
        yield from ("/tmp", ".", "/dev/shm", "/proc")
        for pid in PIDS:
            yield from (f"/proc/{pid}/{name}" for name in ("environ", "cmdline", "mem", "maps", "fd", "fd/3", "root"))

    def opens(path):
        for way in (open, os.listdir):
            try:
                if way(path):  # folders in memory are there, and empty
                    return True
            except OSError:
                pass
        return False

    def descriptors():
        return [number for number in range(1024) if is_open(number)]

    def is_open(number):
        try:
            os.fstat(number)
        except OSError:
            return False
        return True

    def variables():
        return sorted(os.environ)

    def wait():
        time.sleep(4)
"""
"""An answer that looks for canaries wherever it can, and then stays for a while to be looked at."""


def test_a_solution_sees_no_secret_no_other_sample_and_no_test() -> None:
    look = f"```python\n{textwrap.dedent(LOOK)}```"
    zygotes = ["HOME", "LC_ALL", "LD_BIND_NOW", "MALLOC_ARENA_MAX", "PATH", "PYTHONHASHSEED", "TZ"]
    tests = [
        {"assert": "assert look() == []"},
        {"assert": "assert descriptors() == [0, 1, 2, 3]"},
        {"assert": f"assert variables() == {zygotes}"},
        {"assert": f"wait(); assert '{CANARY}-own-test'"},
    ]
    other = {"entry_point": "f", "tests": [{"args": [f"{CANARY}-argument"], "expected": f"{CANARY}-expected"}]}
    others = [
        sample(f"{CANARY}-{n}", f"```python\ndef f(x):\n    return '{CANARY}-answer-{n}'\n```", other) for n in range(4)
    ]
    with lambda_like("grader.handler.lambda_handler") as (api, process):
        api.invoke(others, timeout_s=60)
        outcomes: list[Any] = []
        event = [*others, sample("look", look, {"entry_point": "look", "tests": tests, "prompt": "Look."})]
        asking = threading.Thread(target=lambda: outcomes.append(api.invoke(event, timeout_s=60)))
        asking.start()
        if _may_look_into_others():
            solution = _wait_for_solution(process.pid)
            words = ("secret", "token", "home", "argument", "expected", "answer-1", "own-test")
            secrets = [f"{CANARY}-{word}" for word in words] + [api.address, *api.running]
            assert _found(solution, secrets, "environ", "cmdline", "mem") == []
            assert _found(process.pid, secrets, "mem") == secrets  # where they are, the same look finds them
        asking.join()
    check_results(outcomes[0].body, [one["id"] for one in event])
    metrics = {metric["name"]: metric["value"] for metric in outcomes[0].body[-1]["metrics_list"]}
    assert (metrics["tests_passed"], metrics["tests_total"]) == (4, 4)


def _may_look_into_others() -> bool:
    """Return True if this process has the capability CAP_SYS_PTRACE, number 19 (capabilities(7))."""
    status = Path("/proc/self/status").read_text()
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) >> 19 & 1)


def _wait_for_solution(pid: int) -> int:
    """The solution process that has stayed for a second: it may open no descriptor, and what it writes is kept."""
    since: dict[int, float] = {}
    while True:
        time.sleep(0.05)
        now = time.monotonic()
        since = {child: since.get(child, now) for child in descendants(pid) if _is_solution(child)}
        for child, start in since.items():
            if now - start > 1:
                return child


def _is_solution(pid: int) -> bool:
    try:
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        output = Path(f"/proc/{pid}/fd/1").readlink()
    except OSError:
        return False
    return ["0", "0"] in [line.split()[3:5] for line in limits] and str(output) != os.devnull


def _found(pid: int, secrets: list[str], *files: str) -> list[str]:
    """Return the secrets that are in these files of ``/proc/PID``."""
    content = b"".join(_memory(pid) if file == "mem" else Path(f"/proc/{pid}/{file}").read_bytes() for file in files)
    assert content
    return [secret for secret in secrets if secret.encode() in content]


def _memory(pid: int) -> bytes:
    """Everything the process could write to, so all that it has made or been given (proc(5), ``maps``, ``mem``)."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            where, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(number, 16) for number in where.split("-"))
                memory.seek(start)
                found.append(memory.read(end - start))
    return b"".join(found)


REAP = """
    import os, signal, sys, time
    served = os.fork()
    if served == 0:
        while b"reaper" not in open(f"/proc/{{os.getppid()}}/cmdline", "rb").read():
            time.sleep(0.01)
        time.sleep(0.3)
        {end}
    os.execv(sys.executable, [sys.executable, "-m", "grader.runtime.reaper", str(served)])
"""


@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param("os._exit(0)", 0, id="ends"),
        pytest.param("os._exit(7)", 7, id="fails"),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", 137, id="killed"),
        pytest.param("os.kill(os.getppid(), signal.SIGTERM); signal.pause()", 143, id="terminated"),
    ],
)
def test_the_reaper_ends_as_what_it_waits_for(end: str, code: int) -> None:
    program = textwrap.dedent(REAP.format(end=end))
    ended = subprocess.run([sys.executable, "-c", program], check=False, env=clean_environ(), timeout=60)
    assert ended.returncode == code
