"""Kills and stops processes of a grader at random moments."""

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
    from sandbox.scheduler.zygote import Zygote

__all__ = ["ROLES", "Fault", "Injector"]

ROLES = ("zygote", "launcher", "harness", "solution", "analyzer", "zygote of analyzers")
_WAIT_S = 0.5
"""For a process in a role to come up."""
_LONGEST_STOP_S = 3.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to whom."""

    role: str
    what: str
    """``killed``, ``stopped``, or ``stopped a while``."""


class Injector:
    """Makes faults in a thread of its own, as long as its context lasts.

    It strikes the process of an answer no more than once in each job: two losses in one job are the answer's own doing,
    as far as anybody can tell, and held against it.

    Args:
        grader: whose processes; it has been started.
        seed: of what happens; when it happens is not in its power.
        pause_s: between two faults, on average.
    """

    def __init__(self, grader: Grader, *, seed: int, pause_s: float) -> None:
        self.faults: list[Fault] = []
        self._chance = random.Random(seed)
        self._pause_s = pause_s
        self._sandbox = grader._sandbox
        self._executors = [*self._sandbox._executors, *self._sandbox._spare_executors]
        launched = any(executor.zygote.session != executor.zygote.pid for executor in self._sandbox._executors)
        self._roles = [role for role in ROLES if launched or role != "launcher"]
        self._over = Event()
        self._thread = Thread(target=self._work)
        self._jobs: Counter[int] = Counter()
        self._struck: dict[int, int] = {}
        for executor in self._executors:
            self._count_jobs(executor)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _count_jobs(self, executor: Executor) -> None:
        execute = executor.execute

        async def counted(*arguments: Any, **more: Any) -> Any:
            self._jobs[id(executor)] += 1
            return await execute(*arguments, **more)

        executor.execute = counted  # type: ignore[method-assign]  # counts on the way

    def _work(self) -> None:
        later: list[tuple[float, int]] = []
        while not self._over.wait(self._chance.uniform(0.1, 1.9) * self._pause_s):
            now = time.monotonic()
            for moment, pid in later:
                if moment <= now:
                    _send(pid, signal.SIGCONT)
            later = [(moment, pid) for moment, pid in later if moment > now]
            role = self._chance.choice(self._roles)
            number = self._chance.choice([signal.SIGKILL, signal.SIGSTOP])
            lasts = number is signal.SIGKILL or self._chance.random() < 0.5
            stop_s = self._chance.uniform(0.0, _LONGEST_STOP_S)
            pid = self._strike(role, number)
            if pid is not None:
                what = "killed" if number is signal.SIGKILL else "stopped" if lasts else "stopped a while"
                self.faults.append(Fault(role, what))
                if not lasts:
                    later.append((now + stop_s, pid))

    def _strike(self, role: str, number: signal.Signals) -> int | None:
        """Send a signal to the process in a role as soon as there is one; which it was."""
        executor = self._chance.choice(
            [executor for executor in self._executors if executor.zygote.session is not None] or self._executors
        )
        give_up = time.monotonic() + _WAIT_S
        while not self._over.wait(0.001) and time.monotonic() < give_up:
            job = self._jobs[id(executor)]
            if role == "solution" and self._struck.get(id(executor)) == job:
                continue
            pid = self._pid_of(role, executor)
            if pid is not None and _send(pid, number):
                if role == "solution":
                    self._struck[id(executor)] = max(job, self._jobs[id(executor)])
                return pid
        return None

    def _pid_of(self, role: str, executor: Executor) -> int | None:
        zygote = self._sandbox._analyzer_zygote if "analyzer" in role else executor.zygote
        if role.startswith("zygote"):
            return zygote.pid
        if role == "launcher":
            return zygote.session if zygote.session != zygote.pid else None
        children = _children(zygote)
        if role == "analyzer":
            return self._chance.choice(children) if children else None
        if executor._harness is None or len(children) < (1 if role == "harness" else 2):
            return None
        return children[0 if role == "harness" else 1]


def _children(zygote: Zygote) -> list[int]:
    """Its children, the oldest first: of a lane's zygote, that is the examiner."""
    pid = zygote.pid
    if pid is None:
        return []
    found = []
    with os.scandir("/proc") as entries:
        pids = [entry.name for entry in entries if entry.name.isdigit()]
    for name in pids:
        with suppress(OSError, IndexError):
            fields = Path(f"/proc/{name}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] not in "ZX":
                found.append((int(fields[19]), int(name)))
    return [number for _, number in sorted(found)]


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
