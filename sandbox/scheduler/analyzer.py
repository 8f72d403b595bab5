"""An analyzer client: has sources analyzed, one at a time, in a process that is replaced when a source kills it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.errors import ProcessLostError, ProcessSpentError, SandboxError
from sandbox.wire.analysis import Analysis, AnalysisRequest, AnalysisStatus, StyleFacts
from sandbox.wire.values import decode, encode
from sandbox.wire.zygote_protocol import ANALYZER

if TYPE_CHECKING:
    from sandbox.scheduler.forked_process import ForkedProcess
    from sandbox.scheduler.loop import Future
    from sandbox.scheduler.zygote import Zygote

__all__ = ["AnalyzerClient"]

_INSPECT_CPU_S = 3.0
"""CPU seconds an analyzer may use for parsing, compiling and the policy: honest sources take milliseconds."""
_STYLE_CPU_S = 6.0
"""CPU seconds it may use for black and pyflakes."""
_MAX_CRASHES = 2
"""Number of analyzers that a source must have crashed to be blamed for it."""
_MAX_LOSSES = 2
"""Number of analyzers that may be lost over a source in other ways before it is given up."""
_SOURCES_PER_PROCESS = 2000
"""Number of sources after which an analyzer is replaced, so that whatever its tools keep is freed."""


class _CrashedError(Exception):
    """The source has crashed two analyzers."""


class _DeadlineError(Exception):
    """The caller's deadline has come."""


class AnalyzerClient:
    """An analyzer process, replaced when a source kills it or its memory has grown too much."""

    def __init__(self, zygote: Zygote) -> None:
        self._zygote = zygote
        self._analyzer: ForkedProcess | None = None
        self._served = 0
        self._idle = True
        """False while a reply is due, and after a reply that was not read: then the process cannot be used again."""

    @property
    def pids(self) -> set[int]:
        """Pids of its processes while it is idle."""
        return set() if self._analyzer is None else {self._analyzer.inner_pid}

    async def analyze(
        self,
        request: AnalysisRequest,
        *,
        max_bytes: int,
        deadline: float,
        analysis: Future[Analysis],
        style: Future[StyleFacts | None] | None,
    ) -> None:
        """Have one source analyzed. Both futures are done then, whatever happens.

        Args:
            request: the source and what to look for.
            max_bytes: size above which a source is refused before it is parsed.
            deadline: time by which the caller needs it (`time.monotonic`).
            analysis: gets the analysis, before style is measured.
            style: gets the style, ``None`` if it cannot be measured; fails with a `SandboxError` if that is not the
                source's fault. ``None`` if style is not to be measured.
        """
        try:
            await self._analyze(request, max_bytes, deadline, analysis, style)
        except ProcessSpentError:
            analysis.set(Analysis(AnalysisStatus.EXHAUSTED, detail="the parser or compiler ran out of time"))
        except _CrashedError:
            analysis.set(Analysis(AnalysisStatus.EXHAUSTED, detail="the parser or compiler crashed, twice"))
        except _DeadlineError:
            _report_internal(analysis, style, "the deadline came before the source was read")
        except SandboxError as error:
            _report_internal(analysis, style, str(error))
        finally:
            if not self._idle:
                self.stop()
            # An error that is none of these comes through, and whoever waits for the futures must not wait for ever.
            if not analysis.done:
                analysis.set(Analysis(AnalysisStatus.INTERNAL, detail="the analyzer failed"))
            if style is not None and not style.done:
                style.set(None)

    def stop(self) -> None:
        """Kill the process, whatever it is doing, without waiting."""
        analyzer, self._analyzer = self._analyzer, None
        if analyzer is not None:
            analyzer.close()
            self._zygote.kill_child(analyzer)
        self._idle = True

    def abandon(self) -> None:
        """Close the descriptor, in a forked copy, and end no process."""
        if self._analyzer is not None:
            self._analyzer.close()
            self._analyzer = None
        self._idle = True

    async def _analyze(
        self,
        request: AnalysisRequest,
        max_bytes: int,
        deadline: float,
        analysis: Future[Analysis],
        style: Future[StyleFacts | None] | None,
    ) -> None:
        """Try until the source is analyzed, or the reason is known why it cannot be."""
        crashes = losses = 0
        while True:
            analyzer = await self._ready_analyzer(deadline)
            try:
                await self._attempt(analyzer, request, max_bytes, deadline, analysis, style)
            except ProcessSpentError:
                raise
            except ProcessLostError:
                if time.monotonic() >= deadline:
                    raise _DeadlineError from None
                # A host that is out of memory kills analyzers, too. So a source is blamed only for processes that ended
                # by themselves, and only if that happens twice.
                crashed = await self._has_crashed(analyzer, deadline)
                self.stop()
                crashes, losses = crashes + crashed, losses + (not crashed)
                if crashes == _MAX_CRASHES:
                    raise _CrashedError from None
                if losses == _MAX_LOSSES:
                    raise
            else:
                return

    async def _has_crashed(self, analyzer: ForkedProcess, deadline: float) -> bool:
        """Return whether a process that is lost has ended by itself, other than by SIGKILL."""
        try:
            exit_info = await self._zygote.end_and_exit_info(analyzer, deadline)
        except ProcessLostError:
            return False
        return exit_info is not None and not exit_info.was_killed

    async def _ready_analyzer(self, deadline: float) -> ForkedProcess:
        """Return the process, forked if there is none.

        Raises:
            ProcessLostError: none can be forked.
        """
        if time.monotonic() >= deadline:
            raise _DeadlineError
        if self._analyzer is not None and self._served >= _SOURCES_PER_PROCESS:
            self.stop()
        if self._analyzer is None:
            try:
                self._analyzer = await self._zygote.fork(ANALYZER, deadline)
            except ProcessLostError:
                # The zygote may have died since its last use. It has been ended, and this fork starts another.
                if time.monotonic() >= deadline:
                    raise _DeadlineError from None
                self._analyzer = await self._zygote.fork(ANALYZER, deadline)
            self._served = 0
        self._served += 1
        return self._analyzer

    async def _attempt(
        self,
        analyzer: ForkedProcess,
        request: AnalysisRequest,
        max_bytes: int,
        deadline: float,
        analysis: Future[Analysis],
        style: Future[StyleFacts | None] | None,
    ) -> None:
        self._idle = False
        await analyzer.send(encode([request.pack(), max_bytes, style is not None]), deadline)
        analysis.set(Analysis.unpack(decode(await _reply(analyzer, deadline, _INSPECT_CPU_S))))
        memory_exceeded, facts = decode(await _reply(analyzer, deadline, _STYLE_CPU_S))
        self._idle = not memory_exceeded
        if style is not None:
            style.set(None if facts is None else StyleFacts.unpack(facts))


async def _reply(analyzer: ForkedProcess, deadline: float, cpu_s: float) -> bytes:
    """Receive the next reply, unless the analyzer uses up its CPU seconds first.

    CPU seconds, because the same source must get the same analysis on a busy host.
    """
    reply = await analyzer.receive(deadline, cpu_s=cpu_s)
    if reply is None:
        raise _DeadlineError
    return reply


def _report_internal(analysis: Future[Analysis], style: Future[StyleFacts | None] | None, why: str) -> None:
    """Report that nothing is known of the source, or of its style, for a reason that is not the source's."""
    if style is not None and analysis.done:
        style.fail(ProcessLostError(f"its style is not known: {why}"))
    analysis.set(Analysis(AnalysisStatus.INTERNAL, detail=why))
