"""How much memory an encoded value takes once it is decoded: an estimate, before anything of it is parsed.

A few megabytes of brackets become a hundred times as much: every ``[]`` is an object of its own. So brackets, commas
and tags are counted, and what would take too much is refused. The scan builds nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.errors import ValueSizeError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_value_size", "estimated_bytes"]

# Bytes on a 64-bit CPython, with the allocator's rounding and the places in containers; measured by the tests.
_ITEM: Final = 9
"""A place in a list, with what the list has in reserve."""
_NUMBER: Final = 32
_LIST: Final = 176
"""Twice a short list: one that holds others is built anew while its items are decoded."""
_TABLE_ITEM: Final = 100
"""A place in a hash table."""
_TAGGED: Final[Mapping[bytes, int]] = {
    b'{"t":': 320, b'{"d":': 520, b'{"o":': 520, b'{"i":': 300,
    **dict.fromkeys((b'{"n":', b'{"F":', b'{"T":', b'{"Y":', b'{"L":', b'{"c":', b'{"b":', b'{"r":'), 450),
}  # fmt: skip
"""An object by its first bytes: the dict that it is parsed into, and what is made of that."""
_OBJECT: Final = 1300
"""Any other object. The largest is an empty deque."""
_SHORTEST_NUMBER: Final = 4
"""Bytes of a number that is an object of its own, and its comma: Python shares integers up to 256."""
_QUOTE: Final = 20
"""Half of what a text takes more than a number."""
_CHARACTER: Final = 8
"""A character, where one of the text is wide, while the text is copied."""
_MOST_BYTES_PER_BYTE: Final = _OBJECT / len(b'{"q":[[],0]},')
"""No encoded value takes more memory for each of its bytes."""

_LONG_TEXT: Final = 64
_MOST_QUOTES: Final = 200_000
"""Quotes up to which it is worth while to look for long texts."""
_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_STRUCTURE: Final = (b",", b"[", b"{", b'"')


def check_value_size(data: bytes | bytearray | memoryview, limit_bytes: int) -> None:
    """Check that an encoded value takes at most so many bytes of memory once it is decoded.

    Raises:
        ValueSizeError: it may take more.
    """
    if len(data) * _MOST_BYTES_PER_BYTE <= limit_bytes:
        return
    if estimated_bytes(bytes(data), limit_bytes) > limit_bytes:
        raise ValueSizeError(f"a value would take more than {limit_bytes >> 20} MiB of memory")


def estimated_bytes(data: bytes, limit_bytes: int = 0) -> int:
    """Estimate the memory that an encoded value takes once it is decoded, in bytes; never too low.

    Args:
        data: the encoded value.
        limit_bytes: an estimate up to this is not refined.
    """
    tags = {tag: data.count(tag) for tag in _TAGGED}
    counts = {mark: data.count(mark) for mark in _STRUCTURE}
    short_texts = len(data) if b"\\u" in data else 0
    estimate = _estimate(len(data), short_texts, counts, tags)
    # What is inside texts is no structure. Long texts only: there are few, and short ones hide little.
    if estimate <= limit_bytes or counts[b'"'] - data.count(b'\\"') > _MOST_QUOTES:
        return estimate
    in_texts = 0
    for match in _TEXT.finditer(data):
        start, end = match.span()
        if end - start > _LONG_TEXT:
            in_texts += end - start - 2
            for mark in _STRUCTURE:
                counts[mark] -= data.count(mark, start + 1, end - 1)
    return _estimate(len(data) - in_texts, max(in_texts, short_texts), counts, tags)


def _estimate(structure: int, texts: int, counts: Mapping[bytes, int], tags: Mapping[bytes, int]) -> int:
    objects = sum(size * tags[tag] for tag, size in _TAGGED.items())
    others = max(0, counts[b"{"] - sum(tags.values()))
    numbers = min(counts[b","], structure // _SHORTEST_NUMBER) * _NUMBER
    # Only other objects have tables of plain items: sets. Those of dicts are counted by the lists of their pairs.
    item = _ITEM + (_TABLE_ITEM if others else 0)
    items = counts[b","] * item + counts[b"["] * _LIST + counts[b'"'] * _QUOTE
    return objects + others * _OBJECT + numbers + items + texts * _CHARACTER + structure
