"""Send many batches at a time, and retry until each sample has its grade."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from grader.core.scoring import unscored_grade
from grader.errors import CloudError, GraderError
from grader.tools.remote.function import InvocationError, Remedy
from grader.tools.remote.payloads import ResponseError, batches, read_response, request_payload
from grader.tools.remote.retry import RetryBudget, RetryLimits
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.tools.remote.payloads import RequestItem
    from grader.types import Grade

__all__ = ["FanOut", "ItemResult"]

_BATCHES_PER_WORKER = 2
"""Batches handed out for each thread: the one it works on, and the next."""


class Invocable(Protocol):
    """A function that batches are sent to; see `grader.tools.remote.function.RemoteFunction`."""

    def invoke(self, payload: bytes) -> bytes:
        """Send an event, and return the response."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The result of a sample."""

    item: RequestItem
    grade: Grade
    delivered: bool = True
    """True if the grade is the function's. Otherwise its reason says why the function returned none."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Samples to be sent in one request."""

    items: Sequence[RequestItem]
    repetition: int = 0
    wait_s: float = 0.0
    """Seconds to wait before it is sent."""


class FanOut:
    """Sends samples to a function. For one use.

    A batch that fails is sent again in halves, down to the sample that causes the failure, so that no sample costs
    another its grade. Samples that the function left unscored by a fault of its own are sent again in the same way.
    A batch that is refused for want of capacity is sent again as it is, after a while.

    Args:
        function: the function.
        concurrency: number of invocations at a time.
        batch_size: maximum number of samples in a request.
        limits: bounds on retries.
    """

    def __init__(
        self, function: Invocable, *, concurrency: int = 8, batch_size: int = 16, limits: RetryLimits | None = None
    ) -> None:
        self._function = function
        self._concurrency = concurrency
        self._batch_size = batch_size
        self._limits = limits or RetryLimits()
        self.budget = RetryBudget(self._limits)
        self._ready: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[ItemResult | GraderError | BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()

    def grade(self, items: Iterable[RequestItem]) -> Iterator[ItemResult]:
        """Yield the result of every item, in the order they are ready; items are taken as they can be sent.

        Raises:
            CloudRequestError, CloudError: further invocations would fail, too; or too many have failed.
        """
        groups = batches(items, max_items=self._batch_size)
        with self._workers():
            # A bounded number of batches is handed out, and one more for each that is done: `items` may be a file of
            # any size, and must not be read ahead of the function.
            unfinished = self._feed(groups, self._concurrency * _BATCHES_PER_WORKER)
            while unfinished:
                match self._done.get():
                    case None:
                        unfinished += self._feed(groups, 1) - 1
                    case ItemResult() as result:
                        yield result
                    case error:
                        raise error

    def _feed(self, groups: Iterator[Sequence[RequestItem]], count: int) -> int:
        """Hand out more batches; return how many there were."""
        for number in range(count):
            group = next(groups, None)
            if group is None:
                return number
            self._ready.put(_Batch(group))
        return count

    @contextmanager
    def _workers(self) -> Iterator[None]:
        # daemons, which die with the program: an invocation cannot be cancelled, and may take 15 minutes
        for number in range(self._concurrency):
            threading.Thread(target=self._work, name=f"invoke-{number}", daemon=True).start()
        try:
            yield
        finally:
            self._stop.set()
            for _ in range(self._concurrency):
                self._ready.put(None)

    def _work(self) -> None:
        while not self._stop.is_set() and (batch := self._ready.get()) is not None:
            try:
                self._finish(batch)
            except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits for results
                self._done.put(error)
                return
            self._done.put(None)

    def _finish(self, batch: _Batch) -> None:
        """Send a batch, and the parts it falls into, until each sample has its result."""
        parts = [batch]
        while parts and not self._stop.is_set():
            part = parts.pop()
            if part.repetition and self._stop.wait(part.wait_s):
                return
            # A stack, in the order of the samples: what was halved is finished before the next half begins.
            parts.extend(reversed(self._send(part)))

    def _send(self, batch: _Batch) -> list[_Batch]:
        """Send a batch once; return the batches to be sent again."""
        try:
            grades = read_response(self._function.invoke(request_payload(batch.items)), batch.items)
        except InvocationError as error:
            return self._after_failure(batch, str(error), error.remedy)
        except ResponseError as error:
            return self._after_failure(batch, str(error), Remedy.SPLIT)
        self.budget.record_success()
        is_last = batch.repetition + 1 >= self._limits.single_item.max_attempts
        again = []
        for item, grade in zip(batch.items, grades, strict=True):
            if _failed_remotely(grade) and not is_last:
                again.append(item)
            else:
                self._done.put(ItemResult(item, grade))
        if not again:
            return []
        # the result is not looked at: the success that was just recorded allows for this failure
        self.budget.record_failure()
        return _halves(again) if len(again) > 1 else [self._repeated(again, batch)]

    def _after_failure(self, batch: _Batch, reason: str, remedy: Remedy) -> list[_Batch]:
        if not self.budget.record_failure():
            raise CloudError(
                f"{self.budget.failed} invocations have failed and {self.budget.succeeded} went well; the last: "
                f"{reason}"
            )
        # Halving at once, without a wait: the failure is one of the samples, not of capacity.
        if remedy is not Remedy.LATER and len(batch.items) > 1:
            return _halves(batch.items)
        max_attempts = {
            Remedy.LATER: self._limits.throttled.max_attempts,
            Remedy.SPLIT: self._limits.single_item.max_attempts,
            Remedy.SMALLER: 1,
        }[remedy]
        if batch.repetition + 1 < max_attempts:
            return [self._repeated(batch.items, batch, remedy)]
        for item in batch.items:
            self._done.put(ItemResult(item, unscored_grade(item.id, reason), delivered=False))
        return []

    def _repeated(self, items: Sequence[RequestItem], batch: _Batch, remedy: Remedy = Remedy.SPLIT) -> _Batch:
        policy = self._limits.throttled if remedy is Remedy.LATER else self._limits.single_item
        repetition = batch.repetition + 1
        return _Batch(items, repetition, policy.wait_s(repetition))


def _failed_remotely(grade: Grade) -> bool:
    """Return True if the function failed at this sample; a sample that could not be read has no tests."""
    has_tests = bool(grade.tests) or any(metric.name == "tests_total" and metric.value for metric in grade.metrics)
    return grade.status is GradeStatus.UNSCORED and has_tests


def _halves(items: Sequence[RequestItem]) -> list[_Batch]:
    middle = len(items) // 2
    return [_Batch(items[:middle]), _Batch(items[middle:])]
