"""What a harness and its zygote say to each other of a process that ends by itself, or does not."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.errors import ProcessLostError
from sandbox.processes.child_ends import can_watch_children
from sandbox.processes.harness import solution_process, zygote_client
from sandbox.processes.harness.solution_process import SolutionProcess
from sandbox.processes.harness.zygote_client import ZygoteClient
from sandbox.wire.zygote_protocol import DIED, END, ENDED, FORK, FORK_ONCE, FORKED, WHICH, ExitInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIT = ExitInfo(pid=4242, status=0, cpu_s=0.25, peak_mb=20.0)
OTHER = ExitInfo(pid=4242, status=9, cpu_s=0.5, peak_mb=20.0)


class Zygote:
    """The zygote's end of the socket, with a client at the other."""

    def __init__(self, *, watches: bool) -> None:
        self.clients_end, self.socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.client = ZygoteClient(self.clients_end, watches=watches)
        self.channel, self.channel_end = socket.socketpair()

    def fork(self, *, once: bool) -> bytes:
        self.client.fork(self.channel_end, once=once)
        return self.received()

    def received(self) -> bytes:
        return self.socket.recv(64)

    def says(self, *messages: bytes) -> None:
        for message in messages:
            self.socket.send(message)

    def close(self) -> None:
        for end in (self.clients_end, self.socket, self.channel, self.channel_end):
            end.close()

    def process(self) -> SolutionProcess:
        return SolutionProcess(self.client, self.channel, cpu_limit_s=1.0, output_bytes=1 << 20)


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    one = Zygote(watches=True)
    yield one
    one.close()


def test_this_host_has_descriptors_of_processes() -> None:
    assert can_watch_children()


def test_a_host_without_them_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> int:
        raise OSError(38, os.strerror(38))

    monkeypatch.setattr(os, "pidfd_open", refuse)
    assert not can_watch_children()


def test_a_process_that_has_ended_is_not_asked_for(zygote: Zygote) -> None:
    assert zygote.fork(once=True) == FORK_ONCE
    zygote.says(DIED + EXIT.pack())
    zygote.client.take_end()
    assert zygote.client.has_ended
    assert zygote.client.pid == EXIT.pid
    assert zygote.client.end() == EXIT
    zygote.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        zygote.received()


@pytest.mark.parametrize("before", [[], [DIED + EXIT.pack()]], ids=["still there", "just ended"])
def test_the_end_of_one_that_takes_long_is_asked_for(zygote: Zygote, before: list[bytes]) -> None:
    zygote.fork(once=True)
    zygote.says(*before, ENDED + OTHER.pack())
    assert zygote.client.end() == OTHER
    assert zygote.received() == END


@pytest.mark.parametrize("before", [[], [DIED + EXIT.pack()]], ids=["still there", "just ended"])
def test_its_pid_is_asked_for_when_it_is_needed(zygote: Zygote, before: list[bytes]) -> None:
    zygote.fork(once=True)
    zygote.says(*before, FORKED + b"4242")
    assert [zygote.client.pid, zygote.client.pid] == [4242, 4242]
    assert zygote.received() == WHICH
    zygote.says(ENDED + EXIT.pack())
    assert zygote.client.end() == EXIT


@pytest.mark.parametrize("asks_pid", [False, True])
def test_a_process_that_serves_until_it_is_ended_tells_its_pid_unasked(zygote: Zygote, *, asks_pid: bool) -> None:
    assert zygote.fork(once=False) == FORK
    assert not zygote.client.tells_of_ends
    zygote.says(FORKED + b"7", ENDED + EXIT.pack())
    if asks_pid:
        assert zygote.client.pid == 7
    assert zygote.client.end() == EXIT


def test_nothing_of_one_process_is_taken_for_another_ones(zygote: Zygote) -> None:
    zygote.fork(once=True)
    zygote.says(DIED + EXIT.pack())
    zygote.client.take_end()
    zygote.fork(once=True)
    assert not zygote.client.has_ended
    zygote.says(DIED + OTHER.pack())
    zygote.client.take_end()
    assert zygote.client.end() == OTHER


@pytest.mark.parametrize("message", [b"", ENDED, b"x"], ids=["hung up", "not known", "nonsense"])
def test_a_zygote_that_makes_no_sense_is_lost(zygote: Zygote, message: bytes) -> None:
    zygote.fork(once=True)
    if message:
        zygote.says(message)
    else:
        zygote.socket.close()
    with pytest.raises(ProcessLostError):
        zygote.client.end()
    assert zygote.client.lost


def test_without_descriptors_the_channel_tells_of_the_end() -> None:
    zygote = Zygote(watches=False)
    assert zygote.fork(once=True) == FORK
    process = zygote.process()
    zygote.channel_end.send(b"\0\0\0\1x")
    zygote.channel_end.close()
    process.wait_for_end()
    assert not process.is_slow
    assert bytes(process.take_reply() or b"") == b"x"
    zygote.close()


class TestWaiting:
    """How the harness waits for a process that is expected to end."""

    def printing(self, zygote: Zygote) -> SolutionProcess:
        """Return a process that has printed something, and then closed its output."""
        zygote.fork(once=True)
        process = zygote.process()
        read, write = os.pipe2(os.O_NONBLOCK)
        process._pipes = {read: True}
        os.write(write, b"text")
        os.close(write)
        return process

    def test_replies_and_output_do_not_end_the_wait(self, zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(solution_process, "_SHORT_WAIT_S", 0.2)
        process = self.printing(zygote)
        zygote.channel_end.send(b"\0\0\0\1x")
        began = time.monotonic()
        process.wait_for_end()
        assert time.monotonic() - began > 0.2
        assert process.is_slow
        assert bytes(process.output) == b"text"

    def test_the_end_ends_it(self, zygote: Zygote) -> None:
        zygote.fork(once=True)
        process = zygote.process()
        zygote.says(DIED + EXIT.pack())
        process.wait_for_end()
        assert not process.is_slow
        assert process.is_ending()
        assert process.cpu_since() == 0.0

    def test_so_does_a_zygote_that_is_gone(self, zygote: Zygote) -> None:
        zygote.fork(once=True)
        process = zygote.process()
        zygote.socket.close()
        with pytest.raises(ProcessLostError):
            process.wait_for_end()
        assert zygote.client.lost

    def test_more_output_than_is_allowed_ends_it(self, zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(solution_process, "_SHORT_WAIT_S", 60.0)
        process = self.printing(zygote)
        process._output_bytes = 3
        process.wait_for_end()
        assert process.is_slow
        assert process.output_exceeded


def test_the_wait_for_a_message_looks_at_the_zygote(zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []

    class Gone:
        def __init__(self, pid: int) -> None:
            looked.append(pid)

        def check(self) -> None:
            raise ProcessLostError("it is gone")

    monkeypatch.setattr(zygote_client, "CHECK_INTERVAL_S", 0.01)
    monkeypatch.setattr(zygote_client, "Liveness", Gone)
    zygote.fork(once=True)
    with pytest.raises(ProcessLostError):
        zygote.client.end()
    assert looked == [os.getppid()]
