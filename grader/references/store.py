"""Fetch references by their addresses, with a cache in memory."""

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
    """A location as it was when it was last checked."""

    file: ReferenceFile
    tag: str | None
    checked_at: float
    """Time of the last check, in seconds since the epoch, which go on while a Lambda is frozen."""
    size: int


class ReferenceCache:
    """Cache of entries by location, which drops those that were not used for longest. Safe for threads.

    Args:
        capacity: maximum number of bytes of all entries together; a larger entry is not cached.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[Location, CacheEntry] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes of all entries together."""
        return self._size

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, location: Location) -> CacheEntry | None:
        """Return the entry of a location, and count it as used."""
        with self._lock:
            entry = self._entries.get(location)
            if entry is not None:
                self._entries.move_to_end(location)
            return entry

    def put(self, location: Location, entry: CacheEntry) -> None:
        """Add an entry, or replace the one of its location."""
        with self._lock:
            self._drop(location)
            # It would drive out all others, and be driven out by the next one.
            if entry.size > self._capacity:
                return
            while self._size + entry.size > self._capacity:
                self._drop(next(iter(self._entries)))
            self._entries[location] = entry
            self._size += entry.size

    def forget(self, location: Location) -> None:
        """Drop the entry of a location."""
        with self._lock:
            self._drop(location)

    def _drop(self, location: Location) -> None:
        entry = self._entries.pop(location, None)
        if entry is not None:
            self._size -= entry.size


_log = logging.getLogger("testcases.store.store")  # operators filter on it: docs/operations.md
_GZIP: Final = ".gz"


class ReferenceStore:
    """Fetches references by their addresses, and caches them."""

    def __init__(self, settings: StoreConfig, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._cache = ReferenceCache(settings.cache_bytes)
        self._folder = FolderReader(settings.root)
        self._s3 = S3Reader(connections=settings.threads, timeout_s=settings.timeout_s)

    def fetch(self, addresses: Collection[Address], *, deadline: float) -> ParallelFetch:
        """Start to fetch the locations of these addresses, each of them once. Close the result.

        Args:
            addresses: addresses, at least one.
            deadline: time (`time.monotonic`) after which no result is waited for.
        """
        # A file may be asked for as a whole and by lines; the index is made if any address needs it.
        with_lines = {address.location for address in addresses if address.task_id is not None}

        return ParallelFetch(
            dict.fromkeys(address.location for address in addresses),
            lambda location: self._fetch_cached(location, deadline, with_lines=location in with_lines),
            threads=self._settings.threads,
            deadline=deadline,
        )

    def _fetch_cached(self, location: Location, deadline: float, *, with_lines: bool) -> ReferenceFile:
        entry = self._cache.get(location)
        if entry is None or not self._is_fresh(location, entry):
            entry = self._fetch(location, entry, min(deadline, time.monotonic() + self._settings.timeout_s))
        if with_lines:
            # In the thread that fetches: indexing a large file takes seconds, in which the loop would grade nothing.
            entry.file.index()
            # The index takes memory, too, which the cache has to count.
            if entry.file.size != entry.size:
                entry = CacheEntry(entry.file, entry.tag, entry.checked_at, entry.file.size)
        self._cache.put(location, entry)
        return entry.file

    def _is_fresh(self, location: Location, entry: CacheEntry) -> bool:
        # Files are never fresh, as looking at one costs a system call. A clock that was set back makes nothing fresh.
        return isinstance(location, S3Object) and 0 <= self._clock() - entry.checked_at < self._settings.revalidate_s

    def _fetch(self, location: Location, known: CacheEntry | None, until: float) -> CacheEntry:
        # Taken before the request: the object may change while it is fetched.
        now = self._clock()
        try:
            fetched = self._read(location, known.tag if known is not None else None, until)
        except StoreError as error:
            if known is None or not error.transient:
                self._cache.forget(location)
                raise
            # better tests that may be some minutes old than a batch without rewards
            _log.warning("%s: %s; the copy in memory is used for another while", location, error)
            fetched = None
        if fetched is None:  # it has not changed
            assert known is not None
            return CacheEntry(known.file, known.tag, now, known.size)
        is_gzip = _file_name(location).endswith(_GZIP)
        file = ReferenceFile(decompress(fetched.data, is_gzip=is_gzip, cap=self._settings.max_object_bytes))
        return CacheEntry(file, fetched.tag, now, file.size)

    def _read(self, location: Location, tag: str | None, until: float) -> FetchedBytes | None:
        cap = self._settings.max_object_bytes
        if isinstance(location, S3Object):
            return self._s3.fetch(location, tag=tag, cap=cap, until=until)
        return self._folder.fetch(location, tag=tag, cap=cap)


def _file_name(location: Location) -> str:
    return (location.key if isinstance(location, S3Object) else location.path).lower()
