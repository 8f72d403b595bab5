"""Match the items of two lists under an equality that is not transitive, such as one with tolerances."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["has_partners", "pairs_up"]

Item = TypeVar("Item")

_MAX_SEARCHED = 64
"""Items up to which every pair is compared: the comparisons grow with the square of their number, and an answer chooses
how many items it returns."""


def pairs_up(
    left: Sequence[Item],
    right: Sequence[Item],
    same: Callable[[Item, Item], bool],
    *,
    key: Callable[[Item], Any],
) -> bool:
    """Return whether the items can be paired one to one so that both of each pair are `same`.

    Pairing in sorted order is tried first; it finds a pairing of numbers if there is one. If it fails, small lists are
    searched in full, and for larger ones the result is False.

    Args:
        left: the items to pair.
        right: the items to pair them with.
        same: returns whether an item of `left` and one of `right`, in this order, may form a pair.
        key: sort key that puts items that may form a pair near each other.
    """
    if len(left) != len(right):
        return False
    left, right = sorted(left, key=key), sorted(right, key=key)
    if all(same(one, other) for one, other in zip(left, right, strict=True)):
        return True
    if len(left) > _MAX_SEARCHED:
        return False
    neighbours = [[index for index, other in enumerate(right) if same(one, other)] for one in left]
    # Searching recurses once per item at most, so _MAX_SEARCHED also bounds the depth of the stack.
    owner: dict[int, int] = {}
    return all(_find_partner(item, neighbours, owner, set()) for item in range(len(left)))


def has_partners(
    items: Sequence[Item],
    others: Sequence[Item],
    same: Callable[[Item, Item], bool],
    *,
    key: Callable[[Item], Any],
) -> bool:
    """Return whether each item is `same` as one of the others; several may share one.

    Of many, only the neighbours in sorted order are compared; that finds the partners of numbers.

    Args:
        items: the items that need partners.
        others: the partners.
        same: returns whether an item and one of the others, in this order, match.
        key: sort key that puts items that may match near each other.
    """
    if len(items) <= _MAX_SEARCHED and len(others) <= _MAX_SEARCHED:
        return all(any(same(item, other) for other in others) for item in items)
    # For numbers this is exact: if any of the others is near enough, one of the two nearest is.
    ranked = sorted(others, key=key)
    keys = [key(other) for other in ranked]
    for item in items:
        position = bisect_left(keys, key(item))
        if not any(same(item, other) for other in ranked[max(0, position - 1) : position + 1]):
            return False
    return True


def _find_partner(item: int, neighbours: list[list[int]], owner: dict[int, int], tried: set[int]) -> bool:
    """Give an item a partner, and move earlier items to others if necessary (Kuhn's augmenting path)."""
    for index in neighbours[item]:
        if index in tried:
            continue
        tried.add(index)
        if index not in owner or _find_partner(owner[index], neighbours, owner, tried):
            owner[index] = item
            return True
    return False
