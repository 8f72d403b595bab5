"""Expected values and secrets: a solution process neither holds nor reaches any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from testcases.model import AssertTest, CallTest, CheckTest, Problem
from tests.sandbox.conftest import watch_a_solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Box

CANARY = "canary-7361-in-the-coal-mine"


def times_in_memory(pid: int) -> int | None:
    """Count the canary in the memory that a process can read of itself (proc(5), ``/proc/PID/maps``)."""
    count = 0
    try:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
                span, rights, *_ = line.split()
                start, end = (int(place, 16) for place in span.split("-"))
                if rights.startswith("r") and not line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                    memory.seek(start)
                    count += memory.read(end - start).count(CANARY.encode())
    except PermissionError:
        return None
    return count


def search(box: Box, problem: Problem) -> int:
    found = watch_a_solution(box, times_in_memory, problem)
    if found is None:
        pytest.skip("this user may not read the memory of the processes it starts")
    assert type(found) is int
    return found


@pytest.mark.parametrize(
    "secret",
    [
        Problem((CallTest((), CANARY),), entry_point="f"),
        Problem((CallTest((), 1, alternatives=(CANARY,)), CallTest((), [CANARY])), entry_point="f"),
        Problem((AssertTest(f"assert f() == {CANARY!r}"),), entry_point="f"),
        Problem((CheckTest(f"def check(g):\n    assert g() == {CANARY!r}\n"),), entry_point="f"),
        Problem((CallTest((), 1),), entry_point="f", setup=f"secret = {CANARY!r}"),
    ],
    ids=["call", "alternatives", "assertion", "check", "setup"],
)
def test_expected_values_are_nowhere_in_the_memory_of_the_answers_process(single_box: Box, secret: Problem) -> None:
    assert search(single_box, secret) == 0


def test_a_value_that_is_in_memory_is_found(single_box: Box) -> None:
    assert search(single_box, Problem((CallTest(({"deep": [CANARY]},), 42),), entry_point="f")) > 0


READ = """
    import os

    def files():
        for path in ("environ", "cmdline", "mem", "maps", "fd", "fdinfo/3", "task", "root/etc/passwd"):
            for pid in ("self", os.getppid(), os.getpid() - 1, os.getpid() + 1, 1):
                try:
                    with open(f"/proc/{pid}/{path}", "rb") as file:
                        yield file.read(1 << 20)
                except OSError:
                    pass
        for number in range(64):
            try:
                os.lseek(number, 0, 0)
            except OSError:
                pass
            try:
                if number != 3 and not os.get_blocking(number) or number == 0:
                    yield os.read(number, 1 << 20)
            except OSError:
                pass

    def f():
        return [data for data in files() if data]
"""


def test_no_file_and_no_descriptor_can_be_read(box: Box) -> None:
    assert box.call(READ, expected=[]).verdict == "passed"


def test_the_environment_holds_no_secrets(make_box: Callable[..., Box], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_LAMBDA_RUNTIME_API", "PYTHONPATH", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, CANARY)
    show = """
        import json, os, sys

        def f():
            print(json.dumps([dict(os.environ), sys.argv, os.getcwd(), "canary" in str(sys.orig_argv)]))
    """
    environ, argv, directory, is_in_argv = json.loads(make_box(workers=1).call(show).output)
    assert set(environ) <= {
        "PYTHONHASHSEED",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "HOME",
        "PATH",
        "MALLOC_ARENA_MAX",
        "LD_BIND_NOW",
    }
    assert CANARY not in str(environ)
    assert not is_in_argv
    assert argv == ["solution.py"]
    assert directory == "/run"
