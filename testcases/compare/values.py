"""Compare an observed value with the expected one.

Both are plain data, already rebuilt as exact built-in types. No method of another type is ever called: a value of
another type equals nothing, whatever its ``__eq__`` returns. The time is linear in the size of the values except for
sorting, and the depth is bounded.
"""

from __future__ import annotations

import cmath
import math
from collections import Counter, OrderedDict, defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from testcases.compare.matching import has_partners, pairs_up
from testcases.compare.output import same_output

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from testcases.model import Comparison

__all__ = ["equal", "same_output"]

_SEQUENCES = frozenset({list, tuple})
_SETS = frozenset({set, frozenset})
_MAPPINGS = frozenset({dict, OrderedDict, defaultdict, Counter})
_NUMBERS = frozenset({int, float, complex, Decimal, Fraction})
_TEXTS = frozenset({str, bytes, type(None)})
# Values of these types that Python calls equal are equal here too; unequal floats still may both be NaN.
_DIRECT = frozenset({int, str, bytes, type(None)})
_DIRECT_OR_FLOAT = _DIRECT | {float}

_CROWD = 64
"""Keys that may share a hash; more of them are taken for an attack."""
_MAX_DEPTH = 250
"""Nesting up to which a value has a canonical form; expected values have at most 200 levels."""


def equal(actual: Any, expected: Any, comparison: Comparison) -> bool:
    """Return whether `actual` equals `expected`.

    - A bool equals only a bool, at any depth, in dict keys and in sets too.
    - int, float, complex, Decimal and Fraction compare by value. If a float is expected, the tolerances of `comparison`
      apply to real numbers as in `math.isclose`, if a complex is, to all numbers; never to dict keys. So the type of
      what is returned does not decide: where an integer is expected, only its value is right. NaN equals only NaN.
    - A tuple equals a list with equal items, a frozenset a set, a bytearray a bytes, any standard
      dict type a dict. A list never equals a set.
    - Mode ``unordered`` ignores the order of the outermost list's items. Mode ``set`` also ignores how often each
      occurs, and whether it is a list, a tuple or a set. Mode ``tokens`` is for output only, and is ``exact`` here.
    """
    kinds = {type(actual), type(expected)}
    if comparison.mode == "unordered" and kinds <= _SEQUENCES:
        return _same_items(actual, expected, comparison)
    if comparison.mode == "set" and kinds <= _SEQUENCES | _SETS:
        return _same_members(tuple(actual), tuple(expected), comparison)
    return _same(actual, expected, comparison)


def _same(actual: Any, expected: Any, comparison: Comparison) -> bool:
    # A stack of its own instead of recursion: values may be nested as deep as the codec takes.
    pending: list[tuple[Sequence[Any], Sequence[Any]]] = [((actual,), (expected,))]
    while pending:
        left, right = pending.pop()
        verdict = _same_at_once(left, right)
        if verdict is not None:
            if not verdict:
                return False
            continue
        for one, other in zip(left, right, strict=True):
            result = _same_but_for(one, other, comparison)
            if result is False:
                return False
            if result is not True:
                pending.append(result)
    return True


def _same_but_for(actual: Any, expected: Any, comparison: Comparison) -> bool | tuple[Sequence[Any], Sequence[Any]]:
    """Compare two values; of containers of the same type and length, return the items that remain to be compared."""
    kind, other_kind = type(actual), type(expected)
    if other_kind in _SEQUENCES:
        return (actual, expected) if kind in _SEQUENCES and len(actual) == len(expected) else False
    if other_kind in _MAPPINGS:
        return kind in _MAPPINGS and (_values_by_key(actual, expected) or False)
    if other_kind in _SETS:
        return kind in _SETS and _same_items(tuple(actual), tuple(expected), comparison)
    return _same_leaf(actual, expected, comparison)


def _same_at_once(left: Sequence[Any], right: Sequence[Any]) -> bool | None:
    """Compare flat sequences of equal length by one call of the interpreter; ``None`` if that cannot decide."""
    kinds = set(map(type, left))
    kinds.update(map(type, right))
    if not kinds <= _DIRECT_OR_FLOAT:
        return None
    if type(left) is not type(right):
        left, right = list(left), list(right)
    if left == right:
        return True
    return None if float in kinds else False


def _same_leaf(actual: Any, expected: Any, comparison: Comparison) -> bool:
    kind, other_kind = type(actual), type(expected)
    if other_kind in _NUMBERS:
        return kind in _NUMBERS and _same_number(actual, expected, comparison)
    if other_kind is bytes and kind is bytearray:
        return bool(actual == expected)
    if other_kind is bool or other_kind in _TEXTS:
        return kind is other_kind and bool(actual == expected)
    return False


def _tolerant(comparison: Comparison) -> bool:
    return bool(comparison.float_abs or comparison.float_rel)


