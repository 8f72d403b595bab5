"""What is read of processes: of those that are gone, that have odd names, and that another thread has forked."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.wire import procfs
from sandbox.wire.procfs import (
    all_pids,
    children,
    cpu_seconds,
    find_child,
    message_queue_limit,
    process_exists,
    process_state,
    queued_seconds,
    read_stat,
)
from tests.sandbox.conftest import host_pid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.conftest import Box


@pytest.fixture
def gone() -> int:
    """The pid of a process that has ended and was waited for."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_nothing_is_known_of_a_process_that_is_gone(gone: int) -> None:
    assert read_stat(gone) is None
    assert process_state(gone) == ""
    assert not process_exists(gone)
    assert cpu_seconds(gone) is None
    assert queued_seconds(gone) is None
    assert message_queue_limit(gone) is None
    assert children(gone) == []
    assert gone not in all_pids()


def test_a_zombie_is_exiting_and_exists_until_it_is_waited_for() -> None:
    with subprocess.Popen(["true"]) as process:
        while process_state(process.pid) != "Z":
            time.sleep(0.01)
        stat = read_stat(process.pid)
        assert stat is not None
        assert (stat.parent, stat.is_exiting) == (os.getpid(), True)
        assert process_exists(process.pid)


@pytest.mark.parametrize("name", ["sleep 1) Z 1 1 1", "(((", ")", "a b\nc"])
def test_a_process_cannot_fake_its_state_by_its_name(name: str, tmp_path: Path) -> None:
    program = tmp_path / name
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "1000"], executable=program, start_new_session=True) as process:
        while process_state(process.pid) != "S":
            time.sleep(0.01)
        assert read_stat(process.pid) == ("S", os.getpid(), process.pid, False)
        process.kill()


def test_a_limit_on_message_queues_is_read_where_there_is_one(sleeper: int) -> None:
    hard = resource.prlimit(sleeper, resource.RLIMIT_MSGQUEUE)[1]
    assert message_queue_limit(sleeper) == (None if hard == resource.RLIM_INFINITY else hard)
    resource.prlimit(sleeper, resource.RLIMIT_MSGQUEUE, (4096, 4096))
    assert message_queue_limit(sleeper) == 4096


def test_children_are_listed_for_the_first_thread(sleeper: int) -> None:
    assert sleeper in children(os.getpid())
    assert children(sleeper) == []


# Finding a child by its name in its own pid namespace


@pytest.fixture
def no_list_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def guarded(real: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def list_it(path: Any = ".") -> Any:
            assert str(path).rstrip("/") != "/proc", "all processes were listed"
            return real(path)

        return list_it

    for name in ("scandir", "listdir"):
        monkeypatch.setattr(os, name, guarded(getattr(os, name)))


@pytest.fixture
def no_list_of_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a kernel without ``CONFIG_PROC_CHILDREN``."""
    real = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        if path.name == "children":
            raise FileNotFoundError(path)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)


FORKS_IN_A_THREAD = """
import subprocess, sys, threading
def fork():
    print(subprocess.Popen(["sleep", "1000"]).pid, flush=True)
    {then}
threading.Thread(target=fork).start()
sys.stdin.read()
"""


@pytest.fixture(params=["threading.Event().wait()", "pass"], ids=["thread-lives", "thread-ended"])
def forked_in_a_thread(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """A process and its child, which a thread other than the first one has forked."""
    command = [sys.executable, "-c", FORKS_IN_A_THREAD.format(then=request.param)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        yield process.pid, child
        os.kill(child, signal.SIGKILL)
        process.kill()


@pytest.mark.usefixtures("no_list_of_everything")
def test_a_child_is_found_among_many_without_a_list_of_all_processes(sleeper: int) -> None:
    with ExitStack() as stack:
        siblings = [stack.enter_context(subprocess.Popen(["sleep", "1000"])) for _ in range(20)]
        assert find_child(siblings[-1].pid, os.getpid()) == siblings[-1].pid
        assert find_child(sleeper, os.getpid()) == sleeper
        for sibling in siblings:
            sibling.kill()


@pytest.mark.usefixtures("no_list_of_everything")
def test_a_child_that_another_thread_forked_is_found(forked_in_a_thread: tuple[int, int]) -> None:
    parent, child = forked_in_a_thread
    assert find_child(child, parent) == child


@pytest.mark.usefixtures("no_list_of_children")
def test_a_child_is_found_where_the_kernel_lists_no_children(sleeper: int, forked_in_a_thread: tuple[int, int]) -> None:
    parent, child = forked_in_a_thread
    assert find_child(sleeper, os.getpid()) == sleeper
    assert find_child(child, parent) == child


def test_a_child_that_its_list_leaves_out_is_found(sleeper: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procfs, "_children_of_all_threads", lambda _: [os.getpid()])
    assert find_child(sleeper, os.getpid()) == sleeper


@pytest.mark.parametrize("lists", ["with-lists", "no_list_of_children"])
def test_no_other_process_and_no_dead_child_is_found(sleeper: int, lists: str, request: pytest.FixtureRequest) -> None:
    if lists == "no_list_of_children":
        request.getfixturevalue(lists)
    assert find_child(os.getpid(), os.getpid()) is None
    assert find_child(sleeper, os.getppid()) is None
    with subprocess.Popen(["true"]) as process:
        while process_state(process.pid) != "Z":
            time.sleep(0.01)
        assert find_child(process.pid, os.getpid()) == process.pid
        process.wait()
        assert find_child(process.pid, os.getpid()) is None
        assert find_child(1, process.pid) is None


@pytest.mark.parametrize("lists", ["no_list_of_everything", "no_list_of_children"])
def test_a_process_is_found_by_its_pid_in_the_namespace_of_its_zygote(
    make_box: Callable[..., Box], lists: str, request: pytest.FixtureRequest
) -> None:
    box = make_box(workers=1)
    box.call("def f():\n    return 42")
    (executor,) = box.sandbox._executors
    harness, zygote = executor._harness, executor.zygote.pid
    assert harness is not None
    assert zygote is not None
    expected = host_pid(executor.zygote, harness)
    request.getfixturevalue(lists)
    assert expected is not None
    assert find_child(harness.inner_pid, zygote) == harness.pid == expected
