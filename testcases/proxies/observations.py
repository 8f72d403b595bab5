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

from testcases.signals import is_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from testcases.proxies.host import Objects

__all__ = ["QUIET", "by_its_value", "has", "is_plain", "number", "once", "stands_for", "value_with"]

_CONVERSIONS = "abs base bool bytes ceil complex float floor format hash index int len plain repr round str trunc"
_OPERATORS = """
    eq ne lt le gt ge stranger_eq stranger_ne isinstance issubclass dir copy deepcopy neg pos invert
    add sub mul truediv floordiv mod divmod pow matmul lshift rshift and_ or_ xor
"""
QUIET = frozenset([*_CONVERSIONS.split(), *_OPERATORS.split()])
"""Operations that change no object whose class is honest."""
_NUMBERS = frozenset({int, float, complex})
_UNCHANGING = _NUMBERS | {str, bytes}
_PLAIN = _UNCHANGING | {list, tuple, set, frozenset, dict}
_CHANGES = """
    add append clear difference_update discard extend insert intersection_update pop popitem remove reverse setdefault
    sort symmetric_difference_update update
"""
_CHANGING = frozenset(_CHANGES.split())
_HERE: dict[str, Callable[..., Any]] = {
    "bool": bool, "int": int, "float": float, "complex": complex, "index": lambda value: value.__index__(), "len": len,
    "abs": abs, "round": round, "trunc": math.trunc, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip
"""Conversions of what an object holds."""


def has(one: Any, name: str) -> bool:
    """Whether an object's class has a member of this name, as far as it was described."""
    return next((vars(base)[name] for base in type(one).__mro__ if name in vars(base)), None) is not None


def is_plain(kind: type, name: str) -> bool:
    """Whether a class of stand-ins derives from that of a plain type with a method of this name that only looks."""
    if name in _CHANGING:
        return False
    found = [vars(base).get("__stands_for__") for base in kind.__mro__]
    return any(type(vars(one).get(name)) is types.MethodDescriptorType for one in found if one in _PLAIN)


def stands_for(one: Any) -> type | None:
    """The plain type from which an object's class derives."""
    found = (vars(base).get("__stands_for__") for base in type(one).__mro__)
    return next((kind for kind in found if kind in _PLAIN), None)


def once(objects: Objects, operation: str, one: Any, *operands: Any) -> Any:
    """What an object says of itself, asked again only when test code has done something since.

    Raises:
        Exception: what the answer raised, the same each time.
    """
    what = object.__getattribute__(one, "__held__")
    if (what.is_own and operation != "base") or any(type(operand) not in {int, str} for operand in operands):
        return objects.ask("op", operation, [one, *operands])
    if what.doings != objects.doings:
        what.doings, what.said = objects.doings, {key: said for key, said in what.said.items() if key == ("base",)}
    key = (operation, *operands)
    if key not in what.said:
        try:
            value, error = objects.ask("op", operation, [one, *operands]), None
        except Exception as raised:
            if not is_answers(raised):
                raise
            value, error = None, raised
        if objects.is_stand_in(value):
            return value
        what.said[key] = value, error
    value, error = what.said[key]
    if error is not None:
        raise error
    return value


def by_its_value(objects: Objects, operation: str, one: Any, *operands: Any) -> Any:
    """A conversion: of what an object holds that test code did not make and whose class derives from a number or text.

    Of any other it is asked.
    """
    kind = stands_for(one)
    is_here = operation == "bool" or (operation in _HERE and hasattr(kind, f"__{operation}__"))
    if is_here and kind in _UNCHANGING and not objects.is_own(one):
        return _HERE[operation](once(objects, "base", one), *operands)
    return once(objects, operation, one, *operands)


def number(objects: Objects, one: Any) -> int | float | complex | None:
    """The number that an object is; ``None`` for one that is none, or not the same one in every respect."""
    kind = stands_for(one)
    if kind in _NUMBERS:
        found = [once(objects, "base", one)]
    elif kind is not None:
        return None
    else:
        words = ["int", "float", "complex"] if has(one, "__complex__") else ["int", "float"]
        found = [said for word in words if (said := _as(objects, one, word)) is not None]
    if not found or not all(type(said) in _NUMBERS and _agree(found[0], said) for said in found):
        return None
    value: int | float | complex = found[0]
    return value if objects.is_own(one) or once(objects, "bool", one) is bool(value) else None


def _as(objects: Objects, one: Any, word: str) -> Any:
    try:
        return once(objects, "plain", one, word)
    except Exception as error:
        if not is_answers(error) and not isinstance(error, TypeError):
            raise
        return None


def _agree(one: Any, other: Any) -> bool:
    """Whether a number is the other, as far as the other's type can tell."""
    try:
        return bool(type(other)(one) == other)
    except (OverflowError, TypeError):
        return False


def value_with(objects: Objects, one: Any, name: str) -> Any:
    """The plain value of an object on which a method of this name is to run, here; ``None`` when it is to be asked.

    It is run here when the object is none that test code made, and derives from a plain type that has the method: what
    that type does is known, and the answer need not be told with what its object is held against.
    """
    kind = stands_for(one)
    if kind is None or objects.is_own(one) or not is_plain(type(one), name):
        return None
    if kind in _UNCHANGING:
        return once(objects, "base", one)
    return kind(once(objects, "plain", one, kind.__name__))
