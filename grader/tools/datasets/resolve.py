"""Resolve references of rows that are kept in S3 or in files."""

from __future__ import annotations

import json
import math
import select
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.errors import FieldError
from grader.references.documents import value_of
from grader.references.locate import address_of, find_reference
from grader.tools.files.json_lines import chunks
from testcases.errors import ProblemError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.references.documents import Kept
    from grader.references.locate import Address, Place
    from grader.references.store import Store
    from grader.tools.files.rows import Row

__all__ = ["with_tests"]

_ROWS_AT_A_TIME = 64


def with_tests(rows: Iterable[Row], store: Store) -> Iterator[Row]:
    """The rows, where a trainer's row says where its tests are with the tests instead.

    A row whose tests cannot be had has a complaint that says why.

    Args:
        rows: the rows.
        store: what fetches the tests.

    Raises:
        InputError: the rest of the rows cannot be read.
    """
    for chunk in chunks(iter(rows), _ROWS_AT_A_TIME):
        found = [_address_in(row) for row in chunk]
        kept = _fetched([address for address, _ in found if address is not None], store)
        for row, (address, field) in zip(chunk, found, strict=True):
            yield row if address is None else _filled(row, address, field, kept[address.place])


def _address_in(row: Row) -> tuple[Address | None, str]:
    """The address in a row, and the path of its field; whoever makes a task of it says what is wrong with either."""
    item = row.document.get("item")
    try:
        reference, field = find_reference({**item, **row.document} if isinstance(item, Mapping) else row.document)
        return address_of(reference), field
    except (FieldError, ProblemError):
        return None, ""


def _fetched(addresses: Sequence[Address], store: Store) -> dict[Place, Kept | StoreError]:
    kept: dict[Place, Kept | StoreError] = {}
    if addresses:
        with store.fetch(addresses, deadline=math.inf) as fetching:
            while fetching.missing:
                select.select([fetching.descriptor], [], [])
                kept.update(fetching.take())
    return kept


def _filled(row: Row, address: Address, field: str, kept: Kept | StoreError) -> Row:
    try:
        if isinstance(kept, StoreError):
            raise kept
        document = kept.document(address.task_id)
        reference = value_of(document)
        if address_of(reference) is not None:
            raise StoreError("says that the tests are kept yet elsewhere, and that is not followed")
    except ProblemError as error:
        return replace(row, complaint=f"{field}: {address}: {error}")
    if address.shape is not None and isinstance(reference, Mapping):
        reference = {**reference, "format": address.shape}
    return replace(row, document=_put(row.document, field, reference), size=row.size + len(document.text))


def _put(document: Mapping[str, Any], field: str, reference: Any) -> Mapping[str, Any]:
    """The document with a reference in this field, of its own or of the item in it."""
    first, _, rest = field.partition(".")
    if first not in document:
        return {**document, "item": _put(document["item"], field, reference)}
    if not rest:
        return {**document, first: reference}
    section = document[first]
    return {**document, first: _put(json.loads(section) if isinstance(section, str) else section, rest, reference)}
