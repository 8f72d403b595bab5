"""The sandbox: reads sources and runs answers, in processes that it starts, watches and ends."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import sandbox as package
from sandbox.errors import IsolationError, ProcessLostError
from sandbox.isolation.privileges import uid_of
from sandbox.isolation.tiers import ORPHANS
from sandbox.preload import SOLUTION_PRELOAD
from sandbox.scheduler.analyzer import ANALYST, Seat
from sandbox.scheduler.executor import EXAMINER, SOLUTION, Lane
from sandbox.scheduler.loop import Future, Loop, Pool
from sandbox.scheduler.reaper import sweep
from sandbox.scheduler.zygote import Zygote, ZygoteSettings
from sandbox.types import Tier, WallReport, standing_tier

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from sandbox.types import Analysis, AnalysisRequest, Execution, Job, StyleFacts

__all__ = ["Reading", "Sandbox", "SandboxSettings"]

T = TypeVar("T")
SPARES_PER_LANE = 2
"""How many more lanes stand by for each, to take its place while its answer takes long."""
_SWEEP_S = 1.0
"""How often to look for strays, at most: it means reading all of ``/proc``."""
_WARM_UP = '"""Warm up."""\nimport os\n\ndef f( x:int )->int :\n  return [ a+x for a in range(3) ] or f"{x!r}"\n'


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How a sandbox is built."""

    conductor: str
    """What puts an answer to an exam in the examiner process: ``module:function`` (see
    `sandbox.processes.harness.harness`)."""
    insider: str = field(default="", kw_only=True)
    """What holds exams in the answer's own process, for those that ask for that: ``module:class``; empty: nothing does.
    """
    paths: tuple[str, ...]
    """Where the conductor's module and the analyst's tools are found."""
    lanes: int = 1
    """How many answers run at a time, and how many analysts there are; at least 1."""
    isolation: Tier | None = None
    """The tier to use; ``None`` is the best the host has."""
    require_isolation: Tier | None = None
    """Refuse to start when the tier is below."""
    preload: tuple[str, ...] = SOLUTION_PRELOAD
    """Modules an answer may import."""
    max_source_bytes: int = 64 * 1024
    """Larger sources are refused unread."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an analyst will say of a source."""

    found: Future[Analysis]
    style: Future[StyleFacts | None]
    """``None`` when it cannot be measured; fails with a `SandboxError` when that is not the source's fault."""


