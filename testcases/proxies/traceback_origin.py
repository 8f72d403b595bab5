"""Where in test code an exception came up, read from the code that was running.

The solution's objects may be asked to suppress an exception that ends a ``with`` block of test code. That must not undo
a test: what it asserts, and what it does with a value that is not of the kind it should be.
"""

from __future__ import annotations

import dis
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from testcases.signals import TEST_MODULES, is_from_solution

if TYPE_CHECKING:
    from types import FrameType, TracebackType

__all__ = ["is_missing_module", "may_be_suppressed"]

_Span = tuple[tuple[int, int], tuple[int, int]]
"""First and last position in the source, each a line and a column."""
_RAISE = dis.opmap["RAISE_VARARGS"]
_NAMES = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_VARIABLES = frozenset({*dis.haslocal, *dis.hasfree})
_NAMING = frozenset({*_VARIABLES, *dis.hasname})


def may_be_suppressed(error: BaseException | None) -> bool:
    """Whether the answer's word counts, when it says that this exception of a ``with`` block is dealt with.

    It does for an exception of the answer's, for one that test code raises by a ``raise`` statement, and for one that
    comes of nothing but constants, built-in functions and modules (``1 / 0``); for no assertion that failed, and
    nothing that came up while one was looked at.
    """
    if error is None:
        return True
    if isinstance(error, AssertionError) and not is_from_solution(error):
        return False
    way = _test_frames(error)
    if not way:
        return is_from_solution(error) or error.__traceback__ is None  # which was never raised
    if any(_is_asserting(trace) for trace in way):
        return False
    return is_from_solution(error) or _is_raise(way[-1]) or _uses_no_values(way[-1])


def is_missing_module(error: BaseException) -> bool:
    """Whether test code wants a module that is not there: an error of that kind that is not the answer's.

    Nor is it that if test code raises what it has of the answer: ``raise candidate("x")``, where that is ImportError.
    """
    if not isinstance(error, ImportError) or is_from_solution(error):
        return False
    way = _test_frames(error)
    if error.__context__ is not None or not way or not _is_raise(way[-1]):
        return True
    instructions, here = _running(way[-1])
    line = here[0][0] if here is not None else 0
    named = [str(one.argval) for one in instructions if one.opcode in _NAMING and _is_on(line, one)]
    return not named or any(name.endswith("Error") for name in named)


def _test_frames(error: BaseException) -> list[TracebackType]:
    """Where test code was running, the innermost last."""
    way, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") in TEST_MODULES:
            way.append(trace)
        trace = trace.tb_next
    return way


def _is_raise(trace: TracebackType) -> bool:
    return trace.tb_next is None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def _is_asserting(trace: TracebackType) -> bool:
    """Whether an ``assert`` statement, or a call of a method such as ``assertEqual``, was being run."""
    instructions, here = _running(trace)
    methods: list[tuple[int, int]] = []
    for one in instructions if here is not None else ():
        place = _span(one)
        if place is None:
            continue
        if one.opname.startswith("LOAD_ASSERTION") or one.argval is AssertionError:
            if _holds(_lines(place), here):  # for before 3.12 the place is but a part of the statement
                return True
        elif one.opcode in dis.hasname and str(one.argval).lower().startswith("assert"):
            methods.append(place[0])
        elif one.opname.startswith("CALL") and place[0] in methods and _holds(place, here):
            return True
    return False


def _uses_no_values(trace: TracebackType) -> bool:
    """Whether the expression that failed is made of nothing that test code was given."""
    instructions, here = _running(trace)
    parts = [one for one in instructions if here is not None and _holds(here, _span(one))]
    return bool(parts) and all(
        one.opcode not in _VARIABLES and (one.opname not in _NAMES or _is_module_or_builtin(trace.tb_frame, one.argval))
        for one in parts
    )


def _running(trace: TracebackType) -> tuple[list[dis.Instruction], _Span | None]:
    """The instructions of a frame, and the place of the one that was running."""
    instructions = list(dis.get_instructions(trace.tb_frame.f_code))
    begun = [one for one in instructions if one.offset <= trace.tb_lasti]  # of a call, the frame may know the end only
    return instructions, _span(begun[-1]) if begun else None


def _is_module_or_builtin(frame: FrameType, name: str) -> bool:
    """Whether a name means a module, something built in, or nothing."""
    for names in (frame.f_locals, frame.f_globals):
        if name in names:
            return type(names[name]) is ModuleType
    return True


def _span(instruction: dis.Instruction) -> _Span | None:
    where: Any = instruction.positions
    if where is None or None in where:
        return None
    return (where.lineno, where.col_offset), (where.end_lineno, where.end_col_offset)


def _lines(place: _Span) -> _Span:
    return (place[0][0], 0), (place[1][0], sys.maxsize)


def _holds(outer: _Span, inner: _Span | None) -> bool:
    return inner is not None and outer[0] <= inner[0] and inner[1] <= outer[1]


def _is_on(line: int, instruction: dis.Instruction) -> bool:
    place = _span(instruction)
    return place is not None and place[0][0] == line
