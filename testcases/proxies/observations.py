"""Conversions of the solution's objects to plain data, cached so that each reports one value only.

A conversion runs the answer's code, which could return another number each time. So a result is cached until test
code does something that may change an object: call it, read or set an attribute, get or set an item, step an iterator,
operate in place. Conversions, comparisons and arithmetic do not clear the cache. If the class of an object derives from
a number or text type, that number or text cannot change, and is cached for good.

Nothing else is cached for an object that is the test's own (`OF_TEST`): the test may change its state in ways that are
not seen here, such as a clock or a callback.

An object must be one value only: its conversions to ``int``, ``float``, ``complex`` and ``bool`` must agree.
"""

from __future__ import annotations

import math
import types
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import OP
from testcases.proxies.session import ref_of
from testcases.proxies.trust_table import OF_TEST
from testcases.signals import is_from_solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from testcases.proxies.session import Session

__all__ = [
    "HARMLESS_OPERATIONS",
    "READ_ONLY_OPERATIONS",
    "as_number",
    "ask_once",
    "convert",
    "convert_plain",
    "has_member",
    "is_plain_method",
    "only_attribute",
    "plain_base",
    "plain_value_with",
]

_CONVERSIONS = "abs base bool bytes ceil complex float floor format hash index int len only plain repr round str trunc"
_OPERATORS = """
    eq ne lt le gt ge stranger kin isinstance issubclass dir copy deepcopy neg pos invert
    add sub mul truediv floordiv mod divmod pow matmul lshift rshift and_ or_ xor
"""
READ_ONLY_OPERATIONS = frozenset([*_CONVERSIONS.split(), *_OPERATORS.split()])
"""Operations that change no object, unless its class misuses them; they do not clear the cache."""
HARMLESS_OPERATIONS = READ_ONLY_OPERATIONS | {"iter", "next", "getitem", "reversed", "contains", "method_of_stranger"}
"""Operations that test code does not use to change an object, though an iteration, for one, may be used up."""
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
"""Conversions that run in the harness process, on the plain value of an object."""


def has_member(proxy: Any, name: str) -> bool:
    """Return whether an object's class has a member of this name, as far as the class was described."""
    # vars(), not hasattr(): that would ask the solution by `__getattr__`.
    return next((vars(base)[name] for base in type(proxy).__mro__ if name in vars(base)), None) is not None


def is_plain_method(kind: type, name: str) -> bool:
    """Return whether a proxy class derives from that of a plain type with a read-only method of this name."""
    if name in _MUTATING:
        return False
    builtin_types = [vars(base).get("__builtin_type__") for base in kind.__mro__]
    return any(type(vars(one).get(name)) is types.MethodDescriptorType for one in builtin_types if one in _PLAIN)


def plain_base(proxy: Any) -> type | None:
    """Return the plain type from which an object's class derives."""
    builtin_types = (vars(base).get("__builtin_type__") for base in type(proxy).__mro__)
    return next((kind for kind in builtin_types if kind in _PLAIN), None)


def ask_once(session: Session, operation: str, proxy: Any, *operands: Any) -> Any:
    """Return the result of a conversion, from the cache unless an object may have changed since.

    Raises:
        Exception: what the solution raised, the same each time.
    """
    ref = ref_of(proxy)
    # "base" is the immutable part of an object, so it is cached for objects of the test, too.
    if (ref.origin in OF_TEST and operation != "base") or any(type(operand) not in {int, str} for operand in operands):
        return session.ask(OP, operation, [proxy, *operands])
    if ref.change_count != session.change_count:
        ref.change_count = session.change_count
        ref.conversions = {key: result for key, result in ref.conversions.items() if key == ("base",)}
    key = (operation, *operands)
    if key not in ref.conversions:
        try:
            value, error = session.ask(OP, operation, [proxy, *operands]), None
        except Exception as raised:
            if not is_from_solution(raised):
                raise
            value, error = None, raised
        if session.is_proxy(value):  # a proxy decides no comparison, and one in the cache would never be released
            return value
        ref.conversions[key] = value, error
    value, error = ref.conversions[key]
    if error is not None:
        raise error
    return value


def convert(session: Session, operation: str, proxy: Any, *operands: Any) -> Any:
    """Convert an object to a number, a text or a truth value.

    It runs in the harness process if the object's class derives from a number or text type and test code did not make
    the object; else in the solution's process.

    Raises:
        Exception: what the solution raised.
    """
    kind = plain_base(proxy)
    is_local = operation == "bool" or (operation in _LOCAL_CONVERSIONS and hasattr(kind, f"__{operation}__"))
    if is_local and kind in _IMMUTABLE and ref_of(proxy).origin not in OF_TEST:
        return _LOCAL_CONVERSIONS[operation](ask_once(session, "base", proxy), *operands)
    return ask_once(session, operation, proxy, *operands)


def convert_plain(operation: str, value: Any, *operands: Any) -> Any:
    """Convert plain data in the harness process as `convert` would convert an object."""
    return _LOCAL_CONVERSIONS[operation](value, *operands)


def as_number(session: Session, proxy: Any) -> int | float | complex | None:
    """Return an object as a number; ``None`` if it is not one, or if its conversions do not agree."""
    kind = plain_base(proxy)
    if kind in _NUMBERS:
        numbers = [ask_once(session, "base", proxy)]
    elif kind is not None:
        return None
    else:
        names = ["int", "float", "complex"] if has_member(proxy, "__complex__") else ["int", "float"]
        numbers = [number for name in names if (number := _try_conversion(session, proxy, name)) is not None]
    # An object that is 3 as an int and 4.5 as a float would equal two right answers.
    if not numbers or not all(type(number) in _NUMBERS and _agrees(numbers[0], number) for number in numbers):
        return None
    value: int | float | complex = numbers[0]
    return value if ref_of(proxy).origin in OF_TEST or ask_once(session, "bool", proxy) is bool(value) else None


def only_attribute(session: Session, proxy: Any) -> Any:
    """Return the only attribute that an object has; ``None`` if it has none, or several."""
    try:
        return ask_once(session, "only", proxy)
    except Exception as error:
        if not is_from_solution(error) and not isinstance(error, TypeError):
            raise
        return None


def _try_conversion(session: Session, proxy: Any, name: str) -> Any:
    try:
        return ask_once(session, "plain", proxy, name)
    except Exception as error:
        if not is_from_solution(error) and not isinstance(error, TypeError):
            raise
        return None


def _agrees(one: Any, other: Any) -> bool:
    """Return whether a number, converted to the type of the other, equals the other."""
    try:
        return bool(type(other)(one) == other)
    except (OverflowError, TypeError):
        return False


def plain_value_with(session: Session, proxy: Any, name: str) -> Any:
    """Return the plain value on which a method runs in the harness process; ``None``: it runs in the solution's.

    It runs in the harness process if test code did not make the object, and the object's class derives from a plain
    type that has the method. So the method of the plain type decides, and the answer does not see the arguments.
    """
    kind = plain_base(proxy)
    if kind is None or ref_of(proxy).origin in OF_TEST or not is_plain_method(type(proxy), name):
        return None
    if kind in _IMMUTABLE:
        return ask_once(session, "base", proxy)
    return kind(ask_once(session, "plain", proxy, kind.__name__))
