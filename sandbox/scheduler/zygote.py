"""A zygote, as the ordering side holds it."""

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
from sandbox.scheduler.forked_process import ForkedProcess, ready
from sandbox.scheduler.loop import Lock, readable
from sandbox.scheduler.reaper import new_tag, reap
from sandbox.wire.framing import receive_descriptors, send_descriptors
from sandbox.wire.liveness import Liveness
from sandbox.wire.zygote_protocol import ALL_KILLED, FORK, FORKED, KILL, WAIT, WAITED, ExitInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.types import Tier

__all__ = ["Zygote", "ZygoteSettings"]

_START_S, _FORK_S = 300.0, 120.0
"""How long a zygote that is at work may take, on a host that is busy beyond measure."""
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/", "PATH": "/nonexistent",
    "MALLOC_ARENA_MAX": "1",  # else each thread reserves address space, which an answer pays for (mallopt(3))
    "LD_BIND_NOW": "1",  # else each child looks up what it calls in libraries, and copies the pages it is noted in
}  # fmt: skip
_BOOTSTRAP = (
    "import gc; gc.disable(); import sys; sys.path += sys.argv[1].split('\\n'); "
    "from sandbox.processes import base_frame; from sandbox.processes.zygote import launcher; "
    "base_frame.run(launcher.main())"
)


@dataclass(frozen=True, slots=True)
class ZygoteSettings:
    """What a zygote is made of."""

    preload: tuple[str, ...]
    """Modules every child finds loaded."""
    roles: Mapping[str, str]
    """A letter for each program it can fork, and what the program is: ``module:function``."""
    harness: str = ""
    """Letter of the role that may itself ask for children."""
    paths: tuple[str, ...] = ()
    """Where modules are found, besides the standard library."""
    uid: int = 0
    """The user to become when started by root."""
    probe: bool = False
    """Whether to probe every wall at the start, not only the kernel's."""
    isolation: Tier | None = None
    """The tier to stay within; ``None``: the best the host has."""
    runs_solutions: bool = False
    """Whether its children run answers, and so get a pid namespace where the tier has one; then the `inner_pid` of a
    `sandbox.scheduler.forked_process.ForkedProcess` is no pid of the host's."""


class Zygote:
    """A fork server process. Started on first use; when it is lost, the next use starts another."""

    def __init__(self, settings: ZygoteSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        """The zygote itself, where the process that was started is only its parent."""
        self.tag = new_tag()
        """What every process that descends from it can be told by (`sandbox.scheduler.reaper`)."""
        self._ready = False
        self._control: socket.socket | None = None
        self._lock = Lock()
        self.layers: list[dict[str, Any]] = []
        """Reports of the probes, if they were asked for, as keyword arguments of `sandbox.types.LayerReport`."""

    @property
    def pid(self) -> int | None:
        """The process, or ``None`` when it is not running."""
        return self._pid or (self._process.pid if self._process is not None else None)

    @property
    def session(self) -> int | None:
        """The session that all its descendants begin in, or ``None`` when it is not running."""
        return self._process.pid if self._process is not None else None

    def launch(self) -> None:
        """Start the process without waiting until it is ready; nothing when it has been started."""
        if self._process is not None:
            return
        settings = self._settings
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        config = {
            "control": theirs.fileno(), "preload": settings.preload, "roles": dict(settings.roles),
            "harness": settings.harness, "uid": settings.uid, "probe": settings.probe, "tag": self.tag,
        }  # fmt: skip
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
                [
                    sys.executable,
                    "-s",
                    "-S",
                    "-B",
                    "-P",
                    "-c",
                    _BOOTSTRAP,
                    "\n".join(settings.paths),
                    str(theirs.fileno()),
                    settings.isolation or "",
                    "processes" if settings.runs_solutions else "",
                    str(os.getpid()),
                    json.dumps(config),
                ],
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

    async def start(self) -> None:
        """Have it running and ready.

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
        if "zygote" in hello:
            self._pid = hello["zygote"]
            hello = json.loads(await self._message(_START_S, deadline))
        if "error" in hello:
            self.kill()
            raise ProcessLostError(f"a zygote cannot start: {hello['error']}")
        self.layers = hello["walls"]
        self._ready = True

    async def fork(self, role: str, deadline: float = math.inf) -> ForkedProcess:
        """Fork a worker, unless the deadline (`time.monotonic`) comes first.

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
        with theirs:
            try:
                send_descriptors(self._control, FORK + role.encode(), [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise ProcessLostError(f"a zygote is gone: {error.strerror}") from None
        try:
            while True:
                message = await self._message(_FORK_S, deadline)
                if message[:1] == FORKED:
                    return ForkedProcess(int(message[1:]), ours, parent=self._pid)
        except ProcessLostError:
            ours.close()
            raise

    def kill_child(self, process: ForkedProcess) -> None:
        """Kill one of the processes it has forked, without waiting; nothing when it is gone."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(KILL + b"%d" % process.inner_pid)

    async def exit_info_of(self, process: ForkedProcess, deadline: float) -> ExitInfo | None:
        """End one of the processes it has forked, unless that has ended by itself; how it ended, if that is known.

        Raises:
            ProcessLostError: the zygote is gone or does not answer before the deadline; it is ended.
        """
        async with self._lock:
            if self._control is None:
                return None
            try:
                self._control.send(WAIT + b"%d" % process.inner_pid)
                while (message := await self._message(_FORK_S, deadline))[:1] != WAITED:
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
        self._lock = Lock()
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        pid, self._pid = self._pid, None
        if self._control is not None:
            self._control.close()
            self._control = None
        if process is None:
            return
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        reap({self.tag}, session=process.pid)
        self.tag = new_tag()

    async def _message(self, timeout_s: float, deadline: float) -> bytes:
        assert self._control is not None
        deadline = min(deadline, time.monotonic() + timeout_s)
        if not await ready(readable, self._control, deadline, Liveness(lambda: self.pid)):
            raise ProcessLostError("a zygote does not answer")
        try:
            message, _ = receive_descriptors(self._control, 1 << 16, 0)
        except OSError as error:
            raise ProcessLostError(f"a zygote is gone: {error.strerror}") from None
        if not message:
            raise ProcessLostError("a zygote died")
        return message
