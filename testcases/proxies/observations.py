"""What plain data an object of the answer's is, and that it says so once.

A conversion runs the answer's code, which could give another number each time it is asked. So what an object says of
itself is kept, and given again, until test code *does* something: calls, reads or sets an attribute, takes or sets an
item, steps an iterator, operates in place. Conversions, comparisons and arithmetic are no doing. What the number or
text is that an object of a derived class holds cannot change, and is asked once for ever.

An object that test code made by calling a class (*own*) is asked each time: its state is for the test to change, by
clocks and callbacks of its own, too.

An object is one value only. As a number, what it is as an ``int``, ``float``, ``complex`` and as a truth must
agree.
"""

from __future__ import annotations

import math
import types
from typing import TYPE_CHECKING, Any

from testcases.signals import is_from_solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from testcases.proxies.host import ProxyHost

__all__ = [
    "READ_ONLY_OPERATIONS",
    "as_number",
    "ask_once",
    "convert",
    "has_member",
    "is_plain_method",
    "plain_base",
    "plain_value_with",
]

_CONVERSIONS = "abs base bool bytes ceil complex float floor format hash index int len plain repr round str trunc"
_OPERATORS = """
    eq ne lt le gt ge stranger_eq stranger_ne isinstance issubclass dir copy deepcopy neg pos invert
    add sub mul truediv floordiv mod divmod pow matmul lshift rshift and_ or_ xor
"""
READ_ONLY_OPERATIONS = frozenset([*_CONVERSIONS.split(), *_OPERATORS.split()])
"""Operations that change no object whose class is honest."""
_NUMBERS = frozenset({int, float, complex})
_IMMUTABLE = _NUMBERS | {str, bytes}
_PLAIN = _IMMUTABLE | {list, tuple, set, frozenset, dict}
_MUTATING_NAMES = """
    add append clear difference_update discard extend insert intersection_update pop popitem remove reverse setdefault
    sort symmetric_difference_update update
"""
_MUTATING = frozenset(_MUTATING_NAMES.split())
_LOCAL_CONVERSIONS: dict[str, Callable[..., Any]] = {
    "bool": bool, "int": int, "float": float, "complex": complex, "index": lambda value: value.__index__(), "len": len,
    "abs": abs, "round": round, "trunc": math.trunc, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip
"""Conversions of what an object holds."""


def has_member(one: Any, name: str) -> bool:
    """Whether an object's class has a member of this name, as far as it was described."""
    return next((vars(base)[name] for base in type(one).__mro__ if name in vars(base)), None) is not None


def is_plain_method(kind: type, name: str) -> bool:
    """Whether a class of stand-ins derives from that of a plain type with a method of this name that only looks."""
    if name in _MUTATING:
        return False
    found = [vars(base).get("__stands_for__") for base in kind.__mro__]
    return any(type(vars(one).get(name)) is types.MethodDescriptorType for one in found if one in _PLAIN)


def plain_base(one: Any) -> type | None:
    """The plain type from which an object's class derives."""
    found = (vars(base).get("__stands_for__") for base in type(one).__mro__)
    return next((kind for kind in found if kind in _PLAIN), None)


def ask_once(objects: ProxyHost, operation: str, one: Any, *operands: Any) -> Any:
    """What an object says of itself, asked again only when test code has done something since.

    Raises:
        Exception: what the answer raised, the same each time.
    """
    what = object.__getattribute__(one, "__held__")
    if (what.is_made_by_test and operation != "base") or any(type(operand) not in {int, str} for operand in operands):
        return objects.ask("op", operation, [one, *operands])
    if what.change_count != objects.change_count:
        what.change_count, what.said = (
            objects.change_count,
            {key: said for key, said in what.said.items() if key == ("base",)},
        )
    key = (operation, *operands)
    if key not in what.said:
        try:
            value, error = objects.ask("op", operation, [one, *operands]), None
        except Exception as raised:
            if not is_from_solution(raised):
                raise
            value, error = None, raised
        if objects.is_proxy(value):
            return value
        what.said[key] = value, error
    value, error = what.said[key]
    if error is not None:
        raise error
    return value


def convert(objects: ProxyHost, operation: str, one: Any, *operands: Any) -> Any:
    """A conversion: of what an object holds that test code did not make and whose class derives from a number or text.

    Of any other it is asked.
    """
    kind = plain_base(one)
    is_here = operation == "bool" or (operation in _LOCAL_CONVERSIONS and hasattr(kind, f"__{operation}__"))
    if is_here and kind in _IMMUTABLE and not objects.is_made_by_test(one):
        return _LOCAL_CONVERSIONS[operation](ask_once(objects, "base", one), *operands)
    return ask_once(objects, operation, one, *operands)


def as_number(objects: ProxyHost, one: Any) -> int | float | complex | None:
    """The number that an object is; ``None`` for one that is none, or not the same one in every respect."""
    kind = plain_base(one)
    if kind in _NUMBERS:
        found = [ask_once(objects, "base", one)]
    elif kind is not None:
        return None
    else:
        words = ["int", "float", "complex"] if has_member(one, "__complex__") else ["int", "float"]
        found = [said for word in words if (said := _try_conversion(objects, one, word)) is not None]
    if not found or not all(type(said) in _NUMBERS and _agrees(found[0], said) for said in found):
        return None
    value: int | float | complex = found[0]
    return value if objects.is_made_by_test(one) or ask_once(objects, "bool", one) is bool(value) else None


def _try_conversion(objects: ProxyHost, one: Any, word: str) -> Any:
    try:
        return ask_once(objects, "plain", one, word)
    except Exception as error:
        if not is_from_solution(error) and not isinstance(error, TypeError):
            raise
        return None


def _agrees(one: Any, other: Any) -> bool:
    """Whether a number is the other, as far as the other's type can tell."""
    try:
        return bool(type(other)(one) == other)
    except (OverflowError, TypeError):
        return False


def plain_value_with(objects: ProxyHost, one: Any, name: str) -> Any:
    """The plain value of an object on which a method of this name is to run, here; ``None`` when it is to be asked.

    It is run here when the object is none that test code made, and derives from a plain type that has the method: what
    that type does is known, and the answer need not be told with what its object is held against.
    """
    kind = plain_base(one)
    if kind is None or objects.is_made_by_test(one) or not is_plain_method(type(one), name):
        return None
    if kind in _IMMUTABLE:
        return ask_once(objects, "base", one)
    return kind(ask_once(objects, "plain", one, kind.__name__))
