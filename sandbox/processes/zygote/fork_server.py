"""What a zygote does all its life: it forks, kills and buries its children.

Its parent speaks to it over a SOCK_SEQPACKET socket, one message a packet:

* ``F`` and a role's letter, with one descriptor: fork a child in that role; answered with ``P`` and its pid.
* ``K`` and a pid: kill that child. ``K`` alone: kill every child; answered with ``k`` when none is left.
* ``W`` and a pid: kill that child, unless it has ended; answered with ``w`` and how it ended
  (`sandbox.wire.zygote_protocol`).

An examiner gets a second socket of the same kind, to ask for solution processes: ``F`` with a descriptor, answered
with ``P`` and the child's pid; ``K`` and a pid to kill one; when one has ended, ``X`` comes, and how.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # built into the interpreter, without stubs
import os
import select
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

from sandbox.wire.framing import receive_descriptors
from sandbox.wire.zygote_protocol import CHANNEL, FORKS, ExitInfo

if TYPE_CHECKING:
    from resource import struct_rusage

__all__ = ["ForkServer"]

_SIGCHLD, _SIG_DFL = int(_signal.SIGCHLD), int(_signal.SIG_DFL)
"""Plain numbers: making members of enumerations of them would cost each child some fifty copied pages."""
_OWN_FUNCTIONS = ("closerange", "dup2", "fork", "kill", "pidfd_open", "pread", "wait4", "waitpid")
"""What a zygote still needs of `os` when the walls take it away. No module keeps a copy: an answer would find it."""
_ORPHAN_ROUNDS = 100
_LIST_BYTES = 1 << 16
_EXITS_KEPT = 64


@dataclass(slots=True)
class _Child:
    owner: int | None
    """The examiner's socket that asked for it; ``None`` when the parent did."""
    forks: socket.socket | None = None
    """Our end of the socket an examiner asks for solutions with."""


