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
from sandbox.scheduler.analyzer import AnalyzerClient
from sandbox.scheduler.executor import Executor
from sandbox.scheduler.loop import Future, Loop, Pool
from sandbox.scheduler.reaper import reap
from sandbox.scheduler.zygote import Zygote, ZygoteSettings
from sandbox.types import LayerReport, Tier, active_tier
from sandbox.wire.zygote_protocol import ANALYZER, HARNESS, SOLUTION

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterable

    from sandbox.types import Analysis, AnalysisRequest, Execution, Job, StyleFacts

__all__ = ["PendingAnalysis", "Sandbox", "SandboxSettings"]

T = TypeVar("T")
SPARES_PER_EXECUTOR = 2
"""How many more lanes stand by for each, to take its place while its answer takes long."""
_REAP_INTERVAL_S = 1.0
"""How often to look for strays, at most: it means reading all of ``/proc``."""
_WARM_UP = '"""Warm up."""\nimport os\n\ndef f( x:int )->int :\n  return [ a+x for a in range(3) ] or f"{x!r}"\n'


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """How a sandbox is built."""

    runner: str
    """What puts an answer to an exam in the examiner process: ``module:function`` (see
    `sandbox.processes.harness.harness`)."""
    in_process_runner: str = field(default="", kw_only=True)
    """What holds exams in the answer's own process, for those that ask for that: ``module:class``; empty: nothing does.
    """
    paths: tuple[str, ...]
    """Where the conductor's module and the analyst's tools are found."""
    workers: int = 1
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
class PendingAnalysis:
    """What an analyst will say of a source."""

    analysis: Future[Analysis]
    style: Future[StyleFacts | None]
    """``None`` when it cannot be measured; fails with a `SandboxError` when that is not the source's fault."""


