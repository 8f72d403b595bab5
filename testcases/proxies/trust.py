"""Rules on what test code may ask of the solution's objects, and what it believes of the replies.

An answer that is optimised against its tests finds every comparison that its own code decides. So the rule behind all
of these: the test's own plain data is compared here, with plain data, and the answer does not get to see it first.

A class is *known* if test code names it, or derives it from one it names. An object is *made by the test* if test code
called a known class that is meant as a class (`testcases.proxies.class_registry`: an answer may write a class where a
function was asked for, and what that "returns" is a result).

- Attributes, items, calls, iteration: asked. What comes back is a value like any other.
- Length, truth, text, numbers made of it: asked once (`testcases.proxies.observations`).
- Methods that plain data has, of an object that the answer handed out: where its class derives from that plain type,
  they run here, on the value it holds. Where it does not, those that decide what is right, such as ``startswith`` and
  ``difference``, are refused unless they are given another object.
- ``a == b``, ``a < b`` with two objects of known classes: the answer's classes decide, as they would natively. A class
  that equals a stranger is equal to nothing. Objects of other classes equal only themselves.
- ``a == 3.5``, with the test's own plain data: true when the object, converted to that kind of data, *is* that data,
  here; and then only if its class agrees. The answer sees the test's value only when it has just reported it itself.
  What the answer handed out is one value of one kind: not a number if its numbers or its truth differ.
- ``a < 3.5``: decided here, for objects of known classes that derive from a plain type, by the value they hold.
- ``a + b`` with two objects of known classes: asked. ``a * 2``: asked of an object made by the test, as a method call
  is; but a difference or a quotient of it and plain data must be an object again. Of an object that the answer handed
  out it is refused: the test may have meant a number, and ``abs(f(x) - 3.5) < 1e-6`` must not hold because a class
  claims it.
- ``item in a``: asked of an object made by the test; of others the items are compared, here.

A refusal is not an exception that test code could catch (`testcases.signals.RefusedError`).
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import GET, OP
from testcases.proxies import observations
from testcases.signals import RefusedError, is_from_solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from testcases.proxies.session import Session

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
"""Methods of plain data by which a test decides what is right. Of anything else that has them, they are only claims."""
_CLOSED = "add mul pow matmul lshift rshift and_ or_ iadd imul ipow imatmul ilshift irshift iand ior"
_CLOSED_OPERATIONS = frozenset(_CLOSED.split())
"""Operators whose result is made by the test when the operands are. A difference or a quotient is a comparison in
disguise: ``f(x) - 3.5 == 0``."""


def compare(session: Session, operation: str, proxy: Any, other: Any) -> Any:
    """Return the result of a comparison."""
    if session.is_proxy(other):
        return _compare_two(session, operation, proxy, other)
    if other is None or type(other) in _PLAIN:
        if operation in {"eq", "ne"}:
            return (operation == "eq") is (other is not None and _is_equal_to_plain(session, proxy, other))
        return getattr(operator, operation)(_base_value(session, proxy), other)
    return NotImplemented


def _compare_two(session: Session, operation: str, proxy: Any, other: Any) -> Any:
    if not (session.is_known(proxy) and session.is_known(other)):
        if operation in {"eq", "ne"}:
            return (operation == "eq") is (proxy is other)
        raise RefusedError("objects of a class that the test does not name cannot be ordered")
    result = session.ask(OP, operation, [proxy, other])
    if operation in {"eq", "ne"} and result is (operation == "eq"):
        # An `__eq__` that is always true would make every expected object right. So the object is compared with a
        # bare object() as well: a class that equals that is believed to equal nothing.
        equals_anything = session.ask(OP, f"stranger_{operation}", [proxy]) is result
        return result is not equals_anything
    return result


def _is_equal_to_plain(session: Session, proxy: Any, other: Any) -> bool:
    """Return whether an object, converted to the type of a value, is that value, and its class agrees."""
    if session.is_made_by_test(proxy) or type(other) in _plain_types_of(session, proxy):
        value = _value_as(session, proxy, type(other))
        # Only once it has reported this very value is its `__eq__` asked, so nothing is disclosed by asking.
        return type(value) in _PLAIN and value == other and session.ask(OP, "eq", [proxy, other]) is True
    return False


def _value_as(session: Session, proxy: Any, kind: type) -> Any:
    if kind in _NUMBERS:
        return observations.as_number(session, proxy)
    try:
        value = observations.ask_once(session, "plain", proxy, kind.__name__)
        return kind(value) if kind in _ITEMS else value
    except Exception as error:
        if not is_from_solution(error) and not isinstance(error, TypeError):
            raise
        return None


def _plain_types_of(session: Session, proxy: Any) -> frozenset[type]:
    """Return the types as which an object from the answer may be seen.

    They are of one sort, so that it equals one value: one object must not be 3 to one test and "three" to the next.
    """
    kind = observations.plain_base(proxy)
    if kind is not None:
        return next((sort for sort in (_NUMBERS, _ITEMS) if kind in sort), frozenset({kind}))
    if any(observations.has_member(proxy, f"__{name}__") for name in ("index", "float", "complex")):
        return _NUMBERS
    if session.is_known(proxy):
        return _PLAIN - _NUMBERS
    if observations.has_member(proxy, "keys"):
        return frozenset({dict})
    if observations.has_member(proxy, "__iter__") or observations.has_member(proxy, "__getitem__"):
        return _ITEMS
    return frozenset({bytes} if observations.has_member(proxy, "__bytes__") else {str})


def _base_value(session: Session, proxy: Any) -> Any:
    if session.is_known(proxy):
        try:
            return observations.ask_once(session, "base", proxy)
        except Exception as error:
            if not is_from_solution(error):
                raise
    raise RefusedError("an object of the solution cannot be ordered against the test's own data")


def compute(session: Session, operation: str, proxy: Any, other: Any, *more: Any, reflected: bool) -> Any:
    """Return the result of an arithmetic operator."""
    is_made_by_test = session.is_made_by_test(proxy)
    is_proxy = session.is_proxy(other)
    if is_proxy:
        if not (session.is_known(proxy) and session.is_known(other)):
            raise RefusedError("objects of a class that the test does not name cannot be computed with")
        is_made_by_test = is_made_by_test and session.is_made_by_test(other)
    elif not is_made_by_test:
        raise RefusedError("a result that the answer computes with the test's own data is not believed")
    operands = [other, proxy] if reflected else [proxy, other, *more]
    result = session.ask(OP, operation, operands)
    if not is_made_by_test:
        return result
    is_closed = operation in _CLOSED_OPERATIONS
    if not is_closed and not is_proxy and not _is_made_of_proxies(session, result):
        raise RefusedError(f"a plain {operation} of the solution's object and the test's own data is not believed")
    if is_closed or is_proxy:
        session.mark_made_by_test(result)
    return result


def _is_made_of_proxies(session: Session, result: Any) -> bool:
    items = result if type(result) is tuple and result else (result,)  # divmod returns two
    return all(session.is_proxy(item) for item in items)


def contains(session: Session, proxy: Any, item: Any) -> bool:
    """Return whether an item is in an object."""
    if session.is_made_by_test(proxy):
        return session.ask(OP, "contains", [proxy, item]) is True
    if observations.plain_base(proxy) in {str, bytes}:
        return item in observations.ask_once(session, "base", proxy)
    if not hasattr(type(proxy), "__iter__"):
        raise RefusedError("a claim that the test's own data is in an object of the solution is not believed")
    return any(element is item or element == item for element in proxy)


def call_method(session: Session, proxy: Any, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call a method."""
    plain = observations.plain_value_with(session, proxy, name)
    if plain is not None:
        return getattr(plain, name)(*args, **kwargs)
    refuse_claim(session, proxy, name, args)
    return session.call([proxy, name], args, kwargs)


