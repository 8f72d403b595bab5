"""The sandbox: analyzes sources and runs answers, in processes that it starts, watches and ends."""

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
from sandbox.scheduler.loop import Future, Loop
from sandbox.scheduler.pool import Pool
from sandbox.scheduler.reaper import reap
from sandbox.scheduler.zygote import Zygote, ZygoteSettings
from sandbox.types import Analysis, AnalysisStatus, Execution, ExecutionStatus, LayerReport, Tier, active_tier
from sandbox.wire.zygote_protocol import ANALYZER, HARNESS, SOLUTION

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Iterable

    from sandbox.types import AnalysisRequest, Job, StyleFacts

__all__ = ["PendingAnalysis", "Sandbox", "SandboxSettings"]

T = TypeVar("T")
SPARES_PER_EXECUTOR = 2
"""Number of spare executors for each one, to take its place while its answer takes long; fewer if memory is short."""
_REAP_INTERVAL_S = 1.0
"""Shortest time between two searches for orphans: each reads all of ``/proc``."""
_WARM_UP = '"""Warm up."""\nimport os\n\ndef f( x:int )->int :\n  return [ a+x for a in range(3) ] or f"{x!r}"\n'
"""Source that makes the analyzer's tools load all that they load late."""


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Configuration of a sandbox."""

    runner: str
    """Function that runs the tests in the harness: ``module:function`` (`sandbox.processes.harness.harness`)."""
    preparer: str = field(default="sandbox.processes.loading:prepare_nothing", kw_only=True)
    """Function that prepares to run a test spec against many answers: ``module:function``."""
    in_process_runner: str = field(default="", kw_only=True)
    """Class that runs tests in the answer's own process, for specs that ask for that: ``module:class``; empty: none."""
    paths: tuple[str, ...]
    """Folders where the runner's module and the analyzer's tools are found."""
    workers: int = 1
    """Number of answers that run at a time, and number of analyzers; at least 1."""
    spares: int | None = None
    """Number of spare executors; ``None``: `SPARES_PER_EXECUTOR` for each worker."""
    isolation: Tier | None = None
    """Tier to use; ``None``: the best the host has."""
    require_isolation: Tier | None = None
    """Lowest tier to start with."""
    preload: tuple[str, ...] = SOLUTION_PRELOAD
    """Modules an answer may import."""
    max_source_bytes: int = 64 * 1024
    """Size above which a source is refused before it is parsed."""


@dataclass(frozen=True, slots=True)
class PendingAnalysis:
    """Report on a source that is being analyzed."""

    analysis: Future[Analysis]
    style: Future[StyleFacts | None]
    """``None`` if style cannot be measured; fails with a `SandboxError` if that is not the source's fault."""


