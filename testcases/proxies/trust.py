"""What test code may ask of the answer's objects, and what of that is believed.

The rules, where *known* is a class that test code names, or one derived from it, and an object is *own* when test code
made it, by calling a known class that is meant as a class (`testcases.proxies.class_registry`: an answer may write one
where a function was asked for, and what that "returns" is a result):

- Attributes, items, calls, iteration: asked. What comes back is a value like any other.
- Length, truth, text, numbers made of it: asked once (`testcases.proxies.observations`).
- Methods that plain data has, of an object that the answer handed out: where its class derives from that plain type,
  they run here, on the value it holds. Where it does not, those that tell what is right, such as ``startswith`` and
  ``difference``, are refused unless they are given another object.
- ``a == b``, ``a < b`` with two objects of known classes: the answer's classes decide, as they would natively. A class
  that equals a stranger is equal to nothing. Objects of other classes equal only themselves.
- ``a == 3.5``, with the test's own plain data: true when the object, converted to that kind of data, *is* that data,
  here; and then only if its class agrees. The test's value is not shown to the answer unless it has just said it. What
  the answer handed out is one value of one kind: no number if its numbers or its truth differ.
- ``a < 3.5``: answered here, for objects of known classes that derive from a plain type, by the value they hold.
- ``a + b`` with two objects of known classes: asked. ``a * 2``: asked of an own object, as a method call is; but a
  difference or a quotient of it and plain data must be an object again. Of an object that the answer handed out it is
  refused: the test may have meant a number, and ``abs(f(x) - 3.5) < 1e-6`` must not hold because a class says so.
- ``item in a``: asked of an own object; of others the items are looked at, here.

What is refused is no exception that test code could wait for.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from testcases.proxies import observations
from testcases.signals import RefusedError, is_from_solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from testcases.proxies.host import ProxyHost

__all__ = [
    "as_plain",
    "call_method",
    "compare",
    "compute",
    "contains",
    "get_attribute",
    "refuse_claim",
    "require_int",
    "require_str",
]

_NUMBERS = frozenset({bool, int, float, complex})
_ITEMS = frozenset({list, tuple, set, frozenset})
_PLAIN = _NUMBERS | _ITEMS | {str, bytes, dict}
_CLAIM_NAMES = """
    difference symmetric_difference intersection union issubset issuperset isdisjoint startswith endswith is_integer
    isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper
