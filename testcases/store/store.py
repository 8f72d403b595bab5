"""The store: from addresses to what is kept there."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from testcases.address import S3Object
from testcases.errors import StoreError
from testcases.store.cache import Cache, Entry
from testcases.store.documents import Kept, unpack
from testcases.store.fetching import Fetching
from testcases.store.folder import Folder
from testcases.store.s3 import S3
from testcases.store_settings import StoreSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from testcases.address import Address, Place
    from testcases.store.fetched import Fetched

__all__ = ["Store", "StoreSettings"]

_log = logging.getLogger(__name__)
_GZIP: Final = ".gz"


class Store:
    """Fetches what addresses say, and keeps it."""

    def __init__(self, settings: StoreSettings, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._cache = Cache(settings.cache_bytes)
        self._folder = Folder(settings.root)
        self._s3 = S3(connections=settings.threads, timeout_s=settings.timeout_s)

    def fetch(self, addresses: Collection[Address], *, deadline: float) -> Fetching:
        """Start to fetch what these addresses say, each place once; close what you get.

        Args:
            addresses: at least one.
            deadline: when nobody waits any more (`time.monotonic`).
        """
        with_lines = {address.place for address in addresses if address.task_id is not None}

        return Fetching(
            dict.fromkeys(address.place for address in addresses),
            lambda place: self._obtain(place, deadline, with_lines=place in with_lines),
            threads=self._settings.threads,
            deadline=deadline,
        )

    def _obtain(self, place: Place, deadline: float, *, with_lines: bool) -> Kept:
        entry = self._cache.get(place)
        if entry is None or not self._is_fresh(place, entry):
            entry = self._fetched(place, entry, min(deadline, time.monotonic() + self._settings.timeout_s))
        if with_lines:
            entry.kept.index()
            if entry.kept.size != entry.size:
                entry = Entry(entry.kept, entry.tag, entry.checked_at, entry.kept.size)
        self._cache.put(place, entry)
        return entry.kept

    def _is_fresh(self, place: Place, entry: Entry) -> bool:
        return isinstance(place, S3Object) and 0 <= self._clock() - entry.checked_at < self._settings.revalidate_s

    def _fetched(self, place: Place, known: Entry | None, until: float) -> Entry:
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
            return Entry(known.kept, known.tag, now, known.size)
        name = _name(place)
        kept = Kept(unpack(found.data, is_gzip=name.endswith(_GZIP), cap=self._settings.max_object_bytes))
        return Entry(kept, found.tag, now, kept.size)

    def _ask(self, place: Place, tag: str | None, until: float) -> Fetched | None:
        cap = self._settings.max_object_bytes
        if isinstance(place, S3Object):
            return self._s3.fetch(place, tag=tag, cap=cap, until=until)
        return self._folder.fetch(place, tag=tag, cap=cap)


def _name(place: Place) -> str:
    return (place.key if isinstance(place, S3Object) else place.path).lower()