def _same_number(actual: Any, expected: Any, comparison: Comparison) -> bool:
    kind = type(expected)
    tolerances = {"rel_tol": comparison.float_rel, "abs_tol": comparison.float_abs}
    try:
        if actual == expected:
            return True
        if kind is complex:
            one, other = complex(actual), complex(expected)
            if cmath.isnan(one) or cmath.isnan(other):
                return _same_number(one.real, other.real, comparison) and _same_number(one.imag, other.imag, comparison)
            return _tolerant(comparison) and cmath.isclose(one, other, **tolerances)
        if kind is float and type(actual) is not complex:
            if math.isnan(expected):
                return math.isnan(actual)
            return _tolerant(comparison) and math.isclose(actual, expected, **tolerances)
    except (ArithmeticError, ValueError):  # a number that no float can hold; a signalling NaN
        return False
    return False


def _values_by_key(actual: Any, expected: Any) -> tuple[list[Any], list[Any]] | None:
    """Return the values of two dicts in the order of the expected keys; ``None`` if the keys differ."""
    if len(actual) != len(expected):
        return None
    kinds = set(map(type, actual))
    kinds.update(map(type, expected))
    if not kinds <= _DIRECT:
        # In a dict, True and 1 are the same key, and no NaN equals another: use canonical forms as keys.
        keys = [_canonical(key) for key in actual]
        if _is_crowd(keys):
            return None
        actual = dict(zip(keys, actual.values(), strict=True))
        expected = {_canonical(key): value for key, value in expected.items()}
    try:
        return [actual[key] for key in expected], list(expected.values())
    except KeyError:
        return None


def _same_items(actual: Sequence[Any], expected: Sequence[Any], comparison: Comparison) -> bool:
    """Return whether two sequences hold equal items, in any order."""
    if len(actual) != len(expected):
        return False
    # Only expected values become keys, so that an answer cannot fill the table with colliding hashes.
    missing: dict[Hashable, list[Any]] = {}
    for item in expected:
        missing.setdefault(_canonical(item), []).append(item)
    tolerant = _tolerant(comparison)
    left_over = []
    for item in actual:
        same = missing.get(_canonical(item))
        if same:
            same.pop()
        elif tolerant:
            left_over.append(item)
        else:
            return False
    unmatched = [item for items in missing.values() for item in items]
    return pairs_up(left_over, unmatched, lambda one, other: _same(one, other, comparison), key=_rank)


def _same_members(actual: Sequence[Any], expected: Sequence[Any], comparison: Comparison) -> bool:
    """Return whether each item of either sequence equals one of the other."""
    right = {_canonical(item): item for item in expected}
    seen = set()
    extra = []
    for item in actual:
        key = _canonical(item)
        if key in right:
            seen.add(key)
        elif _tolerant(comparison):
            extra.append(item)
        else:
            return False
    missing = [item for key, item in right.items() if key not in seen]
    if not _tolerant(comparison):
        return not missing

    def same(one: Any, other: Any) -> bool:
        return _same(one, other, comparison)

    def same_reversed(one: Any, other: Any) -> bool:
        return _same(other, one, comparison)

    return has_partners(extra, list(right.values()), same, key=_rank) and has_partners(
        missing, actual, same_reversed, key=_rank
    )


def _canonical(value: Any, depth: int = 0) -> Hashable:
    """Return a hashable that is equal for values that are exactly equal, and only for them."""
    kind = type(value)
    if kind in _DIRECT:
        return value  # type: ignore[no-any-return]  # the type was looked at
    if kind is bool:
        return ("bool", value)
    if kind is bytearray:
        return bytes(value)
    if kind in _NUMBERS:
        return _canonical_number(value)
    if depth < _MAX_DEPTH:
        depth += 1
        if kind in _SEQUENCES:
            return ("list", tuple([_canonical(item, depth) for item in value]))
        if kind in _SETS:
            return ("set", _counted([_canonical(item, depth) for item in value]))
        if kind in _MAPPINGS:
            return (
                "dict",
                _counted([(_canonical(k, depth), _canonical(v, depth)) for k, v in value.items()]),
            )
    return object()  # it equals nothing


def _counted(items: list[Hashable]) -> Hashable:
    return object() if _is_crowd(items) else frozenset(Counter(items).items())


def _is_crowd(keys: list[Hashable]) -> bool:
    """Return whether more keys share a hash than by chance.

    Building a table of n such keys takes n * n comparisons, and an answer can compute them: integers hash to themselves
    modulo 2**61 - 1.
    """
    if len(keys) <= _CROWD:
        return False
    return max(Counter(hash(key) for key in keys if key != _NAN).values(), default=0) > _CROWD


_NAN = ("nan", "nan", 0.0)


def _canonical_number(value: Any) -> Hashable:
    if type(value) is Decimal and value.is_nan():
        return object()
    if value == value:  # noqa: PLR0124  # all but NaN; Python hashes equal numbers alike
        return value  # type: ignore[no-any-return]  # the type was looked at
    value = complex(value)
    return ("nan", *("nan" if math.isnan(part) else part for part in (value.real, value.imag)))


def _rank(value: Any) -> tuple[Any, ...]:
    """Return a sort key that puts numbers that are close to each other side by side."""
    kind = type(value)
    if kind in {int, float} and value == value:  # noqa: PLR0124  # all but NaN
        return (0, value)
    if kind in _SEQUENCES:
        return (1, len(value), *(_rank(item)[:2] if type(item) in {int, float} else (2,) for item in value))
    return (2, kind.__name__)
