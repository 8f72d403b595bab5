"""What a fetch brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from testcases.errors import StoreError

__all__ = ["Fetched", "check_size"]

_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a place, and what tells them from others."""

    data: bytes
    tag: str | None
    """A place with the same tag holds the same bytes; ``None`` where it has none."""


def check_size(size: int, cap: int) -> None:
    """See that something is no larger than it may be.

    Raises:
        StoreError: it is.
    """
    if size > cap:
        raise StoreError(f"is larger than the {cap / _MB:g} MiB that max_object_mb allows")
