"""Plain data: the values that tests may hold, because they are the same after they crossed between processes."""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError

__all__ = ["MAX_DEPTH", "require_plain"]

MAX_DEPTH: Final = 200
"""Levels of nesting that a value may have; fewer than the codec takes (`sandbox.wire.values`), because the spec around
a value has levels, too."""

_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
_CONTAINERS = frozenset({list, tuple, set, frozenset, dict})


def require_plain(value: Any, field: str) -> None:
    """Check that a value is plain data.

    Plain data is exactly ``None``, ``bool``, ``int``, ``float`` (NaN too), ``complex``, ``str``, ``bytes``, and
    ``list``, ``tuple``, ``set``, ``frozenset``, ``dict`` of it, at most `MAX_DEPTH` levels deep; no subclasses.

    Raises:
        InvalidFieldError: it is not; the error is of `field`.
    """
    levels = _levels(value, field, [], {})
    if levels > MAX_DEPTH:
        raise _too_deep(field)


def _levels(value: Any, field: str, parents: list[int], known: dict[int, int]) -> int:
    """Return the levels of nesting of a value, 0 for a scalar.

    Args:
        value: the value.
        field: for errors.
        parents: ids of the containers that the value is in.
        known: levels of the containers that were visited, by id.
    """
    kind = type(value)
    if kind in _SCALARS:
        return 0
    if kind not in _CONTAINERS:
        raise InvalidFieldError(field, f"holds a value of type {kind.__name__}, which is not plain data")
    # A container that occurs in many places is visited once: [[x] * 9] * 9 and so on would take exponential time.
    if id(value) in known:
        return known[id(value)]
    if id(value) in parents:
        raise InvalidFieldError(field, "contains itself")
    if len(parents) >= MAX_DEPTH:
        raise _too_deep(field)
    parents.append(id(value))
    deepest = 0
    for items in (value.keys(), value.values()) if kind is dict else (value,):
        if not _SCALARS.issuperset(map(type, items)):
            deepest = max(deepest, *(_levels(item, field, parents, known) for item in items))
    parents.pop()
    known[id(value)] = deepest + 1
    return deepest + 1


def _too_deep(field: str) -> InvalidFieldError:
    return InvalidFieldError(field, f"is nested more than {MAX_DEPTH} levels deep")
