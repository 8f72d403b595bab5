"""The fork server: a zygote's main loop, which forks, kills and reaps its children.

`sandbox.wire.zygote_protocol` describes the requests of its parent and of harnesses, and the replies.
"""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

from sandbox.wire.framing import receive_descriptors
from sandbox.wire.zygote_protocol import (
    ALL_KILLED,
    ATTACH,
    CHANNEL,
    DIED,
    END,
    ENDED,
    FORK,
    FORK_ONCE,
    FORKED,
    FORKS,
    KILL,
    LIBRARY,
    SMALL_FORKS,
    SOLUTION,
    WHICH,
    ExitInfo,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from resource import struct_rusage

    from sandbox.processes.small_zygote import SmallZygote

__all__ = ["ForkServer"]

_OWN_FUNCTIONS = ("closerange", "dup2", "fork", "kill", "pidfd_open", "pread", "wait4", "waitpid")
"""Functions of `os` that a zygote needs after they were removed from all modules (`sandbox.isolation.functions`).

They are kept in the server object, not in this module, where an answer could find them."""
_ORPHAN_ROUNDS = 100
_REAP_INTERVAL_MS = 1000
_LIST_BYTES = 1 << 16
_EXITS_KEPT = 64


class ForkServer:
    """Serves fork requests until its parent goes away.

    Args:
        control: socket to the parent.
        harness: letter of the role that may ask for solution processes.
        children_list: open on the kernel's list of this process's children; -1 if orphans do not become its children.
        folder_count: number of open folders, from descriptor `LIBRARY` on, that harnesses keep.
        use_pidfd: kill by descriptor, the only way that the seccomp filter allows.
        small: the small zygote beside this one; ``None`` if this is the small one, or there is none.
        own_pid: this process's pid, if it is the small zygote: the list is its parent's then, whose child it is, and of
            whom the orphans of its children become children.
    """

    # There is one thread and one loop, and no lock. A fork copies only the thread that calls it, so a lock that another
    # thread holds would stay locked in the child for ever (fork(2), pthread_atfork(3)).

    def __init__(
        self,
        control: socket.socket,
        harness: str,
        children_list: int,
        *,
        folder_count: int,
        use_pidfd: bool,
        small: SmallZygote | None = None,
        own_pid: int | None = None,
    ) -> None:
        self.small = small
        self.siblings = None if own_pid is None else {control.fileno(): own_pid}
        """Pids in the list of its parent's children that are no orphans, for the small zygote: its own, and those of
        the harnesses, each by the descriptor of the socket; ``None`` for others."""
        self.folder_count = folder_count
        self.control = control
        self.harness = harness
        self.os = SimpleNamespace(**{name: getattr(os, name) for name in _OWN_FUNCTIONS})
        self.os.pidfd_send_signal = signal.pidfd_send_signal
        self._kill = self._kill_by_pidfd if use_pidfd else self._kill_by_pid
        self.children_list = children_list
        self.children: dict[int, int | None] = {}
        """Descriptor of the harness socket that asked for each child, by its pid; ``None`` if the parent did."""
        self.harness_ends: dict[int, socket.socket] = {}
        """Our ends of the sockets over which harnesses ask for solution processes, by the harness's pid."""
        self.harnesses: dict[int, socket.socket] = {}
        """Sockets of harnesses, by descriptor."""
        self.last: dict[int, int] = {}
        """Pid of the child that was forked last for each harness, by the descriptor of its socket."""
        self.watches: dict[int, int] = {}
        """Descriptors that tell of the end of children which harnesses are told of, by their pids (pidfd_open(2))."""
        self.watched: dict[int, int] = {}
        """Pids by those descriptors."""
        self.exits: dict[int, bytes] = {}
        """The packed exits of the last few children that ended unasked, in that order: who asked for one may ask for
        its end later."""
        self.poller = select.poll()

    def serve(self) -> str:
        """Serve requests. Returns only in a forked child, with the letter of its role."""
        # No SIGCHLD: whoever has a child that does not end by itself asks for its end. Being woken once more for each
        # of them costs more than a zombie that waits for a second. The second is for what a child leaves behind that
        # has ended unasked.
        self.poller.register(self.control.fileno(), select.POLLIN)
        if self.small is not None:
            self.poller.register(self.small.channel.fileno(), 0)  # only its hang-up is reported (poll(2))
        while True:
            ready = self.poller.poll(_REAP_INTERVAL_MS if self.children else None)
            if not ready:
                self._reap()
                # Also those of the small zygote's children, which kills them, but cannot reap them.
                self._reap_orphans()
            for descriptor, _ in ready:
                role = self._handle_event(descriptor)
                if role is not None:
                    return role

    def _handle_event(self, descriptor: int) -> str | None:
        if descriptor == self.control.fileno():
            return self._serve_parent()
        if self.small is not None and descriptor == self.small.channel.fileno():
            self._exit()  # half of a zygote would be taken for a whole one
        # An event of the same poll may have closed the descriptor already.
        if descriptor in self.watched:
            self._bury(*self.os.wait4(self.watched[descriptor], 0))
            return None
        harness = self.harnesses.get(descriptor)
        return self._serve_harness(harness) if harness is not None else None

    def _serve_parent(self) -> str | None:
        try:
            message, descriptors = receive_descriptors(self.control, 64, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._exit()
        self._reap()
        if message[:1] == FORK:
            return self._fork(chr(message[1]), descriptors[0], None)
        if message == KILL:
            self._kill_all()
            self.control.send(ALL_KILLED)
        elif message[:1] == END:
            self.control.send(ENDED + self._end_and_report(int(message[1:])))
        elif message[:1] == ATTACH:
            self._attach(int(message[1:]), socket.socket(fileno=descriptors[0]))
        elif (pid := int(message[1:])) in self.children:
            self._keep(pid, self._end(pid))
        return None

    def _end_and_report(self, pid: int) -> bytes:
        """Kill a child unless it has ended; return its packed `ExitInfo`, or nothing if the pid is not known."""
        return self._end(pid) if pid in self.children else self.exits.get(pid, b"")

    def _end(self, pid: int) -> bytes:
        """Kill a child unless it has ended, and return its packed `ExitInfo`."""
        # The kernel gives a pid to nobody else before its zombie has been reaped, and only this loop reaps. So a pid
        # that is among the children is still that child.
        ended, status, usage = self.os.wait4(pid, os.WNOHANG)
        if not ended:
            self._kill(pid)
            _, status, usage = self.os.wait4(pid, 0)
        return self._forget(pid, status, usage)

    def _serve_harness(self, harness: socket.socket) -> str | None:
        try:
            message, descriptors = receive_descriptors(harness, 64, 1)
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._drop_harness(harness)
        elif message[:1] in {FORK, FORK_ONCE}:
            return self._fork(SOLUTION, descriptors[0], harness, once=message == FORK_ONCE)
        elif message == WHICH:
            self._tell(harness, FORKED + b"%d" % self.last[harness.fileno()])
        else:
            owner = harness.fileno()
            pid = int(message[1:] or self.last[owner])
            # One that has ended may have been reaped already, while the harness was busy.
            is_own = self.children.get(pid, owner) == owner
            self._tell(harness, ENDED + (self._end_and_report(pid) if is_own else b""))
        return None

    def _tell(self, harness: socket.socket, message: bytes) -> None:
        try:
            harness.send(message)
        except OSError:
            self._drop_harness(harness)

    def _fork(self, role: str, channel: int, harness: socket.socket | None, *, once: bool = False) -> str | None:
        is_harness = role == self.harness
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)] if is_harness else []
        pid = self.os.fork()
        if pid == 0:
            # Detached, because their objects would close numbers that the child gives to other descriptors.
            self._become_child(channel, [[end.detach() for end in pair][1] for pair in pairs])
            return role
        os.close(channel)
        self.children[pid] = harness.fileno() if harness is not None else None
        for _, theirs in pairs:
            theirs.close()
        if is_harness:
            self.harness_ends[pid], small_forks = pairs[0][0], pairs[1][0]
            self._serve(self.harness_ends[pid])
            assert self.small is not None
            self.small.attach(pid, small_forks)
        if harness is not None:
            self.last[harness.fileno()] = pid
        if once:
            self._watch(pid)
        else:
            (harness or self.control).send(FORKED + b"%d" % pid)
        return None

    def _watch(self, pid: int) -> None:
        watch = self.watches[pid] = self.os.pidfd_open(pid)
        self.watched[watch] = pid
        self.poller.register(watch, select.POLLIN)

    def _unwatch(self, pid: int) -> None:
        watch = self.watches.pop(pid, None)
        if watch is not None:
            del self.watched[watch]
            self.poller.unregister(watch)
            os.close(watch)

    def _serve(self, harness: socket.socket) -> None:
        self.harnesses[harness.fileno()] = harness
        self.poller.register(harness.fileno(), select.POLLIN)

    def _attach(self, pid: int, harness: socket.socket) -> None:
        """Serve a harness that the parent has forked."""
        assert self.siblings is not None
        self.siblings[harness.fileno()] = pid
        self._serve(harness)

    def _become_child(self, channel: int, forks: list[int]) -> None:
        # All others are closed: they are the zygote's own sockets, over which a child could give it orders.
        if not forks:
            if channel != CHANNEL:  # dup3(2) refuses equal numbers
                self.os.dup2(channel, CHANNEL, inheritable=False)
            self.os.closerange(CHANNEL + 1, 1024)
            return
        # They are moved up first, because each may be in another one's place.
        high = 64
        for number, descriptor in enumerate([channel, *forks]):
            self.os.dup2(descriptor, high + number)
        for number, place in enumerate((CHANNEL, FORKS, SMALL_FORKS)):
            self.os.dup2(high + number, place, inheritable=False)
        self.os.closerange(SMALL_FORKS + 1, LIBRARY)
        self.os.closerange(LIBRARY + self.folder_count, 1024)

    def _reap(self) -> None:
        """Reap what has ended without being asked for."""
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
        """Keep how a child has ended unasked, and tell the harness that waits for that."""
        owner = self.children[pid] if pid in self.watches else None
        exit_info = self._forget(pid, status, usage)
        self._keep(pid, exit_info)
        if owner in self.harnesses:
            self._tell(self.harnesses[owner], DIED + exit_info)

    def _keep(self, pid: int, exit_info: bytes) -> None:
        """Keep how a child has ended for whoever asks."""
        self.exits[pid] = exit_info
        if len(self.exits) > _EXITS_KEPT:
            del self.exits[next(iter(self.exits))]

    def _forget(self, pid: int, status: int, usage: struct_rusage) -> bytes:
        """Forget a child that has ended, and return its packed `ExitInfo`."""
        del self.children[pid]
        self._unwatch(pid)
        # Before the report, so that nothing of a run is left when its end is known.
        self._reap_orphans()
        if pid in self.harness_ends:
            self._drop_harness(self.harness_ends.pop(pid))
        # wait4(2) counts the child and its reaped descendants; ru_maxrss is in KiB (getrusage(2)).
        return ExitInfo.packed(pid, status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)

    def _reap_orphans(self) -> None:
        """Kill descendants that a child has left behind: they are children of this process now, or of its parent."""
        # The zygote is their subreaper (sandbox.isolation.orphans). Killing one can orphan others, which appear in the
        # list afterwards: so it is read until no stranger is in it. The small zygote leaves that, and their zombies, to
        # its parent, which sees to it within a second.
        if self.children_list < 0:
            return
        if self.siblings is not None:
            for pid in self._orphans(self.siblings.values()):
                self._kill(pid)
            return
        own = self.children.keys() if self.small is None else {*self.children, self.small.pid}
        for _ in range(_ORPHAN_ROUNDS):
            orphans = self._orphans(own)
            if not orphans:
                return
            for pid in orphans:
                self._kill(pid)
            for pid in orphans:
                self.os.waitpid(pid, 0)
        # They fork faster than they can be killed one by one. When this process ends, the reaper of the parent stops
        # them all first, and in a pid namespace the kernel kills them at once (pid_namespaces(7)).
        self._exit()

    def _orphans(self, own: Collection[int]) -> list[int]:
        listed = map(int, self.os.pread(self.children_list, _LIST_BYTES, 0).split())
        return [pid for pid in listed if pid not in own]

    def _drop_harness(self, harness: socket.socket) -> None:
        """Close the socket of a harness that is gone, and kill the solution processes that it had started."""
        number = harness.fileno()
        if self.harnesses.pop(number, None) is None:
            return
        self.poller.unregister(number)
        self.last.pop(number, None)
        if self.siblings is not None:
            del self.siblings[number]
        # The number will be another socket's, so it no longer stands for an owner.
        for pid in [pid for pid, owner in self.children.items() if owner == number]:
            self._end(pid)
        harness.close()

    def _kill_all(self) -> None:
        for pid in self.children:
            self._kill(pid)
        while self.children:
            pid, _ = self.os.waitpid(-1, 0)
            self.children.pop(pid, None)
            self._unwatch(pid)
            if pid in self.harness_ends:
                self._drop_harness(self.harness_ends.pop(pid))
        if self.small is not None:
            self.small.kill_all()
        self._reap_orphans()

    def _kill_by_pid(self, pid: int) -> None:
        # A harness leads a group, in which its own child is. It may not have come to that yet.
        for target in (-pid, pid) if pid in self.harness_ends else (pid,):
            with suppress(ProcessLookupError):
                self.os.kill(target, signal.SIGKILL)

    def _kill_by_pidfd(self, pid: int) -> None:
        # The seccomp filter refuses kill(2), which takes any pid. A pidfd must be opened, and answers can open none.
        with suppress(ProcessLookupError):
            descriptor = self.os.pidfd_open(pid)
            try:
                self.os.pidfd_send_signal(descriptor, signal.SIGKILL)
            finally:
                os.close(descriptor)

    def _exit(self) -> NoReturn:
        for pid in self.children:
            self._kill(pid)
        os._exit(0)
