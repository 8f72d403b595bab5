"""The replacement of members of modules and classes while test code runs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["replaced"]


@contextlib.contextmanager
def replaced(members: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Give owners other members for the time of a ``with`` block.

    Args:
        members: owner, name and new member; each pair of owner and name once.
    """
    # Not by unittest.mock, which test code may patch.
    members = list(members)
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in members]
    for owner, name, member in members:
        setattr(owner, name, member)
    try:
        yield
    finally:
        for owner, name, member in originals:
            setattr(owner, name, member)