"""
_CLAIMS = frozenset(_CLAIM_NAMES.split())
"""Methods of plain data by which a test tells what is right: of what else has them, it is only said."""
_CLOSED_OPERATIONS = frozenset(
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


def compare(objects: ProxyHost, operation: str, one: Any, other: Any) -> Any:
    """What a comparison yields."""
    if objects.is_proxy(other):
        return _compare_two(objects, operation, one, other)
    if other is None or type(other) in _PLAIN:
        if operation in {"eq", "ne"}:
            return (operation == "eq") is (other is not None and _is_equal_to_plain(objects, one, other))
        return getattr(operator, operation)(_base_value(objects, one), other)
    return NotImplemented


def _compare_two(objects: ProxyHost, operation: str, one: Any, other: Any) -> Any:
    if not (objects.is_known(one) and objects.is_known(other)):
        if operation in {"eq", "ne"}:
            return (operation == "eq") is (one is other)
        raise RefusedError("objects of a class that the test does not name cannot be ordered")
    said = objects.ask("op", operation, [one, other])
    if operation in {"eq", "ne"} and said is (operation == "eq"):
        says_so_of_anything = objects.ask("op", f"stranger_{operation}", [one]) is said
        return said is not says_so_of_anything
    return said


def _is_equal_to_plain(objects: ProxyHost, one: Any, other: Any) -> bool:
    """Whether an object, seen as a value of this type, is this value, and its class says so too."""
    if objects.is_made_by_test(one) or type(other) in _plain_types_of(objects, one):
        value = _value_as(objects, one, type(other))
        return type(value) in _PLAIN and value == other and objects.ask("op", "eq", [one, other]) is True
    return False


def _value_as(objects: ProxyHost, one: Any, kind: type) -> Any:
    if kind in _NUMBERS:
        return observations.as_number(objects, one)
    try:
        value = observations.ask_once(objects, "plain", one, kind.__name__)
        return kind(value) if kind in _ITEMS else value
    except Exception as error:
        if not is_from_solution(error) and not isinstance(error, TypeError):
            raise
        return None


def _plain_types_of(objects: ProxyHost, one: Any) -> frozenset[type]:
    """The types as which an object that the answer handed out is seen: only one sort, so that it equals one value."""
    kind = observations.plain_base(one)
    if kind is not None:
        return next((sort for sort in (_NUMBERS, _ITEMS) if kind in sort), frozenset({kind}))
    if any(observations.has_member(one, f"__{name}__") for name in ("index", "float", "complex")):
        return _NUMBERS
    if objects.is_known(one):
        return _PLAIN - _NUMBERS
    if observations.has_member(one, "keys"):
        return frozenset({dict})
    if observations.has_member(one, "__iter__") or observations.has_member(one, "__getitem__"):
        return _ITEMS
    return frozenset({bytes} if observations.has_member(one, "__bytes__") else {str})


def _base_value(objects: ProxyHost, one: Any) -> Any:
    if objects.is_known(one):
        try:
            return observations.ask_once(objects, "base", one)
        except Exception as error:
            if not is_from_solution(error):
                raise
    raise RefusedError("an object of the answer's cannot be ordered against the test's own data")


def compute(objects: ProxyHost, operation: str, one: Any, other: Any, *more: Any, reflected: bool) -> Any:
    """What an arithmetic operator yields."""
    is_made_by_test = objects.is_made_by_test(one)
    is_proxy = objects.is_proxy(other)
    if is_proxy:
        if not (objects.is_known(one) and objects.is_known(other)):
            raise RefusedError("objects of a class that the test does not name cannot be computed with")
        is_made_by_test = is_made_by_test and objects.is_made_by_test(other)
    elif not is_made_by_test:
        raise RefusedError("what the answer computes of the test's own data is not believed: its object is no number")
    operands = [other, one] if reflected else [one, other, *more]
    result = objects.ask("op", operation, operands)
    if (
        is_made_by_test
        and operation not in _CLOSED_OPERATIONS
        and not is_proxy
        and not _is_made_of_objects(objects, result)
    ):
        raise RefusedError(f"a plain {operation} of the answer's object and the test's own data is not believed")
    if is_made_by_test and (operation in _CLOSED_OPERATIONS or is_proxy):
        objects.own(result)
    return result


def _is_made_of_objects(objects: ProxyHost, result: Any) -> bool:
    items = result if type(result) is tuple and result else (result,)
    return all(objects.is_proxy(item) for item in items)


def contains(objects: ProxyHost, one: Any, item: Any) -> bool:
    """Whether something is in an object."""
    if objects.is_made_by_test(one):
        return objects.ask("op", "contains", [one, item]) is True
    if observations.plain_base(one) in {str, bytes}:
        return item in observations.ask_once(objects, "base", one)
    if not hasattr(type(one), "__iter__"):
        raise RefusedError("whether the test's own data is in an object of the answer's is not believed")
    return any(found is item or found == item for found in one)


def call_method(objects: ProxyHost, one: Any, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What a method returns."""
    plain = observations.plain_value_with(objects, one, name)
    if plain is not None:
        return getattr(plain, name)(*args, **kwargs)
    refuse_claim(objects, one, name, args)
    return objects.call([one, name], args, kwargs)


def get_attribute(objects: ProxyHost, one: Any, name: str) -> Any:
    """What an attribute is."""
    plain = observations.plain_value_with(objects, one, name)
    if plain is not None:
        return getattr(plain, name)
    value = objects.ask("get", one, name)
    refuse_claim(objects, one, name)
    return value


def refuse_claim(objects: ProxyHost, one: Any, name: str, args: Sequence[Any] = ()) -> None:
    """Believe no object, or class, that says of the test's own data what plain data would.

    Raises:
        RefusedError: it would have to be believed.
    """
    is_tests = objects.classes.is_constructible(one) if isinstance(one, type) else objects.is_made_by_test(one)
    if name in _CLAIMS and not is_tests and not any(objects.is_proxy(arg) for arg in args):
        raise RefusedError(f"what {name}() of an object of the answer's says is not believed: it is no plain data")


def as_plain(objects: ProxyHost, one: Any, kind: type) -> Any:
    """An object as a list or a dict of what is in it, or as the number it holds; itself where it is none of that."""
    try:
        return (
            observations.ask_once(objects, "base", one)
            if kind is float
            else observations.ask_once(objects, "plain", one, kind.__name__)
        )
    except Exception as error:
        if not is_from_solution(error):
            raise
        return one


def require_int(value: Any) -> int:
    """A number that Python wants to be an int."""
    if type(value) is not int:
        raise RefusedError("what must be a whole number is none")
    return value


def require_str(value: Any) -> str:
    """A text that Python wants to be a str."""
    if type(value) is not str:
        raise RefusedError("what must be a text is none")
    return value
