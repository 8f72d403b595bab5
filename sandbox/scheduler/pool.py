"""A pool of items that coroutines take turns to use, and a lock."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from sandbox.scheduler.loop import Future, settled

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Lock", "Pool"]

T = TypeVar("T")
_WINDOW: Final = 16
"""Number of coroutines among which a topic is looked for: those of an owner that have waited longest."""
_MAX_PASSED: Final = 16
"""Number of times that others may be preferred to the one that has waited longest."""


@dataclass(slots=True, eq=False)
class _Entry(Generic[T]):
    """A coroutine that waits."""

    arrival: int
    topic: object
    future: Future[T] = field(default_factory=Future)
    passed: int = 0
    """Number of times that a later one was preferred."""


class Pool(Generic[T]):
    """Items that one coroutine uses at a time, handed out fairly between owners.

    An item goes to the owner that holds the fewest; of several, to the one that has waited longest. Of one owner's
    coroutines, an item goes to one with the topic that it was used for last, because it has prepared for that; if none
    has it, to one whose topic no other item was used for last; and else to the one that has waited longest.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._free = deque(items)
        self._waiting: dict[object, deque[_Entry[T]]] = {}
        """By owner, the coroutines that wait."""
        self._held: Counter[object] = Counter()
        """Number of items that each owner holds."""
        self._topics: dict[T, object] = {}
        """Topic that each item was used for last."""
        self._arrivals = 0

    async def acquire(self, *, deadline: float = math.inf, owner: object = None, topic: object = None) -> T:
        """Wait for an item.

        Args:
            deadline: time at which to give up (`time.monotonic`).
            owner: on whose behalf, such as the caller of the grader.
            topic: something that an item prepares for once; ``None`` if there is nothing to prepare.

        Raises:
            TimeoutError: none was there before the deadline.
        """
        if self._free:
            self._held[owner] += 1
            return self._take_free(topic)
        self._arrivals += 1
        entry: _Entry[T] = _Entry(self._arrivals, topic)
        self._waiting.setdefault(owner, deque()).append(entry)
        try:
            in_time = await settled(entry.future, deadline)
        except BaseException:
            if entry.future.done:  # it was handed the item in the meantime
                self.release(entry.future.outcome(), owner)
            else:
                self._leave(owner, entry)
            raise
        if not in_time and not entry.future.done:
            self._leave(owner, entry)
            raise TimeoutError
        return entry.future.outcome()

    def release(self, item: T, owner: object = None) -> None:
        """Hand an item to a coroutine that waits.

        Args:
            item: the item.
            owner: the owner it was acquired for.
        """
        self.forget(owner)
        if self._waiting:
            # Not through the free items: a coroutine that comes before the waiting one resumes would take it.
            chosen = min(self._waiting, key=lambda waiting: (self._held[waiting], self._waiting[waiting][0].arrival))
            entry = self._preferred(self._waiting[chosen], item)
            self._leave(chosen, entry)
            self._held[chosen] += 1
            self._note(item, entry.topic)
            entry.future.set(item)
        else:
            # To the front: the item used last has its processes running, and its memory in the caches.
            self._free.appendleft(item)

    def add(self, item: T) -> None:
        """Add an item, or one that `forget` was called for."""
        self._held[None] += 1
        self.release(item)

    def forget(self, owner: object) -> None:
        """Count an item as given back by its owner, without handing it to anyone."""
        self._held[owner] -= 1
        if self._held[owner] <= 0:
            del self._held[owner]

    def _take_free(self, topic: object) -> T:
        item = self._free[0]
        if topic is not None:
            item = next((free for free in self._free if self._topics.get(free) == topic), item)
        self._free.remove(item)
        self._note(item, topic)
        return item

    def _preferred(self, waiting: deque[_Entry[T]], item: T) -> _Entry[T]:
        first = waiting[0]
        if len(waiting) == 1 or first.passed >= _MAX_PASSED:
            return first
        candidates = [waiting[index] for index in range(min(_WINDOW, len(waiting)))]
        own, topics = self._topics.get(item), set(self._topics.values())
        chosen = next((entry for entry in candidates if entry.topic is not None and entry.topic == own), None)
        if chosen is None:
            chosen = next((entry for entry in candidates if entry.topic not in topics), first)
        first.passed += chosen is not first
        return chosen

    def _note(self, item: T, topic: object) -> None:
        if topic is not None:
            self._topics[item] = topic

    def _leave(self, owner: object, entry: _Entry[T]) -> None:
        self._waiting[owner].remove(entry)
        if not self._waiting[owner]:
            del self._waiting[owner]


class Lock:
    """A lock for coroutines, used as ``async with lock:``."""

    def __init__(self) -> None:
        self._pool = Pool([None])

    async def __aenter__(self) -> None:
        await self._pool.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._pool.release(None)