class Sandbox:
    """Runs coroutines that have sources analyzed and answers run. Not safe to use from several threads at once."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        own = str(Path(package.__path__[0]).parent)
        paths = (own, *(path for path in settings.paths if path != own))
        # A user for each zygote, when root: the answers of one cannot signal those of another (kill(2)). The layers are
        # the same for all, so one probes them.
        spares = SPARES_PER_EXECUTOR * settings.workers if settings.spares is None else settings.spares
        executors = [
            Executor(
                ZygoteSettings(
                    preload=settings.preload,
                    roles={
                        SOLUTION: f"sandbox.processes.solution.process:prepare|{settings.in_process_runner}",
                        HARNESS: f"sandbox.processes.harness.harness:prepare|{settings.runner} {settings.preparer}",
                    },
                    harness=HARNESS,
                    small="sandbox.processes.solution.process:prepare_small",
                    paths=paths,
                    uid=uid_of(number + 1),
                    probe=number == 0,
                    isolation=settings.isolation,
                    runs_solutions=True,
                    title="zygote of solutions",
                )
            )
            for number in range(settings.workers + spares)
        ]
        # Zygotes start when they are first needed, so spare executors cost nothing until an answer takes long.
        self._executors, self._spare_executors = executors[: settings.workers], executors[settings.workers :]
        self._analyzer_zygote = Zygote(
            ZygoteSettings(
                preload=(),
                roles={ANALYZER: f"sandbox.processes.analyzer.analyzer:prepare|{_WARM_UP}"},
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
        self._launched = 0
        """Number of executors launched. One whose zygote has died launches another when it is used."""
        self.tier: Tier | None = None
        """Tier in use; ``None`` before the start."""
        self._next_reap = 0.0
        self.layers: tuple[LayerReport, ...] = ()
        """Reports on the isolation layers; empty before the start."""

    def _renew(self) -> None:
        """Forget every coroutine, and with it every descriptor that one waits for."""
        self.loop = Loop()
        """Runs all coroutines; those of `run_iter` may spawn others on it, and emit items."""
        self._executor_pool, self._analyzer_pool = Pool(self._executors), Pool(self._analyzer_clients)
        self._spares = list(self._spare_executors)
        self._yielded: set[Executor] = set()
        """Executors whose place in the pool a spare one has taken."""
        self._jobs = self._analyses = 0
        """Numbers of jobs and of analyses that run or wait."""

    def launch(self, workers: int = 1) -> None:
        """Start processes, all at once, without waiting until they are ready; those that run stay.

        Args:
            workers: number of answers that will run at a time; more processes are started when they are first needed.
        """
        self._launched = max(self._launched, workers)
        for executor in self._executors[:workers]:
            executor.zygote.launch()
        self._analyzer_zygote.launch()

    def start(self) -> None:
        """Start the processes for one answer at a time, and learn which isolation layers are active.

        Raises:
            IsolationError: the host cannot give the tier that is demanded.
            ProcessLostError: the processes cannot start.
        """
        if self._started:
            return
        self.launch()
        self.loop.run([self._executors[0].zygote.start()])
        self.layers = tuple(LayerReport(**report) for report in self._executors[0].zygote.layers)
        # A demanded tier never falls back to a lower one: the grades would rest on less isolation than was asked for.
        tier = active_tier(self.layers)
        missing = "; ".join(f"{layer.name}: {layer.reason}" for layer in self.layers if not layer.active)
        for demanded in (self.settings.isolation, self.settings.require_isolation):
            if demanded is not None and (tier is None or tier.rank < demanded.rank):
                self.close()
                actual = tier.value if tier is not None else "no tier at all"
                raise IsolationError(
                    f"isolation {demanded.value} is demanded, this host has {actual} "
                    f"({missing or 'all isolation layers are active'})"
                )
        if tier is None:
            self.close()
            raise IsolationError(f"this host cannot isolate answers ({missing})")
        self._started, self.tier = True, tier

    @property
    def tags(self) -> set[int]:
        """Tags of all processes of this sandbox and their descendants (`sandbox.scheduler.reaper`)."""
        return {zygote.tag for zygote in self._zygotes()}

    def _zygotes(self) -> list[Zygote]:
        return [self._analyzer_zygote, *(executor.zygote for executor in (*self._executors, *self._spare_executors))]

    def run(self, coroutines: Iterable[Coroutine[Any, Any, T]], *, workers: int | None = None) -> list[T]:
        """Run coroutines side by side until all are done, and return their results, in order.

        Args:
            coroutines: what to run.
            workers: number of answers they will run at a time, so that the processes for these start together;
                ``None``: as many as the settings allow.
        """
        emitted = self.run_iter(coroutines, workers=workers)
        while True:
            try:
                next(emitted)
            except StopIteration as end:
                results: list[T] = end.value
                return results

    def run_iter(
        self, coroutines: Iterable[Coroutine[Any, Any, T]], *, workers: int | None = None
    ) -> Generator[Any, None, list[T]]:
        """Run coroutines side by side, and yield what they emit on `loop`.

        If the caller stops before all are done, or one fails, all coroutines are closed and all processes killed.

        Args:
            coroutines: what to run.
            workers: as in `run`.

        Yields:
            The emitted items, in order.

        Returns:
            The results of the coroutines, in order.
        """
        coroutines = list(coroutines)
        try:
            self._begin(self.settings.workers if workers is None else workers)
        except BaseException:
            for coroutine in coroutines:
                coroutine.close()  # or Python would warn that it was never awaited
            raise
        futures = self.loop.spawn_all(coroutines)
        try:
            results = yield from self.loop.run_iter(futures)
        except BaseException as error:
            if isinstance(error, GeneratorExit) and all(future.done for future in futures):
                raise  # the caller has stopped at the last item, and nothing runs any more
            # The other coroutines are unfinished, and a process that one of them waits for may still reply: so all end.
            self.close()
            raise
        self.reap_strays()
        return results

    def _begin(self, workers: int) -> None:
        if os.getpid() != self._owner:
            # Both processes would read replies from the same sockets.
            raise IsolationError("a sandbox cannot be used across a fork: make one in each process")
        if not self._started or workers > self._launched:
            self.launch(workers)
        self.start()

    def reap_strays(self) -> None:
        """Kill tagged processes that are not ours, where the kernel does not make them children of their zygote.

        Nothing happens while jobs or analyses run, which have processes of their own, nor soon after the last time.

        The active layers let no answer start a process. This search is a second line, for the day on which one does.
        """
        now = time.monotonic()
        if (
            self._jobs
            or self._analyses
            or now < self._next_reap
            or any(layer.active and layer.name == ORPHANS for layer in self.layers)
        ):
            return
        self._next_reap = now + _REAP_INTERVAL_S
        zygotes = self._zygotes()
        known = set[int]().union(
            *(executor.pids for executor in (*self._executors, *self._spare_executors)),
            *(analyzer_client.pids for analyzer_client in self._analyzer_clients),
        )
        known.update(pid for zygote in zygotes for pid in (zygote.pid, zygote.small_pid) if pid is not None)
        reap(self.tags, spare=known, rounds=1)

    def analyze(self, request: AnalysisRequest, *, deadline: float, style: bool = True) -> PendingAnalysis:
        """Start to analyze a source. Call this in a coroutine that `run` runs.

        Args:
            request: the source and what to look for.
            deadline: time by which the caller needs it (`time.monotonic`).
            style: whether to measure style too; that comes later than the rest.
        """
        pending = PendingAnalysis(Future(), Future())
        if not style:
            pending.style.set(None)
        # Not awaited: the caller can run the tests while style is measured.
        self.loop.spawn(self._analyze(request, deadline, pending))
        return pending

    async def _analyze(self, request: AnalysisRequest, deadline: float, pending: PendingAnalysis) -> None:
        self._analyses += 1
        try:
            await self._analyze_with(await self._analyzer_pool.acquire(deadline=deadline), request, deadline, pending)
        except TimeoutError:
            late = "the deadline came before the source was read"
            pending.analysis.set(Analysis(AnalysisStatus.INTERNAL, detail=late))
            pending.style.set(None)
        finally:
            self._analyses -= 1

    async def _analyze_with(
        self, analyzer_client: AnalyzerClient, request: AnalysisRequest, deadline: float, pending: PendingAnalysis
    ) -> None:
        try:
            await analyzer_client.analyze(
                request,
                max_bytes=self.settings.max_source_bytes,
                deadline=deadline,
                analysis=pending.analysis,
                style=None if pending.style.done else pending.style,
            )
        finally:
            self._analyzer_pool.release(analyzer_client)

    async def execute(self, job: Job, *, deadline: float, owner: object = None) -> Execution:
        """Run the tests against an answer when an executor is free. Call this in a coroutine that `run` runs.

        An executor whose answer takes long is replaced by a spare one, so that it holds up no other job. It becomes a
        spare one when it is done.

        Args:
            job: the answer and its tests.
            deadline: time by which the caller needs the result (`time.monotonic`).
            owner: on whose behalf; an executor goes to the owner that has the fewest.
        """
        self._jobs += 1
        try:
            executor = await self._executor_pool.acquire(deadline=deadline, owner=owner, topic=job.spec)
        except TimeoutError:
            self._jobs -= 1
            return Execution(ExecutionStatus.DEADLINE, detail="no executor was free before the deadline")
        except BaseException:
            self._jobs -= 1
            raise
        try:
            return await executor.execute(job, deadline, yield_slot=lambda: self._yield_slot(executor))
        finally:
            self._jobs -= 1
            if executor in self._yielded:
                self._yielded.remove(executor)
                self._spares.append(executor)
                self._executor_pool.forget(owner)
            else:
                self._executor_pool.release(executor, owner)

    def _yield_slot(self, executor: Executor) -> bool:
        """Have a spare executor take the place of one, if other jobs wait.

        Returns:
            True if other answers are to run before this one's.
        """
        if executor not in self._yielded:
            # Without a job that waits, or a spare to run it, a lower priority would only slow the answer down.
            if not self._spares or self._jobs <= self.settings.workers + len(self._yielded):
                return False
            self._yielded.add(executor)
            self.loop.spawn(self._add_to_pool(self._spares.pop()))
        return self._jobs > len(self._yielded)

    async def _add_to_pool(self, executor: Executor) -> None:
        with suppress(ProcessLostError):  # the job that uses it tries again, and reports the error
            await executor.zygote.start()
        self._executor_pool.add(executor)

    def close(self) -> None:
        """End every process. The sandbox can be used again."""
        if os.getpid() != self._owner:
            return  # a forked copy must not end the processes of the original
        self.loop.close()
        for analyzer_client in self._analyzer_clients:
            analyzer_client.stop()
        for executor in (*self._executors, *self._spare_executors):
            executor.close()
        self._analyzer_zygote.kill()
        self._renew()
        self._started, self.tier, self._launched = False, None, 0

    def abandon(self) -> None:
        """Let go of all processes, in a forked copy: close the descriptors to them, and end none.

        While the copy has them open, the processes would not see the end of the original.
        """
        for analyzer_client in self._analyzer_clients:
            analyzer_client.abandon()
        for executor in (*self._executors, *self._spare_executors):
            executor.abandon()
        self._analyzer_zygote.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
