"""Send many batches at a time, and retry until each sample has its grade."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grader.tools.remote.delivery import Delivery, ItemResult
from grader.tools.remote.payloads import batches
from grader.tools.remote.retry import RetryBudget, RetryLimits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.errors import GraderError
    from grader.tools.remote.delivery import Invocable
    from grader.tools.remote.payloads import RequestItem

__all__ = ["FanOut", "ItemResult"]

_BATCHES_PER_WORKER = 2
"""Batches handed out for each thread: the one it works on, and the next."""


class FanOut:
    """Sends samples to a function, as `grader.tools.remote.delivery` does. For one use.

    Args:
        function: the function.
        concurrency: number of invocations at a time.
        batch_size: maximum number of samples in a request.
        limits: bounds on retries.
    """

    def __init__(
        self, function: Invocable, *, concurrency: int = 8, batch_size: int = 16, limits: RetryLimits | None = None
    ) -> None:
        self._concurrency = concurrency
        self._batch_size = batch_size
        self.budget = RetryBudget(limits or RetryLimits())
        self._ready: queue.SimpleQueue[Sequence[RequestItem] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[ItemResult | GraderError | BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._delivery = Delivery(function, self.budget, self._stop, self._done.put)

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
            self._ready.put(group)
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
                self._delivery.finish(batch)
            except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits for results
                self._done.put(error)
                return
            self._done.put(None)
