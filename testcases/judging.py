"""Whether what an answer returned or printed is right, by whatever a test says right is.

A custom checker is Python that defines ``checker(given, expected, got)`` and says True or False. ``given`` is the list
of the positional arguments (named ones follow as ``kwargs=``, where a test has any), or the text of standard input;
``got`` is plain data, never an object of the answer's. It runs here, beside the expected values.
"""

from __future__ import annotations

import copy
import sys
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from testcases.candidate import BrokenTestError
from testcases.compare import equal, same_output
from testcases.telling import is_reference
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType

    from testcases.problem import Comparison

__all__ = ["right_output", "right_value"]

_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})


def right_value(
    got: Any, right: Sequence[Any], comparison: Comparison, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> bool:
    """Whether a returned value is one of the right ones.

    Raises:
        BrokenTestError: the checker does not do what a checker does.
    """
    if not comparison.checker:
        return any(equal(got, expected, comparison) for expected in right)
    if _holds_objects(got):
        return False
    named = {"kwargs": dict(kwargs)} if kwargs else {}
    return any(_approves(comparison.checker, list(args), expected, got, named) for expected in right)


def right_output(got: str, right: Sequence[str], comparison: Comparison, stdin: str) -> bool:
    """Whether a program's output is one of the right ones.

    Raises:
        BrokenTestError: the checker does not do what a checker does.
    """
    if not comparison.checker:
        return any(same_output(got, expected, comparison) for expected in right)
    return any(_approves(comparison.checker, stdin, expected, got, {}) for expected in right)


def _approves(source: str, given: Any, expected: Any, got: Any, named: dict[str, Any]) -> bool:
    try:
        return _asked(source, given, expected, got, named)
    except (BrokenTestError, OutOfTimeError):
        raise
    except BaseException as error:  # noqa: BLE001 - whose fault it is shows below
        told = f"{type(error).__name__}: {error}"
    # An answer must not get out of its verdict by returning what a checker chokes on: the checker is to blame when the
    # right value does the same to it.
    try:
        _asked(source, given, expected, expected, named)
    except OutOfTimeError:
        raise
    except BaseException:  # noqa: BLE001 - it is to blame, whatever it raises
        raise BrokenTestError(f"the checker raised {told}") from None
    return False


def _asked(source: str, given: Any, expected: Any, got: Any, named: dict[str, Any]) -> bool:
    namespace: dict[str, Any] = {"__name__": "checker"}
    try:
        exec(_compiled(source), namespace)
        checker = namespace["checker"]
    except OutOfTimeError:
        raise
    except BaseException as error:  # noqa: BLE001 - the data set's own code, whatever it raises
        raise BrokenTestError(f"the checker cannot be made: {type(error).__name__}: {error}") from None
    verdict = checker(*copy.deepcopy((given, expected, got)), **copy.deepcopy(named))
    if type(verdict) is bool:
        return verdict
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(verdict) is numpy.bool_:
        return bool(verdict)
    raise BrokenTestError(f"the checker returned {type(verdict).__name__}, not True or False")


@lru_cache(maxsize=64)
def _compiled(source: str) -> CodeType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(source, "<checker>", "exec", dont_inherit=True)


def _holds_objects(value: Any) -> bool:
    """Whether an object that stayed in the answer's process is part of the value."""
    pending = [value]
    while pending:
        value = pending.pop()
        if is_reference(value):
            return True
        if isinstance(value, dict):
            pending += value.keys()
            pending += value.values()
        elif type(value) not in _SCALARS and hasattr(value, "__iter__") and type(value) is not range:
            pending += value
    return False
