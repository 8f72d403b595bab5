"""Origin of an exception in test code, read from the bytecode that was running.

When an exception ends a ``with`` block of test code on an object of the solution, the object's ``__exit__`` may ask to
suppress it. It must not be able to suppress a failed assertion, or an error that a wrong value has caused.
"""

from __future__ import annotations

import dis
import inspect
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from testcases.signals import TEST_MODULES, is_from_solution

if TYPE_CHECKING:
    from types import CodeType, FrameType, TracebackType

__all__ = ["is_missing_module", "may_be_suppressed"]

_Span = tuple[tuple[int, int], tuple[int, int]]
"""First and last position in the source, each a line and a column."""
_RAISE = dis.opmap["RAISE_VARARGS"]
_NAMES = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_VARIABLES = frozenset({*dis.haslocal, *dis.hasfree})
_OF_CONSTANTS = (
    "LOAD_CONST", "LOAD_SMALL_INT", "BUILD_", "LIST_EXTEND", "LIST_APPEND", "SET_UPDATE", "SET_ADD", "DICT_UPDATE",
    "UNPACK_SEQUENCE", "SWAP", "COPY", "NOP", "RESUME", "UNARY_NEGATIVE", "STORE_FAST",
)  # fmt: skip
"""Starts of the names of instructions that make constants, and assign them."""
_NAMING = frozenset({*_VARIABLES, *dis.hasname})


def may_be_suppressed(error: BaseException | None) -> bool:
    """Return whether the solution may suppress an exception of a ``with`` block.

    It may suppress an exception that it raised itself, one that a ``raise`` statement of test code raised, and one that
    an expression without values of the solution raised (``1 / 0``): such an expression uses only constants, variables
    that are constants, built-in functions and modules. It may not suppress a failed assertion, or any exception raised
    while an assertion was evaluated.
    """
    if error is None:
        return True
    if isinstance(error, AssertionError) and not is_from_solution(error):
        return False
    frames = _test_frames(error)
    if not frames:
        return is_from_solution(error) or error.__traceback__ is None  # it was never raised
    if any(_is_asserting(trace) for trace in frames):
        return False
    return is_from_solution(error) or _is_raise(frames[-1]) or _uses_no_values(frames[-1])


def is_missing_module(error: BaseException) -> bool:
    """Return whether test code imports a module that this host lacks, which breaks the test for every answer.

    An import error of the solution does not count, nor one that test code raises by a name of the solution, as in
    ``raise candidate("x")`` where the answer has set ``candidate = ImportError``. Otherwise an answer could choose to
    be unscored.
    """
    if not isinstance(error, ImportError) or is_from_solution(error):
        return False
    frames = _test_frames(error)
    if error.__context__ is not None or not frames or not _is_raise(frames[-1]):
        return True
    instructions, here = _running(frames[-1])
    line = here[0][0] if here is not None else 0
    named = [
        str(instruction.argval)
        for instruction in instructions
        if instruction.opcode in _NAMING and _is_on(line, instruction)
    ]
    return not named or any(name.endswith("Error") for name in named)


