"""Comparisons of the solution's objects, by the table of trust."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import OP
from testcases.proxies import observations
from testcases.proxies.session import ref_of
from testcases.proxies.trust import (
    NUMBERS,
    PLAIN,
    base_value,
    calculated_number,
    is_said_of_a_stranger,
    plain_types_of,
    refusal,
    rule_for,
    value_as,
)
from testcases.proxies.trust_table import OF_TEST, Operation, Treatment
from testcases.signals import is_from_solution

if TYPE_CHECKING:
    from testcases.proxies.session import Session

__all__ = ["compare"]

_OPPOSITES = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}


def compare(session: Session, operation: str, proxy: Any, other: Any) -> Any:
    """Return the result of a comparison."""
    is_equality = operation in {"eq", "ne"}
    if session.is_proxy(other):
        return (_equal_objects if is_equality else _order_objects)(session, operation, proxy, other)
    if other is None:
        return operation == "ne" if is_equality else NotImplemented
    if type(other) in PLAIN:
        if is_equality:
            return (operation == "eq") is _is_equal_to_plain(session, proxy, other)
        return _order_data(session, operation, proxy, other)
    return NotImplemented


def _equal_objects(session: Session, operation: str, proxy: Any, other: Any) -> Any:
    rule = rule_for(session, Operation.EQUAL_OBJECT, proxy, other)
    if rule.treatment is Treatment.IDENTITY:
        return (operation == "eq") is (ref_of(proxy).identity is ref_of(other).identity)
    result = session.ask(OP, operation, [proxy, other])
    # An `__eq__` that is always true would make every expected object right. So both objects, because either may have
    # decided, are also compared with a stranger. If one equals that, too, it counts as equal to nothing.
    if result is (operation == "eq"):
        return result is not any(is_said_of_a_stranger(session, operation, one, result) for one in (proxy, other))
    return result


def _order_objects(session: Session, operation: str, proxy: Any, other: Any) -> Any:
    rule = rule_for(session, Operation.ORDER_OBJECT, proxy, other)
    if rule.treatment is Treatment.REFUSED:
        raise refusal(Operation.ORDER_OBJECT)
    result = session.ask(OP, operation, [proxy, other])
    if rule.treatment is Treatment.CONTROLLED and is_said_of_a_stranger(session, operation, proxy, result):
        raise refusal(Operation.ORDER_OBJECT)
    return result


def _is_equal_to_plain(session: Session, proxy: Any, other: Any) -> bool:
    """Return whether an object, converted to the type of a value, equals it, and the object's class agrees.

    What an object of the test's own wraps in its only attribute counts as a conversion, too.
    """
    rule = rule_for(session, Operation.EQUAL_DATA, proxy)
    if rule.treatment is Treatment.CONTENT:
        if type(other) in NUMBERS:
            number = calculated_number(proxy, Operation.EQUAL_DATA)
            return bool(number == other) and session.ask(OP, "eq", [proxy, other]) is True
        if not other:
            raise refusal(Operation.EQUAL_DATA)
    if ref_of(proxy).origin in OF_TEST or type(other) in plain_types_of(session, proxy):
        value = value_as(session, proxy, type(other))
        if ref_of(proxy).origin in OF_TEST and not (type(value) in PLAIN and value == other):
            # Such as `Money(5) == 5`, where the class has no other conversion than its `__eq__`.
            value = observations.only_attribute(session, proxy)
        # Its `__eq__` gets the value only after the object has itself reported it, so nothing is disclosed.
        return type(value) in PLAIN and value == other and session.ask(OP, "eq", [proxy, other]) is True
    return False


def _order_data(session: Session, operation: str, proxy: Any, other: Any) -> Any:
    rule = rule_for(session, Operation.ORDER_DATA, proxy)
    if rule.treatment is Treatment.CALCULATED:
        return getattr(operator, operation)(calculated_number(proxy, Operation.ORDER_DATA), other)
    value = base_value(session, proxy)
    if value is None and rule.treatment is Treatment.ORDERED:
        if type(other) not in NUMBERS:
            return _order_by_class(session, operation, proxy, other)
        value = observations.as_number(session, proxy)
        if value is not None and session.ask(OP, operation, [proxy, other]) is not getattr(operator, operation)(
            value, other
        ):
            value = None
    if value is None:
        raise refusal(Operation.ORDER_DATA)
    return getattr(operator, operation)(value, other)


def _order_by_class(session: Session, operation: str, proxy: Any, other: Any) -> Any:
    """Return how a class orders an object and data other than numbers, such as ``Version("1.2") < "1.10"``."""
    result = session.ask(OP, operation, [proxy, other])
    if result is True:
        try:
            claims_both = session.ask(OP, _OPPOSITES[operation], [proxy, other]) is True
        except Exception as error:
            if not is_from_solution(error):
                raise
            claims_both = False
        if claims_both or is_said_of_a_stranger(session, operation, proxy, result):
            raise refusal(Operation.ORDER_DATA)
    return result is True
