"""The reference store: fetch by address, with a cache in memory."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grader.references.documents import ReferenceFile, decompress
from grader.references.fetch import ParallelFetch
from grader.references.folder import FolderReader
from grader.references.locate import S3Object, StoreError
from grader.references.s3 import S3Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from grader.config.settings import StoreConfig
    from grader.references.fetch import FetchedBytes
    from grader.references.locate import Address, Location

__all__ = ["CacheEntry", "ReferenceCache", "ReferenceStore"]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A place as it was."""

    kept: ReferenceFile
    tag: str | None
    checked_at: float
    """When it was known to be so (seconds since the epoch, which go on while a Lambda is frozen)."""
    size: int


class ReferenceCache:
    """Entries by place; where they are too many bytes, those go that were not used for longest. Safe for threads.

    Args:
        capacity: bytes of all entries together; a larger one is not kept at all.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[Location, CacheEntry] = OrderedDict()
        self._size = 0
        self._turn = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of what is kept."""
        return self._size

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, place: Location) -> CacheEntry | None:
        """The entry of a place, which has thereby been used."""
        with self._turn:
            entry = self._entries.get(place)
            if entry is not None:
                self._entries.move_to_end(place)
            return entry

    def put(self, place: Location, entry: CacheEntry) -> None:
        """Keep an entry, in the place of the one that is known."""
        with self._turn:
            self._drop(place)
            if entry.size > self._capacity:
                return
            while self._size + entry.size > self._capacity:
                self._drop(next(iter(self._entries)))
            self._entries[place] = entry
            self._size += entry.size

    def forget(self, place: Location) -> None:
        """Keep nothing of this place."""
        with self._turn:
            self._drop(place)

    def _drop(self, place: Location) -> None:
        entry = self._entries.pop(place, None)
        if entry is not None:
            self._size -= entry.size


_log = logging.getLogger("testcases.store.store")  # operators filter on it: docs/operations.md
_GZIP: Final = ".gz"


class ReferenceStore:
    """Fetches what addresses say, and keeps it."""

    def __init__(self, settings: StoreConfig, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._cache = ReferenceCache(settings.cache_bytes)
        self._folder = FolderReader(settings.root)
        self._s3 = S3Reader(connections=settings.threads, timeout_s=settings.timeout_s)

    def fetch(self, addresses: Collection[Address], *, deadline: float) -> ParallelFetch:
        """Start to fetch what these addresses say, each place once; close what you get.

        Args:
            addresses: at least one.
            deadline: when nobody waits any more (`time.monotonic`).
        """
        with_lines = {address.place for address in addresses if address.task_id is not None}

        return ParallelFetch(
            dict.fromkeys(address.place for address in addresses),
            lambda place: self._obtain(place, deadline, with_lines=place in with_lines),
            threads=self._settings.threads,
            deadline=deadline,
        )

    def _obtain(self, place: Location, deadline: float, *, with_lines: bool) -> ReferenceFile:
        entry = self._cache.get(place)
        if entry is None or not self._is_fresh(place, entry):
            entry = self._fetched(place, entry, min(deadline, time.monotonic() + self._settings.timeout_s))
        if with_lines:
            entry.kept.index()
            if entry.kept.size != entry.size:
                entry = CacheEntry(entry.kept, entry.tag, entry.checked_at, entry.kept.size)
        self._cache.put(place, entry)
        return entry.kept

    def _is_fresh(self, place: Location, entry: CacheEntry) -> bool:
        return isinstance(place, S3Object) and 0 <= self._clock() - entry.checked_at < self._settings.revalidate_s

    def _fetched(self, place: Location, known: CacheEntry | None, until: float) -> CacheEntry:
        now = self._clock()
        try:
            found = self._ask(place, known.tag if known is not None else None, until)
        except StoreError as error:
            if known is None or not error.transient:
                self._cache.forget(place)
                raise
            _log.warning("%s: %s; the copy in memory counts for another while", place, error)
            found = None
        if found is None:
            assert known is not None
            return CacheEntry(known.kept, known.tag, now, known.size)
        name = _file_name(place)
        kept = ReferenceFile(decompress(found.data, is_gzip=name.endswith(_GZIP), cap=self._settings.max_object_bytes))
        return CacheEntry(kept, found.tag, now, kept.size)

    def _ask(self, place: Location, tag: str | None, until: float) -> FetchedBytes | None:
        cap = self._settings.max_object_bytes
        if isinstance(place, S3Object):
            return self._s3.fetch(place, tag=tag, cap=cap, until=until)
        return self._folder.fetch(place, tag=tag, cap=cap)


def _file_name(place: Location) -> str:
    return (place.key if isinstance(place, S3Object) else place.path).lower()
