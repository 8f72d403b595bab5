"""The calls of a remote grader: their samples are joined into batches, and sent from a few threads."""

from __future__ import annotations

import itertools
import json
import math
import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from grader.core.scoring import unscored_grade
from grader.errors import CloudError, SampleError
from grader.tools.remote.delivery import Delivery
from grader.tools.remote.payloads import MAX_SAMPLES_BYTES, NotSendableError, RequestItem
from grader.tools.remote.retry import RetryBudget
from grader.types import BadSample, sample_label

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.core.calls import Call
    from grader.tools.remote.delivery import ItemResult
    from grader.tools.remote.retry import RetryLimits
    from grader.tools.remote.target import RemoteTarget
    from grader.types import Grade, Sample

__all__ = ["RemoteLoop"]

_IDLE_S: Final = 30.0
"""Seconds after which a thread without work ends."""
_FAR_S: Final = 1e8
"""Seconds from now beyond which a deadline is none."""
_LATE: Final = "it was not graded before the deadline"


@dataclass(slots=True, eq=False)
class _OpenCall:
    """A call that has not ended."""

    call: Call
    missing: dict[int, int] = field(default_factory=dict)
    """Numbers of the items of samples without a grade, by position."""
    queued: deque[RequestItem] = field(default_factory=deque)


