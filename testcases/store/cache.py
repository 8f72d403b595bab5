"""What was fetched, in memory, as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testcases.address import Place
    from testcases.store.documents import Kept

__all__ = ["Cache", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as it was."""

    kept: Kept
    tag: str | None
    checked_at: float
    """When it was known to be so (seconds since the epoch, which go on while a Lambda is frozen)."""
    size: int


class Cache:
    """Entries by place; where they are too many bytes, those go that were not used for longest. Safe for threads.

    Args:
        capacity: bytes of all entries together; a larger one is not kept at all.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[Place, Entry] = OrderedDict()
        self._size = 0
        self._turn = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of what is kept."""
        return self._size

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, place: Place) -> Entry | None:
        """The entry of a place, which has thereby been used."""
        with self._turn:
            entry = self._entries.get(place)
            if entry is not None:
                self._entries.move_to_end(place)
            return entry

    def put(self, place: Place, entry: Entry) -> None:
        """Keep an entry, in the place of the one that is known."""
        with self._turn:
            self._drop(place)
            if entry.size > self._capacity:
                return
            while self._size + entry.size > self._capacity:
                self._drop(next(iter(self._entries)))
            self._entries[place] = entry
            self._size += entry.size

    def forget(self, place: Place) -> None:
        """Keep nothing of this place."""
        with self._turn:
            self._drop(place)

    def _drop(self, place: Place) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            self._size -= entry.size