class Sandbox:
    """Runs coroutines that have sources read and answers run. Not for use from several threads at once."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        own = str(Path(package.__path__[0]).parent)
        paths = (own, *(path for path in settings.paths if path != own))
        workers = [
            Executor(
                ZygoteSettings(
                    preload=settings.preload,
                    roles={
                        SOLUTION: f"sandbox.processes.solution.solution:prepare|{settings.in_process_runner}",
                        HARNESS: f"sandbox.processes.harness.harness:main_for|{settings.runner}",
                    },
                    harness=HARNESS,
                    paths=paths,
                    uid=uid_of(number + 1),
                    probe=number == 0,
                    isolation=settings.isolation,
                    runs_solutions=True,
                    title="zygote of solutions",
                )
            )
            for number in range(settings.workers * (1 + SPARES_PER_EXECUTOR))
        ]
        self._executors, self._spare_executors = workers[: settings.workers], workers[settings.workers :]
        """One for each answer that is to run at a time; and those that start when they are needed."""
        self._analyzer_zygote = Zygote(
            ZygoteSettings(
                preload=(),
                roles={ANALYZER: f"sandbox.processes.analyzer.analyzer:main_after|{_WARM_UP}"},
                paths=paths,
                uid=uid_of(0),
                isolation=settings.isolation,
                title="zygote of analyzers",
            )
        )
        self._analyzer_clients = [AnalyzerClient(self._analyzer_zygote) for _ in range(settings.workers)]
        self._renew()
        self._owner = os.getpid()
        self._started = False
        self._next_reap = 0.0
        self.layers: tuple[LayerReport, ...] = ()
        """Which walls stand; known once started."""

    def _renew(self) -> None:
        """Forget every coroutine, and with it every descriptor one waits for."""
        self._loop = Loop()
        self._executor_pool, self._analyzer_pool = Pool(self._executors), Pool(self._analyzer_clients)
        self._spares = list(self._spare_executors)
        self._yielded: set[Executor] = set()
        self._wanted = 0
        """How many exams run or are to run."""

    def launch(self, workers: int = 1) -> None:
        """Start processes, all at once, without waiting until they are ready; those that run stay.

        Args:
            workers: for how many answers at a time; more are started when they are first needed.
        """
        for executor in self._executors[:workers]:
            executor.zygote.launch()
        self._analyzer_zygote.launch()

    def start(self) -> None:
        """Have the processes for one answer at a time, and learn which walls stand.

        Raises:
            IsolationError: the host cannot give the tier that is demanded.
            ProcessLostError: the processes cannot start.
        """
        if self._started:
            return
        self.launch()
        self._loop.run([self._executors[0].zygote.start()])
        self.layers = tuple(LayerReport(**report) for report in self._executors[0].zygote.layers)
        tier = active_tier(self.layers)
        for demanded in (self.settings.isolation, self.settings.require_isolation):
            if demanded is not None and (tier is None or tier.rank < demanded.rank):
                self.close()
                standing = tier.value if tier is not None else "no tier at all"
                fallen = "; ".join(f"{layer.name}: {layer.reason}" for layer in self.layers if not layer.active)
                raise IsolationError(
                    f"isolation {demanded.value} is demanded, this host has {standing} ({fallen or 'all walls stand'})"
                )
        if tier is None:
            self.close()
            fallen = "; ".join(f"{layer.name}: {layer.reason}" for layer in self.layers if not layer.active)
            raise IsolationError(f"this host cannot isolate answers ({fallen})")
        self._started = True

    @property
    def tier(self) -> Tier | None:
        """The tier in use; ``None`` before the start."""
        return active_tier(self.layers) if self._started else None

    @property
    def tags(self) -> set[int]:
        """Environment tags of every process of this sandbox and its descendants (`sandbox.scheduler.reaper`)."""
        return {zygote.tag for zygote in self._zygotes()}

    def _zygotes(self) -> list[Zygote]:
        return [self._analyzer_zygote, *(executor.zygote for executor in (*self._executors, *self._spare_executors))]

    def run(self, flows: Iterable[Coroutine[Any, Any, T]], *, workers: int | None = None) -> list[T]:
        """Run coroutines side by side until all are done; their results, in order.

        Args:
            flows: the coroutines.
            workers: how many answers they will want to run at a time, so that the processes for it start together;
                ``None``: as many as they can.
        """
        rounds = self.run_iter(flows, workers=workers)
        while True:
            try:
                next(rounds)
            except StopIteration as end:
                results: list[T] = end.value
                return results

    def run_iter(
        self, flows: Iterable[Coroutine[Any, Any, T]], *, workers: int | None = None
    ) -> Generator[None, None, list[T]]:
        """Run coroutines side by side, and pause whenever all of them wait, so that the caller can take what is there.

        When the caller stops early, or an error comes through, every coroutine is closed and every process ended.

        Args:
            flows: the coroutines.
            workers: as in `run`.

        Returns:
            The results of the coroutines, in order.
        """
        flows = list(flows)
        try:
            self._begin(self.settings.workers if workers is None else workers)
        except BaseException:
            for flow in flows:
                flow.close()  # or each would be warned of, as one that nobody has awaited
            raise
        try:
            futures = [self._loop.spawn(flow) for flow in flows]
            yield from self._loop.rounds(futures)
            results = [future.outcome() for future in futures]
        except BaseException:  # GeneratorExit, too: the caller has stopped early
            self.close()
            raise
        self._reap_orphans()
        return results

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run one more coroutine beside those of `run`, from inside one of them."""
        return self._loop.spawn(coroutine)

    def _begin(self, workers: int) -> None:
        if os.getpid() != self._owner:
            raise IsolationError("a sandbox cannot be used across a fork: make one in each process")
        self.launch(workers)
        self.start()

    def _reap_orphans(self) -> None:
        """Look for processes that nobody knows of, where the kernel does not bring them to their zygote by itself.

        None can have been started, by the walls that stand; this is for the day on which one has.
        """
        now = time.monotonic()
        if now < self._next_reap or any(layer.active and layer.name == ORPHANS for layer in self.layers):
            return
        self._next_reap = now + _REAP_INTERVAL_S
        zygotes = self._zygotes()
        known = set[int]().union(
            *(executor.pids for executor in (*self._executors, *self._spare_executors)),
            *(analyzer_client.pids for analyzer_client in self._analyzer_clients),
        )
        known.update(zygote.pid for zygote in zygotes if zygote.pid is not None)
        reap(self.tags, spare=known, rounds=1)

    def analyze(self, request: AnalysisRequest, *, deadline: float, style: bool = True) -> PendingAnalysis:
        """Have a source read; call it inside a coroutine that `run` runs.

        Args:
            request: the source and what to look for.
            deadline: when the caller needs it (`time.monotonic`).
            style: whether to measure style too; it comes later than the rest.
        """
        reading = PendingAnalysis(Future(), Future())
        if not style:
            reading.style.set(None)
        self._loop.spawn(self._analyze(request, deadline, reading))
        return reading

    async def _analyze(self, request: AnalysisRequest, deadline: float, reading: PendingAnalysis) -> None:
        analyzer_client = await self._analyzer_pool.acquire()
        try:
            await analyzer_client.analyze(
                request,
                max_bytes=self.settings.max_source_bytes,
                deadline=deadline,
                analysis=reading.analysis,
                style=None if reading.style.done else reading.style,
            )
        finally:
            self._analyzer_pool.release(analyzer_client)

    async def execute(self, job: Job, *, deadline: float) -> Execution:
        """Put an answer to its exam, when a lane is free; call it inside a coroutine that `run` runs.

        A lane whose answer takes long is relieved by a spare one, so that it holds up nobody, and is spare afterwards.

        Args:
            job: what to do.
            deadline: when the caller needs the result (`time.monotonic`).
        """
        self._wanted += 1
        executor = await self._executor_pool.acquire()
        try:
            return await executor.execute(job, deadline, yield_slot=lambda: self._yield_slot(executor))
        finally:
            self._wanted -= 1
            if executor in self._yielded:
                self._yielded.remove(executor)
                self._spares.append(executor)
            else:
                self._executor_pool.release(executor)

    def _yield_slot(self, executor: Executor) -> bool:
        """Have a spare lane take the place of one, if others wait; whether others go before its answer."""
        if executor not in self._yielded:
            if not self._spares or self._wanted <= self.settings.workers + len(self._yielded):
                return False
            self._yielded.add(executor)
            self._loop.spawn(self._open(self._spares.pop()))
        return self._wanted > len(self._yielded)

    async def _open(self, executor: Executor) -> None:
        with suppress(ProcessLostError):  # which says whoever uses it
            await executor.zygote.start()
        self._executor_pool.release(executor)

    def close(self) -> None:
        """End every process. The sandbox can be used again."""
        if os.getpid() != self._owner:
            return
        self._loop.close()
        for analyzer_client in self._analyzer_clients:
            analyzer_client.stop()
        for executor in (*self._executors, *self._spare_executors):
            executor.close()
        self._analyzer_zygote.kill()
        self._renew()
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
