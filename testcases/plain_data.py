"""What a test's values may be: data that crosses between processes and comes out the same."""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError

__all__ = ["MAX_DEPTH", "require_plain"]

MAX_DEPTH: Final = 200
"""Levels of nesting a value may have."""

_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
_CONTAINERS = frozenset({list, tuple, set, frozenset, dict})


def require_plain(value: Any, field: str) -> None:
    """Refuse a value that is not plain data.

    Plain data is exactly ``None``, ``bool``, ``int``, ``float`` (NaN too), ``complex``, ``str``, ``bytes``, and
    ``list``, ``tuple``, ``set``, ``frozenset``, ``dict`` of it, at most `MAX_DEPTH` levels deep; no subclasses.

    Raises:
        InvalidFieldError: for `field`; the text says what is wrong with the value.
    """
    levels = _levels(value, field, [], {})
    if levels > MAX_DEPTH:
        raise _too_deep(field)


def _levels(value: Any, field: str, above: list[int], known: dict[int, int]) -> int:
    """Levels of nesting of a value: 0 for a scalar. `above` holds the containers it is in, by id."""
    kind = type(value)
    if kind in _SCALARS:
        return 0
    if kind not in _CONTAINERS:
        raise InvalidFieldError(field, f"holds a value of type {kind.__name__}, which is not plain data")
    if id(value) in known:
        return known[id(value)]
    if id(value) in above:
        raise InvalidFieldError(field, "contains itself")
    if len(above) >= MAX_DEPTH:
        raise _too_deep(field)
    above.append(id(value))
    deepest = 0
    for items in (value.keys(), value.values()) if kind is dict else (value,):
        if not _SCALARS.issuperset(map(type, items)):
            deepest = max(deepest, *(_levels(item, field, above, known) for item in items))
    above.pop()
    known[id(value)] = deepest + 1
    return deepest + 1


def _too_deep(field: str) -> InvalidFieldError:
    return InvalidFieldError(field, f"is nested more than {MAX_DEPTH} levels deep")
