"""Inputs and outputs as tests: side by side in two lists, or one object a test.

Two lists occur in APPS and similar sets: ``inputs``, ``outputs`` and perhaps a function name. Without a name each pair
is the input and output of a program, as text or as a list of lines. With a name each pair is a call. Its input is a
list of the arguments, or text with one JSON value a line, or any other value, which is the one argument. Its output is
the value, or JSON text of it if the input is text. Two conventions of these sets are supported:

- Outputs may be wrapped in a list of one item. If all outputs of a reference are lists of one item, it is not known
  whether they are wrapped, so the item and the list are both right.
- JSON objects have text as keys. If the only argument is a dict whose keys are integers as text, it is passed with
  integer keys; such an output is right either way.

One object a test occurs in LiveCodeBench, DeepCoder and SYNTHETIC-1. It has an ``input``, an ``output``, and a kind in
``testtype`` or ``type``; without a kind it is a call if it names a function, and else a program.

- ``stdin`` (``stdin_stdout``, ``stdio``) is a program's input and output, text or lists of lines.
- ``functional`` is a call: ``input`` has one JSON argument a line, ``output`` is JSON.
- ``function_call`` is a call, too: ``input`` is a list of the arguments, or as above; ``output`` is the value, perhaps
  wrapped as above.

The function is ``func_name`` or ``fn_name``, of the test, of its ``metadata``, or of the row. Integers equal floats of
the same value, and output is compared by tokens (`testcases.compare.output`). Decimal fractions and floats have the
tolerances of `TOKEN_COMPARISON`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields, check_text
from testcases.json_text import load_json
from testcases.model import CallTest, Comparison, Problem, ProblemLimits, StdinTest
from testcases.plain_data import require_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CONTEST_IMPORTS",
    "TOKEN_COMPARISON",
    "build_call",
    "find_function_name",
    "parse_argument_lines",
    "problem_from_cases",
    "problem_from_pairs",
    "program_text",
    "require_plain_call",
    "with_int_keys",
]


TOKEN_COMPARISON: Final = Comparison(mode="tokens", float_abs=1e-8, float_rel=1e-5)
"""Comparison of all contest formats: output by tokens; where a decimal fraction or a float is expected, the tolerances
of ``numpy.allclose``, as in the graders of APPS and similar sets."""

CONTEST_IMPORTS: Final = """\
import bisect, collections, copy, datetime, functools, heapq, itertools, json, math, operator, random, re, string, sys
from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict, defaultdict, deque
from copy import deepcopy
from functools import cache, cmp_to_key, lru_cache, reduce
from heapq import heapify, heappop, heappush, heappushpop, heapreplace, nlargest, nsmallest
from itertools import accumulate, chain, combinations, count, cycle, groupby, islice, permutations, product, zip_longest
from math import ceil, comb, factorial, floor, gcd, inf, isqrt, lcm, log, log2, sqrt
from typing import *
"""
"""Imports that run before answers with functions: graders of contest sites provide them, and starter code uses them."""


def parse_argument_lines(text: str, path: str) -> tuple[Any, ...]:
    """Parse positional arguments from text with one JSON value a line; blank lines around them are ignored.

    Raises:
        InvalidFieldError: a line is not JSON.
    """
    text = text.strip()
    lines = text.split("\n") if text else []
    return tuple(load_json(line, f"{path} line {number}", long_integers=True) for number, line in enumerate(lines, 1))


def with_int_keys(value: Any) -> Any:
    """Return a dict whose keys are all integers as text with integer keys, and any other value unchanged."""
    if not isinstance(value, dict):
        return value
    try:
        numbered = {int(key): item for key, item in value.items()}
    except (ValueError, TypeError):
        return value
    # "1" and "01" are two keys as text, and one as integers.
    return numbered if len(numbered) == len(value) else value


def require_plain_call(test: CallTest, *, args_path: str, expected_path: str) -> CallTest:
    """Return the test after checking that its values are plain data.

    Raises:
        InvalidFieldError: one is not.
    """
    for argument in (*test.args, *test.kwargs.values()):
        require_plain(argument, args_path)
    for value in (test.expected, *test.alternatives):
        require_plain(value, expected_path)
    return test


def program_text(value: Any, path: str) -> str:
    """Return the input or output of a program: text or a number, or a list of lines, of which each may be a list.

    Raises:
        InvalidFieldError: it is something else.
    """
    if isinstance(value, list):
        return "\n".join(_line_text(line, f"{path}[{number}]") for number, line in enumerate(value))
    return _line_text(value, path)


def _line_text(value: Any, path: str) -> str:
    if isinstance(value, list):
        return " ".join(_word_text(word, f"{path}[{number}]") for number, word in enumerate(value))
    return _word_text(value, path)


def _word_text(value: Any, path: str) -> str:
    return str(value) if isinstance(value, (int, float)) else check_text(value, path)


def build_call(given: Any, output: Any, path: str, output_path: str, *, wrapped: bool) -> CallTest:
    """Make a call test whose input is a list of the arguments, text with one JSON value a line, or the one argument.

    Args:
        given: the input.
        output: the output.
        path: path of the input, for errors.
        output_path: path of the output, for errors.
        wrapped: True if the output is a list of one item that may itself be the right value.

    Raises:
        InvalidFieldError: it cannot be read.
    """
    if isinstance(given, str):
        args = parse_argument_lines(given, path)
    else:
        args = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if len(args) == 1:
        args = (with_int_keys(args[0]),)
    # All readings of the output are right: guessing one would fail right answers to the others.
    right = [output[0], output] if wrapped else [output]
    for value in tuple(right):
        numbered = with_int_keys(value)
        if numbered is not value:
            right.append(numbered)
    test = CallTest(args=args, expected=right[0], alternatives=tuple(right[1:]))
    return require_plain_call(test, args_path=path, expected_path=output_path)


def problem_from_pairs(fields: Fields, *, format_name: str, limits: ProblemLimits | None = None) -> Problem:
    """Make the problem of an object with ``inputs``, ``outputs`` and perhaps ``fn_name`` (or ``func_name``).

    Args:
        fields: the object.
        format_name: name of its format.
        limits: limits of the problem.

    Raises:
        InvalidFieldError: a field is missing or wrong.
    """
    limits = limits if limits is not None else ProblemLimits()
    inputs, outputs = fields.items("inputs"), fields.items("outputs")
    if len(inputs) != len(outputs):
        raise InvalidFieldError(fields.path("outputs"), f"has {len(outputs)} items, but inputs has {len(inputs)}")
    given, output = fields.path("inputs"), fields.path("outputs")
    name = _function_name(fields)
    if name is None:
        programs = tuple(
            StdinTest(program_text(one, f"{given}[{index}]"), program_text(other, f"{output}[{index}]"))
            for index, (one, other) in enumerate(zip(inputs, outputs, strict=True))
        )
        return Problem(programs, comparison=TOKEN_COMPARISON, limits=limits, header="contest", format_name=format_name)
    values = [
        _parse_output(one, other, f"{output}[{index}]")
        for index, (one, other) in enumerate(zip(inputs, outputs, strict=True))
    ]
    wrapped = all(isinstance(value, list) and len(value) == 1 for value in values)
    calls = tuple(
        build_call(one, value, f"{given}[{index}]", f"{output}[{index}]", wrapped=wrapped)
        for index, (one, value) in enumerate(zip(inputs, values, strict=True))
    )
    return Problem(
        calls,
        entry_point=name,
        prompt=CONTEST_IMPORTS,
        comparison=TOKEN_COMPARISON,
        limits=limits,
        header="contest",
        format_name=format_name,
    )


def _function_name(fields: Fields) -> str | None:
    name = fields.name_or(fields.first("fn_name", "func_name"), None)
    owner = fields.name_or("class_name", None)
    return name if name is None or owner is None or "." in name else f"{owner}.{name}"


def _parse_output(given: Any, output: Any, path: str) -> Any:
    if isinstance(given, str) and isinstance(output, str):
        return load_json(check_text(output, path), path, long_integers=True)
    return output


_STDIN_TYPES = frozenset({"stdin", "stdin_stdout", "stdio"})
_CALL_TYPES = frozenset({"functional", "function_call"})


def problem_from_cases(
    cases: Mapping[str, Any],
    *,
    format_name: str,
    comparison: Comparison,
    name: str | None = None,
    prompt: str = CONTEST_IMPORTS,
) -> Problem:
    """Make the problem of a list of tests.

    Args:
        cases: the tests, by path.
        format_name: name of their format.
        comparison: for output and values.
        name: the function, if the row names it.
        prompt: Python that runs before an answer with functions.

    Raises:
        InvalidFieldError: a field is missing or wrong.
    """
    if not cases:
        raise InvalidFieldError("tests", "must not be empty")
    opened = [Fields(case, path) for path, case in cases.items()]
    called = [fields.value("output") for fields in opened if _test_type(fields) == "function_call"]
    wrapped = all(isinstance(output, list) and len(output) == 1 for output in called)
    tests: list[CallTest | StdinTest] = []
    for fields in opened:
        own_name = find_function_name(fields) or name
        if own_name != name and name is not None:
            raise InvalidFieldError(fields.path("func_name"), f"must be the same for all tests, not {own_name}")
        name = own_name
        tests.append(_build_test(fields, name, wrapped=wrapped))
    if any(isinstance(test, CallTest) for test in tests):
        return Problem(
            tuple(tests),
            entry_point=name,
            prompt=prompt,
            comparison=comparison,
            header="contest",
            format_name=format_name,
        )
    return Problem(tuple(tests), comparison=comparison, header="contest", format_name=format_name)


def find_function_name(fields: Fields) -> str | None:
    """Return the name of the function in an object or its metadata."""
    own = fields.name_or(fields.first("func_name", "fn_name"), None)
    if own is not None or not fields.has("metadata"):
        return own
    return fields.object("metadata").name_or("func_name", None)


def _build_test(fields: Fields, name: str | None, *, wrapped: bool) -> CallTest | StdinTest:
    given, output = fields.value("input"), fields.value("output")
    paths = fields.path("input"), fields.path("output")
    kind = _test_type(fields)
    if kind in _STDIN_TYPES:
        return StdinTest(program_text(given, paths[0]), program_text(output, paths[1]))
    if kind not in _CALL_TYPES:
        raise InvalidFieldError(fields.path(_test_type_key(fields)), "must be stdin or functional")
    if name is None:
        raise InvalidFieldError(fields.path("metadata.func_name"), "is missing")
    if kind == "functional":
        test = CallTest(
            parse_argument_lines(check_text(given, paths[0]), paths[0]),
            load_json(check_text(output, paths[1]), paths[1], long_integers=True),
        )
        return require_plain_call(test, args_path=paths[0], expected_path=paths[1])
    if isinstance(given, str) and isinstance(output, str):
        output = load_json(output, paths[1], long_integers=True)
    return build_call(given, output, *paths, wrapped=wrapped)


def _test_type_key(fields: Fields) -> str:
    return fields.first("testtype", "type")


def _test_type(fields: Fields) -> str:
    if fields.has(_test_type_key(fields)):
        return fields.text(_test_type_key(fields))
    return "function_call" if fields.has("fn_name") or fields.has("func_name") else "stdin"
