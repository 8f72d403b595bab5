"""Fetch one reference from a store."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from grader.references.documents import parse_reference
from grader.references.locate import StoreError, parse_address

if TYPE_CHECKING:
    from grader.references.documents import ReferenceFile
    from grader.references.store import ReferenceStore

__all__ = ["complaint_of", "fetched", "reference_at"]


def fetched(store: ReferenceStore, reference: Any, *, deadline_s: float = 30.0) -> ReferenceFile | StoreError:
    """Fetch a reference that is an address: the file, or the error."""
    address = parse_address(reference)
    assert address is not None
    deadline = time.monotonic() + deadline_s
    with store.fetch([address], deadline=deadline) as fetching:
        return fetching.wait()[address.location]


def reference_at(store: ReferenceStore, reference: Any) -> Any:
    """Return the reference that an address names."""
    file = fetched(store, reference)
    if isinstance(file, StoreError):
        raise file
    address = parse_address(reference)
    assert address is not None
    return parse_reference(file.reference(address.task_id))


def complaint_of(store: ReferenceStore, reference: Any, *, deadline_s: float = 30.0) -> str:
    """Return the reason why a reference cannot be fetched."""
    outcome = fetched(store, reference, deadline_s=deadline_s)
    assert isinstance(outcome, StoreError), "it can be had"
    return str(outcome)