class ForkServer:
    """Serves fork requests until its parent goes away."""

    def __init__(self, control: socket.socket, harness: str, offspring: int, *, killing_by_descriptor: bool) -> None:
        self.control = control
        self.harness = harness
        self.os = SimpleNamespace(**{name: getattr(os, name) for name in _OWN_FUNCTIONS})
        self.os.pidfd_send_signal = signal.pidfd_send_signal
        self._kill = self._kill_by_descriptor if killing_by_descriptor else self._kill_by_number
        self.offspring = offspring
        """Open on the kernel's list of this process's children; -1 where orphans do not come here."""
        self.children: dict[int, _Child] = {}
        self.askers: dict[int, socket.socket] = {}
        self.exits: dict[int, ExitInfo] = {}
        """Of children that the parent asked for, in the order they ended; the last few."""
        self.poller = select.poll()
        self.wake_read, self.wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def serve(self) -> str:
        """Serve; returns only in a forked child, with the letter of its role."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        self.poller.register(self.control.fileno(), select.POLLIN)
        self.poller.register(self.wake_read, select.POLLIN)
        while True:
            for descriptor, _ in self.poller.poll():
                role = self._attend(descriptor)
                if role is not None:
                    return role

    def _attend(self, descriptor: int) -> str | None:
        if descriptor == self.wake_read:
            os.read(self.wake_read, 4096)
            self._reap()
            return None
        if descriptor == self.control.fileno():
            return self._command()
        asker = self.askers.get(descriptor)
        return self._ask(asker) if asker is not None else None

    def _command(self) -> str | None:
        try:
            message, descriptors = receive_descriptors(self.control, 64, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._end()
        if message[:1] == b"F":
            return self._fork(chr(message[1]), descriptors[0], None)
        if message == b"K":
            self._kill_all()
            self.control.send(b"k")
        elif message[:1] == b"W":
            self.control.send(b"w" + self._await_end(int(message[1:])))
        elif int(message[1:]) in self.children:
            self._kill(int(message[1:]))
        return None

    def _await_end(self, pid: int) -> bytes:
        if pid in self.children:
            self._kill(pid)
            _, status, usage = self.os.wait4(pid, 0)
            self._bury(pid, status, usage)
        ending = self.exits.get(pid)
        return ending.pack() if ending is not None else b""

    def _ask(self, asker: socket.socket) -> str | None:
        try:
            message, descriptors = receive_descriptors(asker, 64, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._forget(asker)
        elif message[:1] == b"F":
            return self._fork("S", descriptors[0], asker)
        else:
            pid = int(message[1:])
            child = self.children.get(pid)
            if child is not None and child.owner == asker.fileno():
                self._kill(pid)
        return None

    def _fork(self, role: str, channel: int, asker: socket.socket | None) -> str | None:
        forks = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) if role == self.harness else None
        pid = self.os.fork()
        if pid == 0:
            self._become_child(channel, forks[1].fileno() if forks else None)
            return role
        os.close(channel)
        child = _Child(owner=asker.fileno() if asker is not None else None)
        if forks:
            forks[1].close()
            child.forks = forks[0]
            self.askers[forks[0].fileno()] = forks[0]
            self.poller.register(forks[0].fileno(), select.POLLIN)
        self.children[pid] = child
        (asker or self.control).send(b"P%d" % pid)
        return None

    def _become_child(self, channel: int, forks: int | None) -> None:
        signal.set_wakeup_fd(-1)
        _signal.signal(_SIGCHLD, _SIG_DFL)
        high = 64  # moved out of the way first: either may already be 3 or 4
        self.os.dup2(channel, high)
        if forks is not None:
            self.os.dup2(forks, high + 1)
        self.os.dup2(high, CHANNEL, inheritable=False)
        if forks is not None:
            self.os.dup2(high + 1, FORKS, inheritable=False)
        self.os.closerange(FORKS + (forks is not None), 1024)

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = self.os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.children:
                self._bury(pid, status, usage)

    def _bury(self, pid: int, status: int, usage: struct_rusage) -> None:
        """Tell who asked for a child that it has ended."""
        child = self.children.pop(pid)
        self._reap_orphans()
        if child.forks is not None:
            self._forget(child.forks)
        ending = ExitInfo(pid, status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        if child.owner is None:
            self.exits[pid] = ending
            if len(self.exits) > _EXITS_KEPT:
                del self.exits[next(iter(self.exits))]
        elif child.owner in self.askers:
            asker = self.askers[child.owner]
            try:
                asker.send(b"X" + ending.pack())
            except OSError:
                self._forget(asker)

    def _reap_orphans(self) -> None:
        """End what a child has left behind: its orphans are children of this process now."""
        if self.offspring < 0:
            return
        for _ in range(_ORPHAN_ROUNDS):
            strays = [
                pid
                for pid in map(int, self.os.pread(self.offspring, _LIST_BYTES, 0).split())
                if pid not in self.children
            ]
            if not strays:
                return
            for pid in strays:
                self._kill(pid)
            for pid in strays:
                self.os.waitpid(pid, 0)
        self._end()  # they are born faster than they can be ended one by one: the kernel ends them all with us

    def _forget(self, asker: socket.socket) -> None:
        """Kill what an examiner that is gone had started."""
        number = asker.fileno()
        if self.askers.pop(number, None) is None:
            return
        self.poller.unregister(number)
        for pid, child in self.children.items():
            if child.owner == number:
                child.owner = None
                self._kill(pid)
        asker.close()

    def _kill_all(self) -> None:
        for pid in self.children:
            self._kill(pid)
        while self.children:
            pid, _ = self.os.waitpid(-1, 0)
            child = self.children.pop(pid, None)
            if child is not None and child.forks is not None:
                self._forget(child.forks)
        self._reap_orphans()

    def _kill_by_number(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            self.os.kill(pid, signal.SIGKILL)

    def _kill_by_descriptor(self, pid: int) -> None:
        """By the one way that the filter leaves to those who can open a descriptor."""
        with suppress(ProcessLookupError):
            descriptor = self.os.pidfd_open(pid)
            try:
                self.os.pidfd_send_signal(descriptor, signal.SIGKILL)
            finally:
                os.close(descriptor)

    def _end(self) -> NoReturn:
        for pid in self.children:
            self._kill(pid)
        os._exit(0)
