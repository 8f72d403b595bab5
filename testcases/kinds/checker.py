"""Decides whether a returned value or an output is right: by comparison, or by a checker of the data set.

A checker is Python that defines ``checker(given, expected, got)`` and returns True or False. ``given`` is the list of
the positional arguments (named ones follow as ``kwargs=``, where a test has any), or the text of standard input.
``got`` is plain data, never an object of the solution. The checker runs in the harness, beside the expected values.
"""

from __future__ import annotations

import copy
import sys
import traceback
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.wire.numpy_values import plain
from sandbox.wire.standard_values import form_name, form_of
from sandbox.wire.values import Reference
from testcases.compare.values import equal, same_output
from testcases.proxies.evaluation import EVALUATION
from testcases.signals import BrokenTestError
from testcases.source.parsing import compile_quietly
from testcases.watchdog import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType

    from testcases.model import Comparison

__all__ = ["is_right_output", "is_right_value"]

_FILE = "<checker>"
_CONTAINERS = frozenset({list, tuple, set, frozenset, deque})


def is_right_value(
    got: Any, right: Sequence[Any], comparison: Comparison, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> bool:
    """Return whether a returned value is one of the right ones.

    Raises:
        BrokenTestError: the checker raises, or returns something else than True or False, by its own fault.
    """
    got = plain(got)
    if not comparison.checker:
        return any(equal(got, expected, comparison) for expected in right)
    if _contains_reference(got):
        return False
    named = {"kwargs": dict(kwargs)} if kwargs else {}
    return any(_checker_accepts(comparison.checker, list(args), expected, got, named) for expected in right)


def is_right_output(got: str, right: Sequence[str], comparison: Comparison, stdin: str) -> bool:
    """Return whether a program's output is one of the right ones.

    Raises:
        BrokenTestError: the checker raises, or returns something else than True or False, by its own fault.
    """
    if not comparison.checker:
        return any(same_output(got, expected, comparison) for expected in right)
    return any(_checker_accepts(comparison.checker, stdin, expected, got, {}) for expected in right)


def _checker_accepts(source: str, given: Any, expected: Any, got: Any, named: dict[str, Any]) -> bool:
    """Return the decision of the checker; False when only this value keeps it from deciding.

    Raises:
        BrokenTestError: see `is_right_value`.
    """
    decision = _run_checker(source, given, expected, got, named)
    if not isinstance(decision, _NoDecision):
        return decision
    # A broken test leaves the sample unscored, so an answer must not bring that about by returning something that a
    # checker chokes on. The checker is to blame when the right value does the same to it. Where the test has no right
    # value, it is to blame only for what no value can have caused.
    if expected is None:
        is_checkers_fault = decision.is_checkers_fault
    else:
        is_checkers_fault = isinstance(_run_checker(source, given, expected, expected, named), _NoDecision)
    if is_checkers_fault:
        raise BrokenTestError(decision.message)
    return False


class _NoDecision(NamedTuple):
    """An error of a checker, or a result that is neither True nor False."""

    message: str
    is_checkers_fault: bool
    """True when the values have nothing to do with it."""


def _run_checker(source: str, given: Any, expected: Any, got: Any, named: dict[str, Any]) -> bool | _NoDecision:
    # Run anew for each value, so that a checker cannot carry anything from one answer to the next.
    namespace: dict[str, Any] = {"__name__": "checker", **EVALUATION}
    try:
        exec(_compile_checker(source), namespace)
        checker = namespace["checker"]
    except OutOfTimeError:
        raise
    except BaseException as error:  # noqa: BLE001 - the data set's own code, whatever it raises
        raise BrokenTestError(f"the checker cannot be made: {type(error).__name__}: {error}") from None
    try:
        # Copies: the checker may change what it is given, and another right value may follow.
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
    """Return whether the checker misses a name or a module, or takes other arguments."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if frames[-1].f_code.co_filename == _FILE:
        return type(error) is NameError or isinstance(error, ImportError)
    return len(frames) == 1 and isinstance(error, TypeError)


@lru_cache(maxsize=64)
def _compile_checker(source: str) -> CodeType:
    return compile_quietly(source, _FILE)


def _contains_reference(value: Any) -> bool:
    """Return whether a reference to an object of the solution is part of a value."""
    pending = [value]
    # A loop, not a recursion: an answer may nest as deep as the codec lets it.
    while pending:
        value = pending.pop()
        if type(value) is Reference:
            return True
        if isinstance(value, dict):
            pending += value.keys()
            pending += value.values()
        elif type(value) in _CONTAINERS:
            pending += value
        # Not everything that can be iterated: an answer may return all addresses of a network.
        elif (name := form_name(type(value))) is not None and form_of(name).is_container:
            pending.append(form_of(name).take(value))
    return False
