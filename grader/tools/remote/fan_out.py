"""Send many batches at a time, and retry until each sample has its grade."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from grader.core.grade_task import unscored_grade
from grader.errors import CloudError, GraderError
from grader.tools.remote.function import InvocationError, Remedy
from grader.tools.remote.payloads import ResponseError, batches, read_response, request_payload
from grader.tools.remote.retry import RetryBudget, RetryPolicy
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.tools.remote.payloads import RequestItem
    from grader.types import Grade

__all__ = ["FanOut", "ItemResult"]

_BATCHES_PER_WORKER = 2
"""Batches in hand for each worker: the one it works on, and the next."""


class Invocable(Protocol):
    """What batches are sent to; see `grader.tools.remote.function.RemoteFunction`."""

    def invoke(self, payload: bytes) -> bytes:
        """Send an event; what came back."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of a sample."""

    item: RequestItem
    grade: Grade
    delivered: bool = True
    """Whether the grade is the function's; where it is not, its reason says what kept the function from it."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some samples to be sent together."""

    items: Sequence[RequestItem]
    repetition: int = 0


class FanOut:
    """Sends samples to a function. For one use.

    A batch that fails is sent again in halves, down to the sample that it fails for, so that none costs another its
    grade; so are the samples that the function has left unscored by a fault of its own. What fails for want of
    capacity is sent again after a while.

    Args:
        function: where to.
        concurrency: how many invocations at a time.
        batch_size: the most samples in one.
        patience: how often to try again.
    """

    def __init__(
        self, function: Invocable, *, concurrency: int = 8, batch_size: int = 16, patience: RetryPolicy | None = None
    ) -> None:
        self._function = function
        self._concurrency = concurrency
        self._batch_size = batch_size
        self._patience = patience or RetryPolicy()
        self.tries = RetryBudget(self._patience)
        self._ready: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[ItemResult | GraderError | BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()

    def grade(self, items: Iterable[RequestItem]) -> Iterator[ItemResult]:
        """The outcome of every item, in the order they are ready; items are taken as they can be sent.

        Raises:
            CloudRequestError, CloudError: nothing more can be had of the function; or nothing went well for too long.
        """
        groups = batches(items, most=self._batch_size)
        with self._workers():
            in_hand = self._feed(groups, self._concurrency * _BATCHES_PER_WORKER)
            while in_hand:
                match self._done.get():
                    case None:
                        in_hand += self._feed(groups, 1) - 1
                    case ItemResult() as outcome:
                        yield outcome
                    case error:
                        raise error

    def _feed(self, groups: Iterator[Sequence[RequestItem]], most: int) -> int:
        """Hand out some more; how many there were."""
        for count in range(most):
            group = next(groups, None)
            if group is None:
                return count
            self._ready.put(_Batch(group))
        return most

    @contextmanager
    def _workers(self) -> Iterator[None]:
        """Threads that die with the program: an invocation cannot be called back, and may take a quarter of an hour."""
        for number in range(self._concurrency):
            threading.Thread(target=self._work, name=f"invoke-{number}", daemon=True).start()
        try:
            yield
        finally:
            self._stop.set()
            for _ in range(self._concurrency):
                self._ready.put(None)

    def _work(self) -> None:
        while not self._stop.is_set() and (piece := self._ready.get()) is not None:
            try:
                self._settle(piece)
            except BaseException as error:  # noqa: BLE001 - it is raised where someone waits for the outcome
                self._done.put(error)
                return
            self._done.put(None)

    def _settle(self, first: _Batch) -> None:
        """Get every sample of it its outcome."""
        pieces = [first]
        while pieces and not self._stop.is_set():
            piece = pieces.pop()
            if piece.repetition and self._stop.wait(self.tries.wait_s(piece.repetition)):
                return
            pieces.extend(reversed(self._send(piece)))

    def _send(self, piece: _Batch) -> list[_Batch]:
        """Send it once; what is to be sent again."""
        try:
            grades = read_response(self._function.invoke(request_payload(piece.items)), piece.items)
        except InvocationError as error:
            return self._after(piece, str(error), error.remedy)
        except ResponseError as error:
            return self._after(piece, str(error), Remedy.ALONE)
        self.tries.record_success()
        last = piece.repetition >= self._patience.single_item_retries
        again = []
        for item, grade in zip(piece.items, grades, strict=True):
            if _failed_remotely(grade) and not last:
                again.append(item)
            else:
                self._done.put(ItemResult(item, grade))
        if not again:
            return []
        self.tries.record_failure()  # which cannot be one too many: that it has answered counts for more
        return _halves(again) if len(again) > 1 else [_Batch(again, piece.repetition + 1)]

    def _after(self, piece: _Batch, reason: str, remedy: Remedy) -> list[_Batch]:
        self._count_failure(reason)
        alone = len(piece.items) == 1
        if remedy is not Remedy.LATER and not alone:
            return _halves(piece.items)
        most = {
            Remedy.LATER: self._patience.max_retries, Remedy.ALONE: self._patience.single_item_retries,
            Remedy.SMALLER: 0,
        }[remedy]  # fmt: skip
        if piece.repetition < most:
            return [_Batch(piece.items, piece.repetition + 1)]
        for item in piece.items:
            self._done.put(ItemResult(item, unscored_grade(item.id, reason), delivered=False))
        return []

    def _count_failure(self, reason: str) -> None:
        if not self.tries.record_failure():
            raise CloudError(
                f"{self.tries.failed} invocations have failed and {self.tries.good} went well; the last: {reason}"
            )


def _failed_remotely(grade: Grade) -> bool:
    """Whether the function has failed with this sample; one that made no sense has no tests."""
    found = bool(grade.tests) or any(metric.name == "tests_total" and metric.value for metric in grade.metrics)
    return grade.status is GradeStatus.UNSCORED and found


def _halves(items: Sequence[RequestItem]) -> list[_Batch]:
    middle = len(items) // 2
    return [_Batch(items[:middle]), _Batch(items[middle:])]