def get_attribute(session: Session, proxy: Any, name: str) -> Any:
    """Return an attribute."""
    plain = observations.plain_value_with(session, proxy, name)
    if plain is not None:
        return getattr(plain, name)
    value = session.ask(GET, proxy, name)
    refuse_claim(session, proxy, name)
    return value


def refuse_claim(session: Session, proxy: Any, name: str, args: Sequence[Any] = ()) -> None:
    """Refuse a method of an object, or class, that would decide about the test's own data as plain data does.

    Raises:
        RefusedError: its result would have to be believed.
    """
    is_of_test = session.classes.is_constructible(proxy) if isinstance(proxy, type) else session.is_made_by_test(proxy)
    if name in _CLAIMS and not is_of_test and not any(session.is_proxy(arg) for arg in args):
        raise RefusedError(f"{name}() of an object of the solution is not believed: it is not plain data")


def as_plain(session: Session, proxy: Any, kind: type) -> Any:
    """Return an object as a list or a dict of what is in it, or as its number; itself where it is none of these."""
    try:
        if kind is float:
            return observations.ask_once(session, "base", proxy)
        return observations.ask_once(session, "plain", proxy, kind.__name__)
    except Exception as error:
        if not is_from_solution(error):
            raise
        return proxy


# Python raises a TypeError for a `__len__` that returns a text, which test code could take for one of the solution and
# catch. A refusal it cannot catch.


def require_int(value: Any) -> int:
    """Return an int as it is, and refuse all else."""
    if type(value) is not int:
        raise RefusedError("a whole number is needed, and the solution returned something else")
    return value


def require_str(value: Any) -> str:
    """Return a str as it is, and refuse all else."""
    if type(value) is not str:
        raise RefusedError("a text is needed, and the solution returned something else")
    return value
