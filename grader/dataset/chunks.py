"""Streams in pieces that fit in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["chunks"]

_CHUNK_ITEMS = 512
_CHUNK_BYTES = 64 * 1024 * 1024


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


Item = TypeVar("Item", bound=_Sized)


def chunks(items: Iterator[Item], most: int = _CHUNK_ITEMS) -> Iterator[list[Item]]:
    """Items in groups small enough to hold in memory.

    An error of `items` is raised after the items before it were given out.

    Args:
        items: the stream; the ``size`` of an item is its bytes.
        most: how many items a group may have.
    """
    chunk: list[Item] = []
    size = 0
    try:
        for item in items:
            chunk.append(item)
            size += item.size
            if len(chunk) >= most or size >= _CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    except InputError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk
