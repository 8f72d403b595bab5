"""``pytest.approx``: numbers, and containers of numbers, that need not be equal to the last digit."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from numbers import Complex
from typing import Any

from testcases.proxies.proxy import as_plain

__all__ = ["Approx"]

_RELATIVE, _ABSOLUTE = 1e-6, 1e-12


class Approx:
    """Compares equal to values near the expected one.

    Args:
        expected: a number, or a list, tuple or dict of numbers.
        rel: relative tolerance; by default a millionth, unless only `abs` is given.
        abs: absolute tolerance; by default 1e-12.
        nan_ok: whether NaN is near to NaN.
    """

    # `array == approx(...)`: NumPy then does not compare element by element, but leaves it to this class's __eq__
    # (NumPy, "Standard array subclasses", `__array_ufunc__`).
    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(
        self,
        expected: Any,
        rel: Any = None,
        abs: Any = None,  # noqa: A002 - pytest's name
        nan_ok: bool = False,  # noqa: FBT001, FBT002 - pytest's signature
    ) -> None:
        self.expected = expected
        self.rel, self.abs, self.nan_ok = rel, abs, nan_ok

    def __eq__(self, actual: object) -> bool:
        expected = self.expected
        if isinstance(expected, Mapping):
            actual = as_plain(actual, dict)
            return (
                isinstance(actual, Mapping)
                and set(actual) == set(expected)
                and all(self._of(value) == actual[key] for key, value in expected.items())
            )
        if _is_array(expected):
            return self._is_near_array(actual)
        if _is_array(actual):
            # Each item is compared with a number; with a sequence, one by one.
            if not isinstance(expected, Sequence):
                items = _items(actual)
                # pytest accepts an empty array; here an answer must not choose to have nothing compared.
                return bool(items) and all(self == item for item in items)
            actual = actual.tolist()  # type: ignore[attr-defined]  # an array has it
        if isinstance(expected, Sequence) and not isinstance(expected, str | bytes):
            actual = as_plain(actual, list)
            return (
                isinstance(actual, Sequence)
                and len(actual) == len(expected)
                and all(self._of(want) == found for want, found in zip(expected, actual, strict=True))
            )
        if isinstance(expected, AbstractSet):
            raise TypeError(f"pytest.approx() does not support sets: {expected!r}")
        return self._is_near(as_plain(actual, float))

    __hash__ = None  # type: ignore[assignment]  # as pytest's has none

    def __ne__(self, actual: object) -> bool:
        return not self == actual

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def __bool__(self) -> bool:
        raise AssertionError("approx() is not supported in a boolean context.")

    def _of(self, expected: Any) -> Any:
        numeric = isinstance(expected, Complex | Decimal) and not isinstance(expected, bool)
        return Approx(expected, self.rel, self.abs, self.nan_ok) if numeric else expected

    def _is_near_array(self, actual: Any) -> bool:
        """Compare with an array, of which the shape must be equal."""
        if not _is_array(actual):
            actual = as_plain(actual, list)
            if isinstance(actual, Sequence) and not isinstance(actual, str | bytes):
                actual = sys.modules["numpy"].asarray(actual)
        wanted = _items(self.expected)
        if not _is_array(actual):
            return bool(wanted) and all(self._of(want) == actual for want in wanted)
        return bool(actual.shape == self.expected.shape) and all(
            self._of(want) == found for want, found in zip(wanted, _items(actual), strict=True)
        )

    def _is_near(self, actual: Any) -> bool:
        expected = self.expected
        # True == 1 in Python, but True is not a right answer where a number near 1 is expected, nor 1 where True is.
        if isinstance(actual, bool) != isinstance(expected, bool):
            return False
        # Also true of equal infinities, and of equal values that are not numbers, such as None.
        if actual == expected:
            return True
        if not (isinstance(expected, Complex | Decimal) and isinstance(actual, Complex | Decimal)):
            return False
        if math.isnan(abs(expected)):
            return self.nan_ok and math.isnan(abs(actual))
        # The relative tolerance of an infinite value is infinite, so every number would be near to it.
        if math.isinf(abs(expected)) or math.isinf(abs(actual)):
            return False
        try:
            return bool(abs(expected - actual) <= self._tolerance())
        except TypeError:  # a Decimal and a float
            return bool(abs(float(expected) - float(actual)) <= float(self._tolerance()))  # type: ignore[arg-type]  # a failed conversion is caught below

    def _tolerance(self) -> Any:
        kind = Decimal if isinstance(self.expected, Decimal) else float
        absolute = kind(str(_ABSOLUTE)) if self.abs is None else self.abs
        if self.rel is None and self.abs is not None:
            return absolute
        relative = (kind(str(_RELATIVE)) if self.rel is None else self.rel) * abs(self.expected)
        return max(relative, absolute)


def _is_array(value: Any) -> bool:
    """Return whether a value is an array of NumPy, which is not loaded for it."""
    numpy = sys.modules.get("numpy")
    # By type(): isinstance() would ask an object of the solution.
    return numpy is not None and issubclass(type(value), numpy.ndarray)


def _items(array: Any) -> list[Any]:
    """Return the items of an array as Python's own values, row by row."""
    return list(array.ravel().tolist())
