"""A zygote, as the scheduler sees it: its start, its requests, its end."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import ProcessLostError
from sandbox.scheduler.forked_process import ForkedProcess, wait_while_alive
from sandbox.scheduler.loop import readable
from sandbox.scheduler.pool import Lock
from sandbox.scheduler.reaper import new_tag, reap
from sandbox.wire.framing import receive_descriptors, send_descriptors
from sandbox.wire.liveness import Liveness
from sandbox.wire.procfs import find_child
from sandbox.wire.zygote_protocol import ALL_KILLED, CONTROL, END, ENDED, FORK, FORKED, KILL, ExitInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.types import Tier

__all__ = ["Zygote", "ZygoteSettings"]

_START_S, _FORK_S = 300.0, 120.0
"""Seconds that a zygote may take to start, and to reply. Long, because a working zygote on a very busy host must not
count as lost; one that does not work is detected earlier (`sandbox.wire.liveness`)."""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/", "PATH": "/nonexistent",
    "MALLOC_ARENA_MAX": "1",  # else each thread reserves address space, which an answer pays for (mallopt(3))
    "LD_BIND_NOW": "1",  # else each child looks up what it calls in libraries, and copies the pages it is noted in
}  # fmt: skip
# The configuration comes over the control socket and not on the command line: ps(1) shows the title in its place, and
# an answer, which can read its own process's command line in sys.orig_argv, finds nothing there. The first packet has
# the launcher's arguments, the second one the zygote's (sandbox.processes.zygote.launcher).
_MAX_PACKET_BYTES = 1 << 17
_BOOTSTRAP = (
    # The parent may have hundreds of descriptors, and the one that it passes may be in the place of another one.
    f"import gc; gc.disable(); import os, sys; c = int(sys.argv[1]); c == {CONTROL} or (os.dup2(c, {CONTROL}), "
    f"os.close(c)); sys.argv[1] = '{CONTROL}'; "
    "sys.argv += os.fsdecode(os.read(int(sys.argv[1]), 1 << 17)).split('\\0'); sys.path += sys.argv[2].split('\\n'); "
    "from sandbox.processes import base_frame; from sandbox.processes.zygote import launcher; "
    "base_frame.run(launcher.main())"
)


@dataclass(frozen=True, slots=True)
class ZygoteSettings:
    """Configuration of a zygote."""

    preload: tuple[str, ...]
    """Modules that every child finds loaded."""
    roles: Mapping[str, str]
    """By letter, the programs it can fork: ``module:function`` or ``module:function|argument``."""
    harness: str = ""
    """Letter of the role that may itself ask for children."""
    small: str = ""
    """``module:function`` that makes the program of the small zygote's children
    (`sandbox.processes.small_zygote`); empty if there is none."""
    paths: tuple[str, ...] = ()
    """Folders where modules are found, besides the standard library."""
    uid: int = 0
    """User to become when started by root."""
    probe: bool = False
    """True to probe every isolation layer at the start, not only the kernel's."""
    isolation: Tier | None = None
    """Tier to stay within; ``None``: the best the host has."""
    runs_solutions: bool = False
    """True if its children run answers, and so get a pid namespace where the tier has one. Then the `inner_pid` of a
    `sandbox.scheduler.forked_process.ForkedProcess` is not a pid of the host's."""
    title: str = "zygote"
    """Name of its processes in ps(1), behind the interpreter's."""