class RemoteLoop:
    """Grades the samples of calls from any thread on a function or a service.

    Calls take turns in batches, and a batch may hold samples of several calls, so a call with one sample does not wait
    for one with thousands that came first.

    Args:
        target: makes the function or service, once.
        concurrency: maximum number of requests at a time.
        batch_size: maximum number of samples in a request.
        limits: bounds on retries.
    """

    def __init__(
        self, target: Callable[[], RemoteTarget], *, concurrency: int, batch_size: int, limits: RetryLimits
    ) -> None:
        self._make_target = target
        self._concurrency = concurrency
        self._batch_size = batch_size
        self._limits = limits
        self._owner = os.getpid()
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        """Guards everything below."""
        self._target: RemoteTarget | None = None
        self._delivery: Delivery | None = None
        self._stop = threading.Event()
        self._calls: dict[Call, _OpenCall] = {}
        self._waiting: deque[_OpenCall] = deque()
        """Calls with samples that were not sent yet, in the order of their turns."""
        self._sent: dict[int, tuple[_OpenCall, int]] = {}
        """Call and position of each sample, by the number of its item."""
        self._threads = 0
        self._idle = 0
        self._has_timer = False

    # For callers, in any thread

    def submit(self, call: Call) -> None:
        """Have the samples of a call graded."""
        opened = _OpenCall(call)
        unsent: list[tuple[int, Grade]] = []
        items: list[tuple[int, RequestItem]] = []
        for index, sample in enumerate(call.samples):
            if isinstance(sample, BadSample):
                unsent.append((index, unscored_grade(sample.id, str(sample.error))))
                continue
            try:
                items.append((index, self._item(sample, index)))
            except NotSendableError as error:
                label = sample_label(sample.id, index)
                unsent.append((index, unscored_grade(sample.id, str(SampleError(label, "sample", str(error))))))
        for index, grade in unsent:
            call.put(index, grade)
        if not items:
            call.end()
            return
        with self._changed:
            for index, item in items:
                self._sent[item.line] = opened, index
                opened.missing[index] = item.line
                opened.queued.append(item)
            self._calls[call] = opened
            self._waiting.append(opened)
            self._start_threads(len(items))
            if call.deadline < time.monotonic() + _FAR_S:
                self._start_timer()
            self._changed.notify_all()

    def give_up(self, call: Call) -> None:
        """End a call whose caller does not want its grades any more; nothing if it has ended."""
        if call.is_copy:
            return
        with self._changed:
            opened = self._calls.get(call)
            if opened is not None:
                self._close_call(opened)
        call.end()

    def close(self) -> None:
        """Send nothing more; calls that have not ended fail. The loop can be used again."""
        with self._changed:
            calls = list(self._calls.values())
            for opened in calls:
                self._close_call(opened)
            self._stop.set()
            target, self._target = self._target, None
            self._stop, self._delivery = threading.Event(), None
            self._threads = self._idle = 0
            self._changed.notify_all()
        # Before anything that could fail: nothing else would wake who waits for them.
        for opened in calls:
            opened.call.end(RuntimeError("the grader was closed while it graded"))
        if target is not None:
            target.close()

    def _item(self, sample: Sample, index: int) -> RequestItem:
        document: dict[str, Any] = {"reference_answer": sample.reference}
        if sample.completion is not None:
            document["completion"] = sample.completion
        if sample.prompt:
            document["prompt"] = sample.prompt
        # An id of any type names the sample in messages of the other side; the grade gets the original back.
        shown = sample.id if isinstance(sample.id, str | int) else sample_label(sample.id, index)
        try:
            item = RequestItem.of(document, line=next(self._numbers), sample_id=shown)
        except TypeError as error:
            raise NotSendableError(f"holds values that JSON cannot express: {error}") from None
        if not isinstance(sample.reference, str) and json.loads(item.text)["reference_answer"] != sample.reference:
            raise NotSendableError("has a reference with values that JSON cannot express, such as tuples or sets")
        return item

    # In the threads; the caller of those with a leading underscore holds the lock, unless they say otherwise

    def _start_threads(self, items: int) -> None:
        wanted = min(self._concurrency, self._threads - self._idle + math.ceil(items / self._batch_size))
        stop = self._stop
        while self._threads < wanted:
            # Daemons, which die with the program: a request cannot be cancelled, and may take minutes.
            thread = threading.Thread(target=self._work, args=(stop,), name="grader-remote", daemon=True)
            self._threads += 1
            try:
                thread.start()
            except RuntimeError:
                self._threads -= 1
                if not self._threads:
                    raise
                return

    def _start_timer(self) -> None:
        if not self._has_timer:
            self._has_timer = True
            threading.Thread(target=self._watch_deadlines, name="grader-deadlines", daemon=True).start()

    def _work(self, stop: threading.Event) -> None:
        while (items := self._next_batch(stop)) is not None:
            try:
                delivery = self._deliver_with(stop)
                if delivery is None:
                    return
                delivery.finish(items)
            except CloudError as error:
                self._put_unscored(items, str(error))
            except BaseException as error:  # noqa: BLE001 - raised in the callers
                self._fail(items, error)

    def _deliver_with(self, stop: threading.Event) -> Delivery | None:
        """Return what sends batches; ``None`` if nothing is to be sent any more. Takes the lock itself."""
        with self._changed:
            if stop.is_set():
                return None
            if self._delivery is None:
                self._target = self._make_target()
                budget = RetryBudget(self._limits)
                self._delivery = Delivery(self._target, budget, stop, self._put, is_wanted=self._is_wanted)
            return self._delivery

    def _next_batch(self, stop: threading.Event) -> list[RequestItem] | None:
        """Return the next batch; ``None`` if this thread is to end. Takes the lock itself."""
        with self._changed:
            while not stop.is_set():
                items = self._take()
                if items:
                    return items
                self._idle += 1
                has_work = self._changed.wait_for(lambda: self._waiting or stop.is_set(), _IDLE_S)
                if stop.is_set():
                    return None
                self._idle -= 1
                if not has_work:
                    self._threads -= 1
                    return None
            return None

    def _take(self) -> list[RequestItem]:
        items: list[RequestItem] = []
        size = 0
        for _ in range(len(self._waiting)):
            opened = self._waiting.popleft()
            while opened.queued and len(items) < self._batch_size:
                needed = len(opened.queued[0].text) + 1
                if items and size + needed > MAX_SAMPLES_BYTES:
                    break
                items.append(opened.queued.popleft())
                size += needed
            if opened.queued:
                self._waiting.append(opened)
            if len(items) == self._batch_size:
                break
        return items

    def _is_wanted(self, item: RequestItem) -> bool:
        return item.line in self._sent

    def _put(self, result: ItemResult) -> None:
        """Pass a grade on to its call; takes the lock itself."""
        with self._changed:
            self._settle(result.item, result.grade)

    def _put_unscored(self, items: list[RequestItem], reason: str) -> None:
        """Leave those samples of a batch unscored that have no grade; takes the lock itself."""
        with self._changed:
            for item in items:
                self._settle(item, unscored_grade(None, reason))

    def _settle(self, item: RequestItem, grade: Grade) -> None:
        found = self._sent.pop(item.line, None)
        if found is None:
            return
        opened, index = found
        del opened.missing[index]
        # Under the lock: the call must not end before the grades of other threads are in it.
        opened.call.put(index, replace(grade, sample_id=opened.call.samples[index].id))
        if not opened.missing:
            del self._calls[opened.call]
            opened.call.end()

    def _fail(self, items: list[RequestItem], error: BaseException) -> None:
        """End the calls of a batch with an error; takes the lock itself."""
        with self._changed:
            calls = {found[0] for item in items if (found := self._sent.get(item.line)) is not None}
            for opened in calls:
                self._close_call(opened)
        for opened in calls:
            opened.call.end(error)

    def _close_call(self, opened: _OpenCall) -> None:
        self._calls.pop(opened.call, None)
        for number in opened.missing.values():
            del self._sent[number]
        opened.missing = {}
        opened.queued.clear()
        if opened in self._waiting:
            self._waiting.remove(opened)

    def _watch_deadlines(self) -> None:
        """End calls at their deadlines, until there is no call left; takes the lock itself."""
        while True:
            with self._changed:
                if not self._calls:
                    self._has_timer = False
                    return
                earliest = min(call.deadline for call in self._calls)
                left_s = earliest - time.monotonic()
                if left_s > 0:
                    self._changed.wait(min(left_s, threading.TIMEOUT_MAX))
                    continue
                for opened in [opened for call, opened in self._calls.items() if call.deadline <= earliest]:
                    for index in opened.missing:
                        opened.call.put(index, unscored_grade(opened.call.samples[index].id, _LATE))
                    self._close_call(opened)
                    opened.call.end()
