"""Matching the items of two lists when equality is not transitive, as with tolerances."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["has_partners", "pairs_up"]

Item = TypeVar("Item")

_MAX_SEARCHED = 64
"""Most items for which a pairing is searched; the search takes the square of their number."""


def pairs_up(
    left: Sequence[Item],
    right: Sequence[Item],
    same: Callable[[Item, Item], bool],
    *,
    key: Callable[[Item], Any],
) -> bool:
    """Whether each item of `left` can be paired with one of its own in `right` so that all pairs are `same`.

    Items are paired in sorted order first, which finds a pairing of numbers whenever there is one. Where
    that fails, small lists are searched in full; of larger ones the answer is then no.

    Args:
        left: the items to pair.
        right: the items to pair them with.
        same: symmetric; whether two items may form a pair.
        key: sort key that brings items that may pair near each other.
    """
    if len(left) != len(right):
        return False
    left, right = sorted(left, key=key), sorted(right, key=key)
    if all(same(one, other) for one, other in zip(left, right, strict=True)):
        return True
    if len(left) > _MAX_SEARCHED:
        return False
    neighbours = [[index for index, other in enumerate(right) if same(one, other)] for one in left]
    owner: dict[int, int] = {}
    return all(_find_partner(item, neighbours, owner, set()) for item in range(len(left)))


def has_partners(
    items: Sequence[Item],
    others: Sequence[Item],
    same: Callable[[Item, Item], bool],
    *,
    key: Callable[[Item], Any],
) -> bool:
    """Whether each of the items is `same` as one of the others; several may share one.

    Where there are many, only the nearest in sorted order are looked at, which finds the partners of numbers.

    Args:
        items: the items that need partners.
        others: the partners.
        same: whether two items go together.
        key: sort key that brings items that may go together near each other.
    """
    if len(items) <= _MAX_SEARCHED and len(others) <= _MAX_SEARCHED:
        return all(any(same(item, other) for other in others) for item in items)
    ranked = sorted(others, key=key)
    keys = [key(other) for other in ranked]
    for item in items:
        place = bisect_left(keys, key(item))
        if not any(same(item, other) for other in ranked[max(0, place - 1) : place + 1]):
            return False
    return True


def _find_partner(item: int, neighbours: list[list[int]], owner: dict[int, int], tried: set[int]) -> bool:
    """Give `item` a partner, moving earlier ones on where they have another (Kuhn's augmenting path)."""
    for place in neighbours[item]:
        if place in tried:
            continue
        tried.add(place)
        if place not in owner or _find_partner(owner[place], neighbours, owner, tried):
            owner[place] = item
            return True
    return False