class Zygote:
    """A fork server process. It starts on first use; if it is lost, the next use starts another."""

    def __init__(self, settings: ZygoteSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        """The zygote itself, where the process that was started is only its parent."""
        self._inner_small_pid = 0
        """The small zygote as the zygote counts; 0 if there is none."""
        self._small_pid: int | None = None
        """The same as the host counts, once it was searched for."""
        self.tag = new_tag()
        """Tag of every process that descends from it (`sandbox.scheduler.reaper`)."""
        self._ready = False
        self._control: socket.socket | None = None
        self._lock = Lock()
        """Held for each exchange over the control socket: replies do not name the request they belong to."""
        self.layers: list[dict[str, Any]] = []
        """Reports of the probes, if they were asked for, as keyword arguments of `sandbox.types.LayerReport`."""

    @property
    def pid(self) -> int | None:
        """Pid of the zygote, or ``None`` when it is not running."""
        return self._pid or (self._process.pid if self._process is not None else None)

    @property
    def small_pid(self) -> int | None:
        """Pid of the small zygote, or ``None`` when there is none, or processes are hidden."""
        if self._small_pid is None and self._inner_small_pid:
            inner = self._inner_small_pid
            self._small_pid = inner if self._pid is None else find_child(inner, self._pid)
        return self._small_pid

    @property
    def session(self) -> int | None:
        """Session that all its descendants begin in, or ``None`` when it is not running."""
        return self._process.pid if self._process is not None else None

    def launch(self) -> None:
        """Start the process, unless it was started, without waiting until it is ready."""
        if self._process is not None:
            return
        settings = self._settings
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            paths, control = "\n".join(settings.paths), str(theirs.fileno())
            own_pids = "own pids" if settings.runs_solutions else ""
            # Before the start: a packet waits in the socket, while a pipe may hold no more than a page (pipe(7)).
            for packet in (
                [paths, settings.isolation or "", own_pids, str(os.getpid())],
                [paths, json.dumps(self._config())],
            ):
                message = os.fsencode("\0".join(packet))
                assert len(message) <= _MAX_PACKET_BYTES, "the rest would be lost without an error (recv(2))"
                ours.send(message)
            ours.setblocking(False)
            # -X takes any name: it is the one place before the program where a title can stand. -s, -S and -P keep
            # out of sys.path what the host has besides the paths above, -B writes no bytecode. Code keeps its columns:
            # they tell which expression of a test has failed (`testcases.proxies.traceback_origin`).
            options = ["-X", f"grader: {settings.title}", "-sSBP"]
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
                [sys.executable, *options, "-c", _BOOTSTRAP, control],
                env=_ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._control = ours
        self._ready = False

    def _config(self) -> dict[str, Any]:
        """Return what `sandbox.processes.zygote.zygote.main` reads."""
        settings = self._settings
        return {
            "control": CONTROL, "preload": settings.preload, "roles": dict(settings.roles), "tag": self.tag,
            "harness": settings.harness, "small": settings.small, "uid": settings.uid, "probe": settings.probe,
        }  # fmt: skip

    async def start(self) -> None:
        """Start the process if needed, and wait until it is ready.

        Raises:
            ProcessLostError: it could not start.
        """
        async with self._lock:
            await self._start(math.inf)

    async def _start(self, deadline: float) -> None:
        self.launch()
        if self._ready:
            return
        hello = json.loads(await self._message(_START_S, deadline))
        if "zygote" in hello:  # the launcher stays as the parent of a zygote in a pid namespace
            self._pid = hello["zygote"]
            hello = json.loads(await self._message(_START_S, deadline))
        if "error" in hello:
            self.kill()
            raise ProcessLostError(f"a zygote cannot start: {hello['error']}")
        self._inner_small_pid = hello["small"]
        self.layers = hello["layers"]
        self._ready = True

    async def fork(self, role: str, deadline: float = math.inf) -> ForkedProcess:
        """Fork a process, unless the deadline (`time.monotonic`) comes first.

        Raises:
            ProcessLostError: the zygote is gone or does not answer; it is ended, and the next fork starts another.
        """
        async with self._lock:
            if time.monotonic() >= deadline:
                raise ProcessLostError("no time is left to start a process")
            try:
                return await self._fork(role, deadline)
            except ProcessLostError:
                self._end()
                raise

    async def _fork(self, role: str, deadline: float) -> ForkedProcess:
        await self._start(deadline)
        assert self._control is not None
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        # Our copy of the child's end is closed at once, or the child's end would never read as closed when it dies.
        with theirs:
            try:
                send_descriptors(self._control, FORK + role.encode(), [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise ProcessLostError(f"a zygote is gone: {error.strerror}") from None
        try:
            while True:
                # A reply to an earlier request, whose deadline came first, may still be on its way: it is skipped.
                message = await self._message(_FORK_S, deadline)
                if message[:1] == FORKED:
                    return ForkedProcess(int(message[1:]), ours, parent=self._pid)
        except BaseException:
            ours.close()
            raise

    def kill_child(self, process: ForkedProcess) -> None:
        """Kill one of the processes it has forked, without waiting; nothing when that is gone."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(KILL + b"%d" % process.inner_pid)

    async def end_and_exit_info(self, process: ForkedProcess, deadline: float) -> ExitInfo | None:
        """Kill one of the processes it has forked, unless that has ended by itself; return how it ended, if known.

        Raises:
            ProcessLostError: the zygote is gone or does not answer before the deadline; it is ended.
        """
        async with self._lock:
            if self._control is None:
                return None
            try:
                self._control.send(END + b"%d" % process.inner_pid)
                while (message := await self._message(_FORK_S, deadline))[:1] != ENDED:
                    pass
            except (ProcessLostError, OSError):
                self._end()
                raise ProcessLostError("a zygote is gone") from None
        return ExitInfo.unpack(message[1:]) if message[1:] else None

    async def kill_children(self, timeout_s: float | None = None) -> None:
        """Kill everything it has forked, and wait until that is gone.

        Args:
            timeout_s: seconds after which the zygote counts as lost; ``None``: as long as it is at work.

        Raises:
            ProcessLostError: the zygote is gone or does not answer.
        """
        async with self._lock:
            assert self._control is not None
            try:
                self._control.send(KILL)
            except OSError as error:
                raise ProcessLostError(f"a zygote is gone: {error.strerror}") from None
            while await self._message(timeout_s or _FORK_S, math.inf) != ALL_KILLED:
                pass

    def kill(self) -> None:
        """End it and everything that descends from it. Safe to call at any time."""
        # Called when coroutines are dropped, and one may have held the lock.
        self._lock = Lock()
        self._end()

    def abandon(self) -> None:
        """Close the descriptor, in a forked copy, and end no process."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.returncode = 0  # or subprocess would complain that its process still runs
        self._process = self._pid = None
        self._inner_small_pid, self._small_pid = 0, None

    def _end(self) -> None:
        process, self._process = self._process, None
        pid, self._pid = self._pid, None
        self._inner_small_pid, self._small_pid = 0, None
        if self._control is not None:
            self._control.close()
            self._control = None
        if process is None:
            return
        # The first process of a pid namespace: with it the kernel kills all others in there (pid_namespaces(7)).
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        # After the zygote, which could fork more meanwhile. The next zygote gets another tag, so that a process which
        # slips through here does not count as one of its descendants.
        reap({self.tag}, session=process.pid)
        self.tag = new_tag()

    async def _message(self, timeout_s: float, deadline: float) -> bytes:
        assert self._control is not None
        deadline = min(deadline, time.monotonic() + timeout_s)
        if not await wait_while_alive(readable, self._control, deadline, Liveness(lambda: self.pid)):
            raise ProcessLostError("a zygote does not answer")
        try:
            message, _ = receive_descriptors(self._control, 1 << 16, 0)
        except OSError as error:
            raise ProcessLostError(f"a zygote is gone: {error.strerror}") from None
        if not message:
            raise ProcessLostError("a zygote died")
        return message
