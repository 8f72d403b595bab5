"""Replace addresses in rows by the references that are kept there."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.errors import FieldError
from grader.references.documents import parse_reference
from grader.references.locate import StoreError, find_reference, parse_address
from grader.tools.files.rows import chunks
from testcases.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.references.documents import ReferenceFile
    from grader.references.locate import Address, Location
    from grader.references.store import ReferenceStore
    from grader.tools.files.rows import Row

__all__ = ["resolve_references"]

_ROWS_AT_A_TIME = 64


def resolve_references(rows: Iterable[Row], store: ReferenceStore) -> Iterator[Row]:
    """Yield the rows, with the tests in the place of their addresses.

    A row whose tests cannot be fetched has a complaint with the reason.

    Args:
        rows: the rows.
        store: the store that fetches the tests.

    Raises:
        InputError: the rest of the rows cannot be read.
    """
    for chunk in chunks(iter(rows), _ROWS_AT_A_TIME):
        addresses = [_find_address(row) for row in chunk]
        files = _fetch_all([address for address, _ in addresses if address is not None], store)
        for row, (address, field) in zip(chunk, addresses, strict=True):
            yield row if address is None else _fill_row(row, address, field, files[address.location])


def _find_address(row: Row) -> tuple[Address | None, str]:
    """Return the address in a row, and the path of its field."""
    item = row.document.get("item")
    try:
        reference, field = find_reference({**item, **row.document} if isinstance(item, Mapping) else row.document)
        return parse_address(reference), field
    except (FieldError, ProblemError):
        return None, ""  # read_task reports what is wrong with it


def _fetch_all(addresses: Sequence[Address], store: ReferenceStore) -> dict[Location, ReferenceFile | StoreError]:
    if not addresses:
        return {}
    # No deadline: it runs in the foreground, where users can stop it, and each fetch has its own timeout.
    with store.fetch(addresses, deadline=math.inf) as fetch:
        return fetch.wait()


def _fill_row(row: Row, address: Address, field: str, file: ReferenceFile | StoreError) -> Row:
    try:
        if isinstance(file, StoreError):
            raise file
        document = file.reference(address.task_id)
        reference = parse_reference(document)
        if parse_address(reference) is not None:
            raise StoreError("is the address of another reference, which is not followed")
    except ProblemError as error:
        return replace(row, complaint=f"{field}: {address}: {error}")
    if address.format_name is not None and isinstance(reference, Mapping):
        reference = {**reference, "format": address.format_name}
    return replace(row, document=_replace_reference(row.document, field, reference), size=row.size + len(document.text))


def _replace_reference(document: Mapping[str, Any], field: str, reference: Any) -> Mapping[str, Any]:
    """Return a row with another reference in this field, its own or that of the item in it."""
    first, _, rest = field.partition(".")
    if first not in document:
        return {**document, "item": _replace_reference(document["item"], field, reference)}
    if not rest:
        return {**document, first: reference}
    section = document[first]
    return {
        **document,
        first: _replace_reference(json.loads(section) if isinstance(section, str) else section, rest, reference),
    }
