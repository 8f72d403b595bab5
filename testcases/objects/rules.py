"""What test code may ask of the answer's objects, and what of that is believed.

The rules, where *known* is a class that test code names, or one derived from it, and an object is *own* when test code
made it, by calling a known class:

- Attributes, items, calls, length, iteration, text, numbers made of it: asked. What comes back is a value like any
  other.
- ``a == b``, ``a < b`` with two objects of known classes: the answer's classes decide, as they would natively. A class
  that equals a stranger is equal to nothing. Objects of other classes equal only themselves.
- ``a == 3.5``, with the test's own plain data: true when the object, converted to that kind of data, *is* that data,
  here; and then only if its class agrees. The test's value is not shown to the answer unless it has just said it.
- ``a < 3.5``: answered here, for objects of known classes that derive from a plain type, by the value they hold.
- ``a + b`` with two objects of known classes: asked. ``a * 2``: asked of an own object, as a method call is. Of an
  object that the answer handed out it is refused: the test may have meant a number, and ``abs(f(x) - 3.5) < 1e-6``
  must not hold because a class says so.
- ``item in a``: asked of an own object; of others the items are looked at, here.

What is refused is no exception that test code could wait for.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from testcases.candidate import RefusedError, is_answers

if TYPE_CHECKING:
    from testcases.objects.table import Objects

__all__ = ["compare", "compute", "contains", "looked_at", "text", "whole"]

_CONVERSIONS: dict[type, tuple[str, ...]] = {
    bool: ("int",), int: ("int", "float"), float: ("float",), complex: ("complex",), str: ("str",), bytes: ("bytes",),
    list: ("list",), tuple: ("tuple",), set: ("set",), frozenset: ("frozenset",), dict: ("dict",),
}  # fmt: skip
"""What an object may be converted to when it is held against a value of this type."""
_STAYING = frozenset(
    [
        "add",
        "mul",
        "pow",
        "matmul",
        "lshift",
        "rshift",
        "and_",
        "or_",
        "iadd",
        "imul",
        "ipow",
        "imatmul",
        "ilshift",
        "irshift",
        "iand",
        "ior",
    ]
)
"""Operators whose result is the test's own when the operands are; a difference or a quotient is a comparison in
disguise."""


def compare(objects: Objects, operation: str, one: Any, other: Any) -> Any:
    """What a comparison yields."""
    if objects.is_stand_in(other):
        return _compare_two(objects, operation, one, other)
    if other is None or type(other) in _CONVERSIONS:
        if operation in {"eq", "ne"}:
            return (operation == "eq") is (other is not None and _is_observed(objects, one, other))
        return getattr(operator, operation)(_held_value(objects, one), other)
    return NotImplemented


def _compare_two(objects: Objects, operation: str, one: Any, other: Any) -> Any:
    if not (objects.is_known(one) and objects.is_known(other)):
        if operation in {"eq", "ne"}:
            return (operation == "eq") is (one is other)
        raise RefusedError("objects of a class that the test does not name cannot be ordered")
    said = objects.ask("op", operation, [one, other])
    if operation in {"eq", "ne"} and said is (operation == "eq"):
        says_so_of_anything = objects.ask("op", f"stranger_{operation}", [one]) is said
        return said is not says_so_of_anything
    return said


def _is_observed(objects: Objects, one: Any, other: Any) -> bool:
    """Whether an object, seen as a value of this type, is this value, and its class says so too."""
    for kind in _CONVERSIONS[type(other)]:
        try:
            value = objects.ask("op", "plain", [one, kind])
            if type(other) in {list, tuple, set, frozenset}:
                value = type(other)(value)
        except Exception as error:
            if not is_answers(error) and not isinstance(error, TypeError):
                raise
            continue
        if type(value) in _CONVERSIONS and value == other:
            return objects.ask("op", "eq", [one, other]) is True
    return False


def _held_value(objects: Objects, one: Any) -> Any:
    if objects.is_known(one):
        try:
            return objects.ask("op", "base", [one])
        except Exception as error:
            if not is_answers(error):
                raise
    raise RefusedError("an object of the answer's cannot be ordered against the test's own data")


def compute(objects: Objects, operation: str, one: Any, other: Any, *more: Any, reflected: bool) -> Any:
    """What an arithmetic operator yields."""
    is_own = objects.is_own(one)
    if objects.is_stand_in(other):
        if not (objects.is_known(one) and objects.is_known(other)):
            raise RefusedError("objects of a class that the test does not name cannot be computed with")
        is_own = is_own and objects.is_own(other)
    elif not is_own:
        raise RefusedError("what the answer computes of the test's own data is not believed: its object is no number")
    operands = [other, one] if reflected else [one, other, *more]
    result = objects.ask("op", operation, operands)
    if is_own and operation in _STAYING:
        objects.own(result)
    return result


def contains(objects: Objects, one: Any, item: Any) -> bool:
    """Whether something is in an object."""
    if objects.is_own(one):
        return objects.ask("op", "contains", [one, item]) is True
    if not hasattr(type(one), "__iter__"):
        raise RefusedError("whether the test's own data is in an object of the answer's is not believed")
    return any(found is item or found == item for found in one)


def looked_at(objects: Objects, one: Any, kind: type) -> Any:
    """An object as a list or a dict of what is in it, or as the number it holds; itself where it is none of that."""
    try:
        return objects.ask("op", "base", [one]) if kind is float else objects.ask("op", "plain", [one, kind.__name__])
    except Exception as error:
        if not is_answers(error):
            raise
        return one


def whole(value: Any) -> int:
    """A number that Python wants to be an int."""
    if type(value) is not int:
        raise RefusedError("what must be a whole number is none")
    return value


def text(value: Any) -> str:
    """A text that Python wants to be a str."""
    if type(value) is not str:
        raise RefusedError("what must be a text is none")
    return value
