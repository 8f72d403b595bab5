"""Kill and stop processes of a grader at random moments."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from sandbox.scheduler.executor import Executor

__all__ = ["ROLES", "Fault", "Injector"]

ROLES = ("zygote", "small zygote", "launcher", "harness", "solution", "analyzer", "zygote of analyzers")
_WAIT_S = 0.5
"""Seconds to wait for a process in a role to start."""
_LONGEST_STOP_S = 3.0
_DOUBLE_PAUSE_S = 15.0
"""Seconds from one job that was hit twice, and so may be lost, to the next one that may be."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Signal sent to a process."""

    role: str
    kind: str
    """``killed``, ``stopped``, or ``stopped a while``."""


class Injector:
    """Context manager that injects faults from a thread of its own.

    It hits a solution process at most once in each job: the sandbox cannot tell a second loss in the same job from one
    that the answer has caused, and counts it against the answer. Likewise a job whose processes are lost twice runs
    once more, and the answer is blamed if they are lost then, too. So few jobs are hit twice, and none soon after it.

    Args:
        grader: grader whose processes to hit; it has been started.
        seed: seed of the choices; the timing is not reproducible.
        pause_s: mean seconds between two faults.
    """

    def __init__(self, grader: Grader, *, seed: int, pause_s: float) -> None:
        self.faults: list[Fault] = []
        self._random = random.Random(seed)
        self._pause_s = pause_s
        self._sandbox = grader._sandbox
        self._executors = [*self._sandbox._executors, *self._sandbox._spare_executors]
        launched = any(executor.zygote.session != executor.zygote.pid for executor in self._sandbox._executors)
        self._roles = [role for role in ROLES if launched or role != "launcher"]
        self._stop = Event()
        self._thread = Thread(target=self._work)
        self._jobs: Counter[int] = Counter()
        self._hit: dict[int, int] = {}
        self._hits: Counter[tuple[int, int]] = Counter()
        """Numbers of faults of the other processes of an executor, by the executor and its job."""
        self._last_double = 0.0
        for executor in self._executors:
            self._count_jobs(executor)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _count_jobs(self, executor: Executor) -> None:
        execute = executor.execute

        async def counted(*arguments: Any, **more: Any) -> Any:
            self._jobs[id(executor)] += 1
            return await execute(*arguments, **more)

        executor.execute = counted  # type: ignore[method-assign]  # wraps it to count

    def _work(self) -> None:
        stopped: list[tuple[float, int]] = []
        while not self._stop.wait(self._random.uniform(0.1, 1.9) * self._pause_s):
            now = time.monotonic()
            for moment, pid in stopped:
                if moment <= now:
                    _send(pid, signal.SIGCONT)
            stopped = [(moment, pid) for moment, pid in stopped if moment > now]
            role = self._random.choice(self._roles)
            number = self._random.choice([signal.SIGKILL, signal.SIGSTOP])
            permanent = number is signal.SIGKILL or self._random.random() < 0.5
            stop_s = self._random.uniform(0.0, _LONGEST_STOP_S)
            pid = self._send_to_role(role, number)
            if pid is not None:
                kind = "killed" if number is signal.SIGKILL else "stopped" if permanent else "stopped a while"
                self.faults.append(Fault(role, kind))
                if not permanent:
                    stopped.append((now + stop_s, pid))

    def _send_to_role(self, role: str, number: signal.Signals) -> int | None:
        """Send a signal to a process in a role as soon as there is one; return its pid."""
        executor = self._random.choice(
            [executor for executor in self._executors if executor.zygote.session is not None] or self._executors
        )
        give_up = time.monotonic() + _WAIT_S
        while not self._stop.wait(0.001) and time.monotonic() < give_up:
            job = self._jobs[id(executor)]
            if role == "solution" and self._hit.get(id(executor)) == job:
                continue
            if not self._may_hit(role, executor, job):
                continue
            pid = self._pid_of(role, executor)
            if pid is not None and _send(pid, number):
                if role == "solution":
                    self._hit[id(executor)] = max(job, self._jobs[id(executor)])
                elif "analyzer" not in role:
                    self._hits[id(executor), max(job, self._jobs[id(executor)])] += 1
                return pid
        return None

    def _may_hit(self, role: str, executor: Executor, job: int) -> bool:
        if role == "solution" or "analyzer" in role or not self._hits[id(executor), job]:
            return True
        now = time.monotonic()
        if self._hits[id(executor), job] > 1 or now - self._last_double < _DOUBLE_PAUSE_S:
            return False
        self._last_double = now
        return True

    def _pid_of(self, role: str, executor: Executor) -> int | None:
        zygote = self._sandbox._analyzer_zygote if "analyzer" in role else executor.zygote
        if role.startswith("zygote"):
            return zygote.pid
        if role == "small zygote":
            return zygote.small_pid
        if role == "launcher":
            return zygote.session if zygote.session != zygote.pid else None
        children = _children(zygote.pid)
        if role == "analyzer":
            return self._random.choice(children) if children else None
        small = zygote.small_pid
        # The oldest is the harness.
        solutions = [pid for pid in children if pid != small][1:] + _children(small)
        if executor._harness is None or len(children) < 2:
            return None
        if role == "harness":
            return next(pid for pid in children if pid != small)
        return solutions[0] if solutions else None


def _children(pid: int | None) -> list[int]:
    """Return the children of a process, the oldest first."""
    if pid is None:
        return []
    children = []
    with os.scandir("/proc") as entries:
        pids = [entry.name for entry in entries if entry.name.isdigit()]
    for name in pids:
        with suppress(OSError, IndexError):
            fields = Path(f"/proc/{name}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] not in "ZX":
                children.append((int(fields[19]), int(name)))
    return [pid for _, pid in sorted(children)]


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
