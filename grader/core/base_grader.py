"""The methods by which callers have samples graded, whatever grades them."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, Self

from grader.core.calls import Call

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from grader.config.settings import GraderConfig
    from grader.types import BadSample, Grade, Sample

__all__ = ["BaseGrader", "CallLoop"]

_NO_DEADLINE_S = 1e9


class CallLoop(Protocol):
    """Grades the samples of calls, beside the threads that make them."""

    def submit(self, call: Call, /) -> None:
        """Have the samples of a call graded."""

    def give_up(self, call: Call, /) -> None:
        """End a call whose caller does not want its grades any more; nothing if it has ended."""

    def close(self) -> None:
        """Fail the calls of other threads, and end what serves them. It can be used again."""


class BaseGrader:
    """Takes calls from any number of threads and event loops.

    Attributes:
        config: the settings.
    """

    config: GraderConfig
    _loop: CallLoop

    def close(self) -> None:
        """End what grades; calls of other threads raise `RuntimeError`. The grader can be used again."""
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def grade(self, sample: Sample, *, deadline_s: float | None = None) -> Grade:
        """Grade one sample; see `grade_batch`."""
        return self.grade_batch([sample], deadline_s=deadline_s)[0]

    def grade_batch(self, samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None) -> list[Grade]:
        """Grade samples, on all CPUs there are; equal ones once.

        Args:
            samples: what to grade.
            deadline_s: seconds from now by which the caller needs the result; what could not be graded by then, less
                the configured margin, is unscored. ``None``: no deadline.

        Returns:
            One grade for each sample, in their order.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
            RuntimeError: the grader was closed in the meantime, or the host has no room for a thread.
        """
        call = Call(samples, self._deadline(deadline_s))
        self._loop.submit(call)
        try:
            return _in_order(call)
        except BaseException:
            self._loop.give_up(call)  # Ctrl-C
            raise

    async def grade_async(self, sample: Sample, *, deadline_s: float | None = None) -> Grade:
        """Grade one sample; see `grade_batch_async`."""
        return (await self.grade_batch_async([sample], deadline_s=deadline_s))[0]

    async def grade_batch_async(
        self, samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None
    ) -> list[Grade]:
        """Grade samples as `grade_batch` does, for a caller in an event loop of asyncio, which goes on meanwhile.

        If the caller is cancelled, the samples are not graded any further, and what they held is free.

        Args:
            samples: what to grade.
            deadline_s: as in `grade_batch`.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
            RuntimeError: the grader was closed in the meantime, or the host has no room for a thread.
        """
        import asyncio  # noqa: PLC0415 - slow to import; whoever awaits this has it

        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not ended.done():
                ended.set_result(None)

        def on_end() -> None:
            with suppress(RuntimeError):  # the event loop is closed, so nobody waits
                loop.call_soon_threadsafe(wake)

        call = Call(samples, self._deadline(deadline_s), on_end=on_end)
        self._loop.submit(call)
        try:
            await ended
        except BaseException:
            self._loop.give_up(call)
            raise
        return _in_order(call)

    def grade_iter(
        self, samples: Sequence[Sample | BadSample], *, deadline_s: float | None = None
    ) -> Generator[tuple[int, Grade], None, None]:
        """Grade samples as `grade_batch` does, and yield each grade as soon as it is there.

        Grading begins with the first grade that is asked for, and goes on between two of them. If the iterator is
        closed early, the samples that are left are not graded, and what they held is free soon after.

        Args:
            samples: what to grade.
            deadline_s: as in `grade_batch`; counts from the call of this method.

        Yields:
            The position of a sample and its grade; each position once, in any order.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
            sandbox.errors.ProcessLostError: the sandbox cannot start.
            RuntimeError: the grader was closed in the meantime, the host has no room for a thread, or the iterator was
                begun before a fork.
        """
        # Here and not in the generator, which runs only when the first grade is asked for.
        return self._grade_iter(Call(samples, self._deadline(deadline_s)))

    def _grade_iter(self, call: Call) -> Generator[tuple[int, Grade], None, None]:
        self._loop.submit(call)
        try:
            yield from call
        finally:
            self._loop.give_up(call)

    def _deadline(self, deadline_s: float | None) -> float:
        """Return the time at which the grades of a call that begins now are needed (`time.monotonic`)."""
        left_s = _NO_DEADLINE_S if deadline_s is None else max(0.0, deadline_s - self.config.deadline_margin_s)
        return time.monotonic() + left_s


def _in_order(call: Call) -> list[Grade]:
    grades = call.take()
    return [grades[index] for index in range(len(call.samples))]
