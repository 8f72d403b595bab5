"""Rules on which operations the solution's objects may perform for test code, and which of their results are believed.

An answer that is optimised against its tests exploits every comparison that its own code decides. So the rule behind
all others: the test's own plain data is compared in the harness process, with plain data, and the answer does not see
it before.

Terms:

- A class is *known* if test code names it, or derives it from a class that it names.
- An object is *made by the test* if test code called a known class that is meant as a class. An answer may write a
  class where a function was asked for; what that returns is not made by the test (`testcases.proxies.class_registry`).
- An object is *handed out* by the answer if it is not made by the test.
- *Forwarded*: the solution's process performs the operation. *Local*: this process performs it, on plain data that the
  object was converted to.
- A *stranger* is a bare ``object()`` in the solution's process, to which no honest object is equal.

Rules, for objects ``a`` and ``b`` of the solution:

- Attributes, items, calls, iteration: forwarded. The result is a value like any other.
- Conversions to a length, a truth value, a text or a number: forwarded once, then cached
  (`testcases.proxies.observations`).
- Methods that plain data has, of an object handed out: local if its class derives from the plain type with the method.
  Otherwise those by which a test decides what is right, such as ``startswith`` and ``difference``, are refused, unless
  an argument is an object of the solution.
- ``a == b``, ``a < b`` with known classes: forwarded, so the answer's classes decide as they would without a sandbox.
  An object that is equal to a stranger counts as equal to nothing. Objects of other classes equal only themselves.
- ``a == 3.5``, with the test's own plain data: true if ``a``, converted to the type of the data, equals it (local), and
  the class of ``a`` then agrees (forwarded). So the answer sees the test's value only after it has reported that value
  itself. An object handed out has one value of one kind: if its conversions do not agree, it is not a number.
- ``a < 3.5``: local, for known classes that derive from a plain type; refused for others.
- ``a + b`` with known classes: forwarded.
- ``a * 2``, with plain data: forwarded if ``a`` is made by the test, but a difference or a quotient must be an object
  again. Refused if ``a`` is handed out: the test may expect a number, and the class could make
  ``abs(f(x) - 3.5) < 1e-6`` true.
- ``item in a``: forwarded if ``a`` is made by the test; else its items are compared one by one (local).

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
"""Methods of plain data by which a test decides what is right. The result of another class's method is only a claim."""
_CLOSED = "add mul pow matmul lshift rshift and_ or_ iadd imul ipow imatmul ilshift irshift iand ior"
_CLOSED_OPERATIONS = frozenset(_CLOSED.split())
"""Operators whose result is made by the test if the operands are.

Differences and quotients are missing because they can serve as comparisons: ``f(x) - 3.5 == 0``.
"""


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
        # An `__eq__` that is always true would make every expected object right. So the object is also compared with a
        # stranger, a bare object() in its own process. If it equals that, too, it counts as equal to nothing.
        equals_anything = session.ask(OP, f"stranger_{operation}", [proxy]) is result
        return result is not equals_anything
    return result


def _is_equal_to_plain(session: Session, proxy: Any, other: Any) -> bool:
    """Return whether an object, converted to the type of a value, equals it, and the object's class agrees."""
    if session.is_made_by_test(proxy) or type(other) in _plain_types_of(session, proxy):
        value = _value_as(session, proxy, type(other))
        # Its `__eq__` gets the value only after the object has itself reported it, so nothing is disclosed.
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
    """Return the plain types that an object handed out may be compared with.

    They are of one kind, so that the object equals one value: it must not be 3 to one test and "three" to the next.
    """
    kind = observations.plain_base(proxy)
    if kind is not None:
        return next((group for group in (_NUMBERS, _ITEMS) if kind in group), frozenset({kind}))
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
    """Refuse a method of an object or class if its result would decide the test although it is only a claim.

    Raises:
        RefusedError: the method is one of plain data, and neither the object nor an argument makes it harmless.
    """
    is_of_test = session.classes.is_constructible(proxy) if isinstance(proxy, type) else session.is_made_by_test(proxy)
    if name in _CLAIMS and not is_of_test and not any(session.is_proxy(arg) for arg in args):
        raise RefusedError(f"{name}() of an object of the solution is not believed: it is not plain data")


def as_plain(session: Session, proxy: Any, kind: type) -> Any:
    """Return an object converted to a list, a dict or a number; the object itself if the conversion fails."""
    try:
        if kind is float:
            return observations.ask_once(session, "base", proxy)
        return observations.ask_once(session, "plain", proxy, kind.__name__)
    except Exception as error:
        if not is_from_solution(error):
            raise
        return proxy


# If a proxy's `__len__` returned a text, Python would raise a TypeError, and test code that expects one of the solution
# would catch it. Test code cannot catch a refusal.


def require_int(value: Any) -> int:
    """Return an int as it is, and refuse any other type."""
    if type(value) is not int:
        raise RefusedError("a whole number is needed, and the solution returned something else")
    return value


def require_str(value: Any) -> str:
    """Return a str as it is, and refuse any other type."""
    if type(value) is not str:
        raise RefusedError("a text is needed, and the solution returned something else")
    return value