def _test_frames(error: BaseException) -> list[TracebackType]:
    """Return the frames of test code on the way to an error, the innermost last."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") in TEST_MODULES:
            frames.append(trace)
        trace = trace.tb_next
    return frames


def _is_raise(trace: TracebackType) -> bool:
    return trace.tb_next is None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def _is_asserting(trace: TracebackType) -> bool:
    """Return whether an ``assert`` statement, or a call of a method such as ``assertEqual``, was running."""
    instructions, here = _running(trace)
    methods: list[tuple[int, int]] = []
    for instruction in instructions if here is not None else ():
        span = _span(instruction)
        if span is None:
            continue
        if instruction.opname.startswith("LOAD_ASSERTION") or instruction.argval is AssertionError:
            if _contains(_lines(span), here):  # before 3.12 the span is only a part of the statement
                return True
        elif instruction.opcode in dis.hasname and str(instruction.argval).lower().startswith("assert"):
            methods.append(span[0])
        elif instruction.opname.startswith("CALL") and span[0] in methods and _contains(span, here):
            return True
    return False


def _uses_no_values(trace: TracebackType) -> bool:
    """Return whether the expression that failed uses no variables, or only such as are constants."""
    # A constant expression such as 1 / 0 fails for every answer; one with variables may fail because of this one.
    instructions, here = _running(trace)
    parts = [instruction for instruction in instructions if here is not None and _contains(here, _span(instruction))]
    return bool(parts) and all(
        (instruction.opcode not in _VARIABLES or _loads_constants(instructions, instruction, trace))
        and (instruction.opname not in _NAMES or _is_module_or_builtin(trace.tb_frame, instruction.argval))
        for instruction in parts
    )


def _loads_constants(instructions: list[dis.Instruction], load: dis.Instruction, trace: TracebackType) -> bool:
    """Return whether an instruction loads variables that were given constants, which nothing can have changed since.

    Each has one assignment in the function, of a line that uses nothing but constants. What can be changed, such as a
    list, was not used between the two.
    """
    if load.opcode not in dis.haslocal:
        return False
    code = trace.tb_frame.f_code
    has_loop = any("JUMP_BACKWARD" in instruction.opname for instruction in instructions)
    for name in _accesses(load):
        uses = [(one, _accesses(one)[name]) for one in instructions if name in _accesses(one)]
        stores = [one for one, verb in uses if verb != "LOAD"]
        if len(stores) != 1 or name in code.co_varnames[: _parameter_count(code)]:
            return False
        assigned = _span(stores[0])
        line = [one for one in instructions if assigned is not None and _is_on(assigned[0][0], one)]
        if not line or not all(one.opname.startswith(_OF_CONSTANTS) for one in line):
            return False
        earlier = [one for one, verb in uses if verb == "LOAD" and (has_loop or one.offset < load.offset)]
        if earlier and any(one.opname.startswith("BUILD_") for one in line):
            return False
    return True


def _accesses(instruction: dis.Instruction) -> dict[str, str]:
    """Return the local variables that an instruction uses, and what it does with each: several since Python 3.13."""
    if instruction.opcode not in dis.haslocal:
        return {}
    names = instruction.argval if type(instruction.argval) is tuple else (instruction.argval,)
    verbs = ["LOAD" if part.endswith("LOAD") else "STORE" for part in instruction.opname.split("_FAST")[:-1]]
    return dict(zip(names, verbs, strict=False))


def _parameter_count(code: CodeType) -> int:
    flags = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + flags


def _running(trace: TracebackType) -> tuple[list[dis.Instruction], _Span | None]:
    """Return the instructions of a frame, and the span of the one that was running."""
    instructions = list(dis.get_instructions(trace.tb_frame.f_code))
    # tb_lasti of a call may point behind its instruction, into its inline cache.
    begun = [instruction for instruction in instructions if instruction.offset <= trace.tb_lasti]
    return instructions, _span(begun[-1]) if begun else None


def _is_module_or_builtin(frame: FrameType, name: str) -> bool:
    """Return whether a name means a module, something built in, or nothing."""
    for names in (frame.f_locals, frame.f_globals):
        if name in names:
            return type(names[name]) is ModuleType
    return True


def _span(instruction: dis.Instruction) -> _Span | None:
    positions: Any = instruction.positions
    if positions is None or None in positions:
        return None
    return (positions.lineno, positions.col_offset), (positions.end_lineno, positions.end_col_offset)


def _lines(span: _Span) -> _Span:
    return (span[0][0], 0), (span[1][0], sys.maxsize)


def _contains(outer: _Span, inner: _Span | None) -> bool:
    return inner is not None and outer[0] <= inner[0] and inner[1] <= outer[1]


def _is_on(line: int, instruction: dis.Instruction) -> bool:
    span = _span(instruction)
    return span is not None and span[0][0] == line
