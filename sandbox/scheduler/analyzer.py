"""A seat: where an analyst reads sources, one at a time."""

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
"""CPU seconds an analyst may spend on parsing, compiling and the policy: honest sources take milliseconds."""
_STYLE_CPU_S = 6.0
"""CPU seconds it may spend on black and pyflakes."""
_MAX_CRASHES = 2
"""How many analysts a source must have crashed to be blamed for it."""
_MAX_LOSSES = 2
"""How many may be lost over it in other ways before it is given up."""
_SOURCES_PER_PROCESS = 2000
"""Sources after which an analyst is replaced, so that whatever its tools keep is let go."""


class _CrashedError(Exception):
    """The source has killed two analysts."""


class _DeadlineError(Exception):
    """The caller's deadline has come."""


class AnalyzerClient:
    """An analyst that is replaced when a source kills it or wears it out."""

    def __init__(self, zygote: Zygote) -> None:
        self._zygote = zygote
        self._analyzer: ForkedProcess | None = None
        self._served = 0
        self._idle = True

    @property
    def pids(self) -> set[int]:
        """Its processes, as long as it is idle."""
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
        """Have one source read; both futures are done then, whatever happens.

        Args:
            request: the source and what to look for.
            max_bytes: larger sources are refused unread.
            deadline: when the caller needs it (`time.monotonic`).
            analysis: gets what was analysis, before style is measured.
            style: gets the style, which is ``None`` when it cannot be measured; fails with a `SandboxError` when that
                is no fault of the source's. ``None`` when nobody wants it.
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
            analysis.set(Analysis(AnalysisStatus.INTERNAL, detail="the analyst failed"))
            if style is not None:
                style.set(None)

    def stop(self) -> None:
        """Let the analyst go, and end it, whatever it is doing."""
        analyzer, self._analyzer = self._analyzer, None
        if analyzer is not None:
            analyzer.close()
            self._zygote.kill_child(analyzer)
        self._idle = True

    async def _analyze(
        self,
        request: AnalysisRequest,
        max_bytes: int,
        deadline: float,
        analysis: Future[Analysis],
        style: Future[StyleFacts | None] | None,
    ) -> None:
        """Try until it is read, or known why it cannot be."""
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
                crashed = await self._crashed(analyzer, deadline)
                self.stop()
                crashes, losses = crashes + crashed, losses + (not crashed)
                if crashes == _MAX_CRASHES:
                    raise _CrashedError from None
                if losses == _MAX_LOSSES:
                    raise
            else:
                return

    async def _crashed(self, analyzer: ForkedProcess, deadline: float) -> bool:
        """Whether an analyst that is lost has ended by itself, as one does that a source has crashed."""
        try:
            ending = await self._zygote.exit_info_of(analyzer, deadline)
        except ProcessLostError:
            return False
        return ending is not None and not ending.was_killed

    async def _ready_analyzer(self, deadline: float) -> ForkedProcess:
        """The analyst, forked when there is none.

        Raises:
            ProcessLostError: none can be had.
        """
        if time.monotonic() >= deadline:
            raise _DeadlineError
        if self._analyzer is not None and self._served >= _SOURCES_PER_PROCESS:
            self.stop()
        if self._analyzer is None:
            try:
                self._analyzer = await self._zygote.fork(ANALYZER, deadline)
            except ProcessLostError:
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
    """The next reply, unless the analyst uses up its CPU seconds first: a busy host makes no source worse."""
    reply = await analyzer.receive(deadline, cpu_s=cpu_s)
    if reply is None:
        raise _DeadlineError
    return reply


def _report_internal(analysis: Future[Analysis], style: Future[StyleFacts | None] | None, why: str) -> None:
    """Nothing is known of the source, or nothing of its style, and not for a reason of its own."""
    if style is not None and analysis.done:
        style.fail(ProcessLostError(f"its style is not known: {why}"))
    analysis.set(Analysis(AnalysisStatus.INTERNAL, detail=why))
