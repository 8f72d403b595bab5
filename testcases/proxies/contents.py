"""Contradictions between an object's claim that there is something in it and what test code finds there.

``assert r and all(x > 0 for x in r)`` holds for an object that is true and iterates over nothing. So an object that was
handed out may not claim both, in either order, as long as test code has done nothing that may change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.proxies.observations import has_member
from testcases.proxies.session import ref_of
from testcases.proxies.trust_table import OF_TEST
from testcases.signals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.proxies.session import Session

__all__ = ["note_claim", "note_empty", "watched"]


def note_claim(session: Session, proxy: Any) -> None:
    """Record that an object is true, or has a length.

    Raises:
        RefusedError: it contradicts what was found in the object.
    """
    identity = ref_of(proxy).identity
    if identity is None or ref_of(proxy).origin in OF_TEST:
        return
    identity.filled_at = session.mutation_count
    _require_agreement(identity)


def note_empty(session: Session, proxy: Any) -> None:
    """Record that an object has no items.

    Raises:
        RefusedError: it has claimed to have some.
    """
    identity = ref_of(proxy).identity
    if identity is None or ref_of(proxy).origin in OF_TEST:
        return
    identity.empty_at = session.mutation_count
    _require_agreement(identity)


def watched(session: Session, proxy: Any, items: Any) -> Any:
    """Return an iterator over the items of an object, which notes if there are none."""
    if ref_of(proxy).origin in OF_TEST or not (has_member(proxy, "__bool__") or has_member(proxy, "__len__")):
        return items
    return _WatchedIterator(session, proxy, items)


class _WatchedIterator:
    __slots__ = ("_has_any", "_items", "_proxy", "_session")

    def __init__(self, session: Session, proxy: Any, items: Any) -> None:
        self._session, self._proxy, self._items = session, proxy, items
        self._has_any = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            item = next(self._items)
        except StopIteration:
            if not self._has_any:
                note_empty(self._session, self._proxy)
            raise
        self._has_any = True
        return item


def _require_agreement(identity: Any) -> None:
    if identity.filled_at == identity.empty_at:
        raise RefusedError("an object of the solution claims to have items, and has none")
