"""Arithmetic of the solution's objects, by the table of trust."""

from __future__ import annotations

import cmath
import contextlib
import operator
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import OP
from testcases.proxies.session import ref_of
from testcases.proxies.trust import (
    NUMBERS,
    TEXTS,
    base_value,
    computes_with_a_stranger,
    refusal,
    rule_for,
    value_as,
)
from testcases.proxies.trust_table import SUBTRACTING, TABLE, Operation, Origin, Treatment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from testcases.proxies.session import Session
    from testcases.proxies.trust_table import Rule

__all__ = ["apply_unary", "compute"]

_IN_PLACE_NAMES = "iadd isub imul itruediv ifloordiv imod ipow imatmul ilshift irshift iand ior ixor"
_IN_PLACE = frozenset(_IN_PLACE_NAMES.split())
_TOLERANCE = 1e-9
"""Relative difference up to which two calculations of one number agree."""


def apply_unary(session: Session, operation: str, proxy: Any) -> Any:
    """Return the result of an operator without other operands, or of a copy."""
    rule = rule_for(session, Operation.UNARY, proxy)
    result = session.ask(OP, operation, [proxy])
    return (
        _objects_only(session, Operation.UNARY, rule, result)
        if rule.treatment is Treatment.OBJECTS
        else session.view(result, rule.gives)
    )


def _objects_only(session: Session, row: Operation, rule: Rule, result: Any, *, of_two: bool = False) -> Any:
    items = result if of_two and type(result) is tuple and result else (result,)
    if result is not NotImplemented and not all(session.is_proxy(item) for item in items):
        raise refusal(row)
    return session.view(result, rule.gives)


def compute(session: Session, operation: str, proxy: Any, other: Any, *more: Any, reflected: bool) -> Any:
    """Return the result of an arithmetic operator."""
    operands = [other, proxy] if reflected else [proxy, other, *more]
    row = _row(session, operation, other)
    rule = rule_for(session, row, proxy, *(one for one in (other,) if session.is_proxy(one)))
    match rule.treatment:
        case Treatment.REFUSED:
            raise refusal(row)
        case Treatment.BASE | Treatment.BASE_OR_OBJECTS if (base := base_value(session, proxy)) is not None:
            return _calculate(operation, *_with_value(operands, proxy, base))
        case Treatment.BASE:
            raise refusal(row)
        case Treatment.RECALCULATED:
            return _recalculate(session, operation, row, other, operands)
        case Treatment.CONTROLLED:
            return _compute_controlled(session, operation, operands, row, rule)
    result = session.ask(OP, operation, operands)
    if rule.treatment is not Treatment.FORWARDED:
        return _objects_only(session, row, rule, result, of_two=operation == "divmod")
    if operation in _IN_PLACE and session.is_proxy(result) and ref_of(result).identity is ref_of(proxy).identity:
        return proxy  # ``stack += 3`` changes the object, and makes no other
    return session.view(result, rule.gives)


def _row(session: Session, operation: str, other: Any) -> Operation:
    if session.is_proxy(other):
        return Operation.SUBTRACT_OBJECT if operation in SUBTRACTING else Operation.COMBINE_OBJECT
    if operation == "add" and type(other) in NUMBERS:
        return Operation.ADD_NUMBER
    return Operation.SUBTRACT_DATA if operation in SUBTRACTING else Operation.COMBINE_DATA


def _with_value(operands: Sequence[Any], proxy: Any, value: Any) -> list[Any]:
    return [value if operand is proxy else operand for operand in operands]


def _compute_controlled(session: Session, operation: str, operands: Sequence[Any], row: Operation, rule: Rule) -> Any:
    left, right = operands
    is_claim = any(
        computes_with_a_stranger(session, operation, one, is_left=is_left)
        for one, is_left in ((left, True), (right, False))
    )
    result = session.ask(OP, operation, operands)
    if is_claim:
        return _objects_only(session, row, TABLE[row][Origin.DIFFERENCE], result, of_two=operation == "divmod")
    return session.view(result, rule.gives)


def _recalculate(session: Session, operation: str, row: Operation, other: Any, operands: Sequence[Any]) -> Any:
    """Return the result of an operator that can serve as a comparison.

    A number is believed if it is what this process calculates.
    """
    proxy = next(operand for operand in operands if operand is not other)
    # Converted before the operator runs: after that, the answer knows what the test expects.
    value = _number_of(session, proxy) if type(other) in NUMBERS else None
    result = session.ask(OP, operation, operands)
    if result is NotImplemented or (type(result) in TEXTS and result):
        return result
    calculated = None
    if value is not None:
        with contextlib.suppress(Exception):  # if it fails, there is nothing that the class could agree with
            calculated = _calculate(operation, *_with_value(operands, proxy, value))
    is_right = _is_calculated(session, result, calculated)
    if is_right and not session.is_proxy(result):
        return result
    difference = _objects_only(session, row, TABLE[row][Origin.DIFFERENCE], result, of_two=operation == "divmod")
    if session.is_proxy(difference):
        ref = ref_of(difference)
        # The same object may be the result of two operators. Then it is neither number.
        is_new = ref.number is None and not ref.is_ambiguous
        ref.number, ref.is_ambiguous = (calculated, False) if is_right and is_new else (None, True)
    return difference


def _number_of(session: Session, proxy: Any) -> Any:
    ref = ref_of(proxy)
    return ref.number if ref.origin is Origin.DIFFERENCE else value_as(session, proxy, float)


def _calculate(operation: str, *operands: Any) -> Any:
    """Return the result of an operator on plain data.

    Raises:
        Exception: what the operator raises.
    """
    name = operation[1:] if operation in _IN_PLACE else operation
    if name in {"pow", "divmod"}:
        return (pow if name == "pow" else divmod)(*operands)
    return getattr(operator, f"{name}_" if name in {"and", "or"} else name)(*operands)


def _is_calculated(session: Session, result: Any, calculated: Any) -> bool:
    """Return whether the result of a class is what the harness has calculated."""
    if type(calculated) is tuple:
        pairs = zip(result, calculated, strict=True) if type(result) is tuple and len(result) == len(calculated) else ()
        checks = [_is_calculated(session, one, other) for one, other in pairs]
        return bool(checks) and all(checks)
    if type(calculated) not in NUMBERS:
        return False
    value = value_as(session, result, type(calculated)) if session.is_proxy(result) else result
    if type(value) not in NUMBERS:
        return False
    try:
        return bool(value == calculated) or cmath.isclose(value, calculated, rel_tol=_TOLERANCE)
    except OverflowError:
        return False
