"""Whether what an answer returned or printed is right, by whatever a test says right is.

A custom checker is Python that defines ``checker(given, expected, got)`` and says True or False. ``given`` is the list
of the positional arguments (named ones follow as ``kwargs=``, where a test has any), or the text of standard input;
``got`` is plain data, never an object of the answer's. It runs here, beside the expected values.
"""

from __future__ import annotations

import copy
import sys
import traceback
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from testcases.compare.values import equal, same_output
from testcases.describe import is_reference
from testcases.signals import BrokenTestError
from testcases.source.parsing import compile_quietly
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType

    from testcases.model import Comparison

__all__ = ["is_right_output", "is_right_value"]

_FILE = "<checker>"
_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})


def is_right_value(
    got: Any, right: Sequence[Any], comparison: Comparison, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> bool:
    """Whether a returned value is one of the right ones.

    Raises:
        BrokenTestError: the checker does not do what a checker does.
    """
    if not comparison.checker:
        return any(equal(got, expected, comparison) for expected in right)
    if _contains_reference(got):
        return False
    named = {"kwargs": dict(kwargs)} if kwargs else {}
    return any(_checker_accepts(comparison.checker, list(args), expected, got, named) for expected in right)


def is_right_output(got: str, right: Sequence[str], comparison: Comparison, stdin: str) -> bool:
    """Whether a program's output is one of the right ones.

    Raises:
        BrokenTestError: the checker does not do what a checker does.
    """
    if not comparison.checker:
        return any(same_output(got, expected, comparison) for expected in right)
    return any(_checker_accepts(comparison.checker, stdin, expected, got, {}) for expected in right)


def _checker_accepts(source: str, given: Any, expected: Any, got: Any, named: dict[str, Any]) -> bool:
    """Whether the checker says True.

    An answer must not get out of its verdict by returning what a checker chokes on, or makes no bool of: the checker is
    to blame when the right value does the same to it. Where no value is given as the right one, it is to blame only for
    what no value can have brought about.
    """
    says = _run_checker(source, given, expected, got, named)
    if not isinstance(says, _NoDecision):
        return says
    if expected is None:
        if says.is_checkers_fault:
            raise BrokenTestError(says.told)
        return False
    if isinstance(_run_checker(source, given, expected, expected, named), _NoDecision):
        raise BrokenTestError(says.told)
    return False


class _NoDecision(NamedTuple):
    """What a checker says that says neither True nor False."""

    told: str
    is_checkers_fault: bool
    """Whether the values have nothing to do with it."""


def _run_checker(source: str, given: Any, expected: Any, got: Any, named: dict[str, Any]) -> bool | _NoDecision:
    namespace: dict[str, Any] = {"__name__": "checker"}
    try:
        exec(_compile_checker(source), namespace)
        checker = namespace["checker"]
    except OutOfTimeError:
        raise
    except BaseException as error:  # noqa: BLE001 - the data set's own code, whatever it raises
        raise BrokenTestError(f"the checker cannot be made: {type(error).__name__}: {error}") from None
    try:
        verdict = checker(*copy.deepcopy((given, expected, got)), **copy.deepcopy(named))
    except OutOfTimeError:
        raise
    except BaseException as error:  # noqa: BLE001 - whose fault it is shows later
        return _NoDecision(f"the checker raised {type(error).__name__}: {error}", _is_fault_of_checker(error))
    if type(verdict) is bool:
        return verdict
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(verdict) is numpy.bool_:
        return bool(verdict)
    return _NoDecision(f"the checker returned {type(verdict).__name__}, not True or False", is_checkers_fault=False)


def _is_fault_of_checker(error: BaseException) -> bool:
    """Whether the checker uses a name that is not there, wants a module that is not, or takes other arguments."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if frames[-1].f_code.co_filename == _FILE:
        return type(error) is NameError or isinstance(error, ImportError)
    return len(frames) == 1 and isinstance(error, TypeError)


@lru_cache(maxsize=64)
def _compile_checker(source: str) -> CodeType:
    return compile_quietly(source, _FILE)


def _contains_reference(value: Any) -> bool:
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
