"""Samples as they are sent, and how they are put together."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from grader.aws.limits import PAYLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["ROOM", "Item", "NotSendableError", "batches", "payload_of"]

_HEAD: Final = b'{"grader": "grade", "batch": ['
_TAIL: Final = b"]}"
_MARGIN: Final = 64 * 1024
"""Bytes below the limit where nobody has to count exactly what else is in a request."""
ROOM: Final = PAYLOAD_BYTES - _MARGIN - len(_HEAD) - len(_TAIL)
"""Bytes that the samples of one request may have together, commas counted."""


class NotSendableError(Exception):
    """A sample cannot be sent; the text is for people, without a subject."""


@dataclass(frozen=True, slots=True)
class Item:
    """One sample on its way."""

    place: int
    """Its line in the file, from 1; no two are the same."""
    id: Any
    """As `grader.sample.Sample.id`."""
    text: bytes
    """It as JSON, with that id."""

    @classmethod
    def of(cls, document: Mapping[str, Any], *, place: int, sample_id: Any) -> Self:
        """The sample of a row, ready to be sent.

        Raises:
            NotSendableError: it is too large for any request, or JSON cannot say it.
        """
        try:
            text = _json({**document, "id": sample_id})
        except ValueError:
            raise NotSendableError(
                "holds NaN or an infinity, which Lambda takes for broken JSON; write it as text, or grade it here"
            ) from None
        except RecursionError:
            raise NotSendableError("is nested too deeply to be sent") from None
        if len(text) > ROOM:
            raise NotSendableError(
                f"is {len(text) / 1e6:.1f} MB as it is sent, and a request to Lambda holds {ROOM / 1e6:.1f} MB; keep "
                "its tests elsewhere (docs/store.md), or grade it here"
            )
        return cls(place, sample_id, text)


def batches(items: Iterable[Item], *, most: int) -> Iterator[list[Item]]:
    """Items in groups that fit into one request each, in their order.

    Args:
        items: what to send.
        most: how many a group may have, at least 1.
    """
    group: list[Item] = []
    size = 0
    for item in items:
        needed = len(item.text) + 1
        if group and (len(group) >= most or size + needed > ROOM):
            yield group
            group, size = [], 0
        group.append(item)
        size += needed
    if group:
        yield group


def payload_of(items: Sequence[Item]) -> bytes:
    """The event that asks for the grades of these."""
    return _HEAD + b",".join(item.text for item in items) + _TAIL


def _json(document: Any) -> bytes:
    """UTF-8 where it can be: escapes of other scripts would be three times as long."""
    try:
        return json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(document, allow_nan=False).encode()