class Sandbox:
    """Runs coroutines that have sources read and answers run. Not for use from several threads at once."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        own = str(Path(package.__path__[0]).parent)
        paths = (own, *(path for path in settings.paths if path != own))
        lanes = [
            Lane(
                ZygoteSettings(
                    preload=settings.preload,
                    roles={
                        SOLUTION: f"sandbox.processes.solution.solution:prepare|{settings.insider}",
                        EXAMINER: f"sandbox.processes.harness.harness:main_for|{settings.conductor}",
                    },
                    examiner=EXAMINER,
                    paths=paths,
                    uid=uid_of(number + 1),
                    probe=number == 0,
                    isolation=settings.isolation,
                    processes=True,
                )
            )
            for number in range(settings.lanes * (1 + SPARES_PER_LANE))
        ]
        self._lanes, self._spare_lanes = lanes[: settings.lanes], lanes[settings.lanes :]
        """One for each answer that is to run at a time; and those that start when they are needed."""
        self._analysts = Zygote(
            ZygoteSettings(
                preload=(),
                roles={ANALYST: f"sandbox.processes.analyzer.analyzer:main_after|{_WARM_UP}"},
                paths=paths,
                uid=uid_of(0),
                isolation=settings.isolation,
            )
        )
        self._seats = [Seat(self._analysts) for _ in range(settings.lanes)]
        self._renew()
        self._owner = os.getpid()
        self._started = False
        self._next_sweep = 0.0
        self.walls: tuple[WallReport, ...] = ()
        """Which walls stand; known once started."""

    def _renew(self) -> None:
        """Forget every coroutine, and with it every descriptor one waits for."""
        self._loop = Loop()
        self._lane_pool, self._seat_pool = Pool(self._lanes), Pool(self._seats)
        self._spares = list(self._spare_lanes)
        self._relieved: set[Lane] = set()
        self._wanted = 0
        """How many exams run or are to run."""

    def launch(self, lanes: int = 1) -> None:
        """Start processes, all at once, without waiting until they are ready; those that run stay.

        Args:
            lanes: for how many answers at a time; more are started when they are first needed.
        """
        for lane in self._lanes[:lanes]:
            lane.zygote.launch()
        self._analysts.launch()

    def start(self) -> None:
        """Have the processes for one answer at a time, and learn which walls stand.

        Raises:
            IsolationError: the host cannot give the tier that is demanded.
            ProcessLostError: the processes cannot start.
        """
        if self._started:
            return
        self.launch()
        self._loop.run([self._lanes[0].zygote.start()])
        self.walls = tuple(WallReport(**report) for report in self._lanes[0].zygote.walls)
        tier = standing_tier(self.walls)
        for demanded in (self.settings.isolation, self.settings.require_isolation):
            if demanded is not None and (tier is None or tier.rank < demanded.rank):
                self.close()
                standing = tier.value if tier is not None else "no tier at all"
                fallen = "; ".join(f"{wall.name}: {wall.reason}" for wall in self.walls if not wall.stands)
                raise IsolationError(
                    f"isolation {demanded.value} is demanded, this host has {standing} ({fallen or 'all walls stand'})"
                )
        if tier is None:
            self.close()
            fallen = "; ".join(f"{wall.name}: {wall.reason}" for wall in self.walls if not wall.stands)
            raise IsolationError(f"this host cannot isolate answers ({fallen})")
        self._started = True

    @property
    def tier(self) -> Tier | None:
        """The tier in use; ``None`` before the start."""
        return standing_tier(self.walls) if self._started else None

    @property
    def tags(self) -> set[int]:
        """What every process of this sandbox, and what descends from one, can be told by (`sandbox.scheduler.reaper`)."""
        return {zygote.tag for zygote in self._zygotes()}

    def _zygotes(self) -> list[Zygote]:
        return [self._analysts, *(lane.zygote for lane in (*self._lanes, *self._spare_lanes))]

    def run(self, flows: Iterable[Coroutine[Any, Any, T]], *, lanes: int | None = None) -> list[T]:
        """Run coroutines side by side until all are done; their results, in order.

        Args:
            flows: the coroutines.
            lanes: how many answers they will want to run at a time, so that the processes for it start together;
                ``None``: as many as they can.
        """
        flows = list(flows)
        try:
            self._begin(self.settings.lanes if lanes is None else lanes)
        except BaseException:
            for flow in flows:
                flow.close()  # or each would be warned of, as one that nobody has awaited
            raise
        try:
            results = self._loop.run(flows)
        except BaseException:
            self.close()
            raise
        self._sweep()
        return results

    def _begin(self, lanes: int) -> None:
        if os.getpid() != self._owner:
            raise IsolationError("a sandbox cannot be used across a fork: make one in each process")
        self.launch(lanes)
        self.start()

    def _sweep(self) -> None:
        """Look for processes that nobody knows of, where the kernel does not bring them to their zygote by itself.

        None can have been started, by the walls that stand; this is for the day on which one has.
        """
        now = time.monotonic()
        if now < self._next_sweep or any(wall.stands and wall.name == ORPHANS for wall in self.walls):
            return
        self._next_sweep = now + _SWEEP_S
        zygotes = self._zygotes()
        known = set[int]().union(
            *(lane.pids for lane in (*self._lanes, *self._spare_lanes)), *(seat.pids for seat in self._seats)
        )
        known.update(zygote.pid for zygote in zygotes if zygote.pid is not None)
        sweep(self.tags, spare=known, looks=1)

    def read(self, request: AnalysisRequest, *, deadline: float, style: bool = True) -> Reading:
        """Have a source read; call it inside a coroutine that `run` runs.

        Args:
            request: the source and what to look for.
            deadline: when the caller needs it (`time.monotonic`).
            style: whether to measure style too; it comes later than the rest.
        """
        reading = Reading(Future(), Future())
        if not style:
            reading.style.set(None)
        self._loop.spawn(self._read(request, deadline, reading))
        return reading

    async def _read(self, request: AnalysisRequest, deadline: float, reading: Reading) -> None:
        seat = await self._seat_pool.acquire()
        try:
            await seat.read(
                request,
                max_bytes=self.settings.max_source_bytes,
                deadline=deadline,
                found=reading.found,
                style=None if reading.style.done else reading.style,
            )
        finally:
            self._seat_pool.give_back(seat)

    async def execute(self, job: Job, *, deadline: float) -> Execution:
        """Put an answer to its exam, when a lane is free; call it inside a coroutine that `run` runs.

        A lane whose answer takes long is relieved by a spare one, so that it holds up nobody, and is spare afterwards.

        Args:
            job: what to do.
            deadline: when the caller needs the result (`time.monotonic`).
        """
        self._wanted += 1
        lane = await self._lane_pool.acquire()
        try:
            return await lane.execute(job, deadline, relieve=lambda: self._relieve(lane))
        finally:
            self._wanted -= 1
            if lane in self._relieved:
                self._relieved.remove(lane)
                self._spares.append(lane)
            else:
                self._lane_pool.give_back(lane)

    def _relieve(self, lane: Lane) -> bool:
        """Have a spare lane take the place of one, if others wait; whether others go before its answer."""
        if lane not in self._relieved:
            if not self._spares or self._wanted <= self.settings.lanes + len(self._relieved):
                return False
            self._relieved.add(lane)
            self._loop.spawn(self._open(self._spares.pop()))
        return self._wanted > len(self._relieved)

    async def _open(self, lane: Lane) -> None:
        with suppress(ProcessLostError):  # which says whoever uses it
            await lane.zygote.start()
        self._lane_pool.give_back(lane)

    def close(self) -> None:
        """End every process. The sandbox can be used again."""
        if os.getpid() != self._owner:
            return
        for seat in self._seats:
            seat.leave()
        for lane in (*self._lanes, *self._spare_lanes):
            lane.close()
        self._analysts.kill()
        self._renew()
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
