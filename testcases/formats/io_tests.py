"""Inputs and outputs as tests: side by side in two lists, or one object a test.

Two lists are what APPS and its kin have: ``inputs``, ``outputs`` and perhaps a function name. Without a name each pair
is a program's input and output, as text or as a list of lines. With one, each pair is a call. An input is a list of the
arguments, or text with one JSON value a line, or any other value, which is the one argument. An output is the value;
beside an input in text it is text too, and JSON. Two conventions of these sets are kept:

- Outputs may be wrapped in a list of one item. Where all outputs of a reference look so, nothing tells whether they
  are: the item and the list are both right.
- JSON has only text for keys. A sole argument that is a dict with integers for keys, as text, is passed with
  integers; such an output is right either way.

One object a test is what LiveCodeBench, DeepCoder and SYNTHETIC-1 have. It has an ``input``, an ``output``, and says
its kind in ``testtype`` or ``type``; one that says none is a call if it names a function, else a program.

- ``stdin`` (``stdin_stdout``, ``stdio``) is a program's input and output, text or lists of lines.
- ``functional`` is a call: ``input`` has one JSON argument a line, ``output`` is JSON.
- ``function_call`` is a call too: ``input`` is the list of the arguments, or as above; ``output`` is the value, wrapped
  in a list of one item where all outputs of the reference look so (then the item and the list are both right).

The function is ``func_name`` or ``fn_name``, of the test, of its ``metadata``, or of the row. Whether a number is an
integer or a float matters nowhere here, and output is compared by tokens.
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
"""Output by tokens, numbers within the tolerances of ``numpy.allclose``, as the graders of APPS and its kin compare."""

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
"""What runs before answers with functions of contest sites: their graders import it, and starter code relies on it."""


def parse_argument_lines(text: str, path: str) -> tuple[Any, ...]:
    """Positional arguments from text with one JSON value a line; blank lines around them are ignored.

    Raises:
        InvalidFieldError: a line is no JSON.
    """
    text = text.strip()
    lines = text.split("\n") if text else []
    return tuple(load_json(line, f"{path} line {number}") for number, line in enumerate(lines, 1))


def with_int_keys(value: Any) -> Any:
    """A dict whose keys are all integers as text, with integers for keys; any other value as it is."""
    if not isinstance(value, dict):
        return value
    try:
        numbered = {int(key): item for key, item in value.items()}
    except (ValueError, TypeError):
        return value
    return numbered if len(numbered) == len(value) else value


def require_plain_call(test: CallTest, *, args_path: str, expected_path: str) -> CallTest:
    """The test, if its values are plain data.

    Raises:
        InvalidFieldError: one is not.
    """
    for argument in (*test.args, *test.kwargs.values()):
        require_plain(argument, args_path)
    for value in (test.expected, *test.alternatives):
        require_plain(value, expected_path)
    return test


def program_text(value: Any, path: str) -> str:
    """Input or output of a program: text, or a list of lines.

    Raises:
        InvalidFieldError: it is something else.
    """
    if isinstance(value, list):
        return "\n".join(check_text(line, f"{path}[{number}]") for number, line in enumerate(value))
    return check_text(value, path)


def build_call(given: Any, wanted: Any, path: str, wanted_path: str, *, wrapped: bool) -> CallTest:
    """A call whose input is a list of the arguments, text with one JSON value a line, or the one argument.

    Args:
        given: the input.
        wanted: the output.
        path: where the input is.
        wanted_path: where the output is.
        wrapped: whether the output is a list of one item that may be the wrapping of the value that is right.

    Raises:
        InvalidFieldError: it cannot be read.
    """
    if isinstance(given, str):
        args = parse_argument_lines(given, path)
    else:
        args = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if len(args) == 1:
        args = (with_int_keys(args[0]),)
    right = [wanted[0], wanted] if wrapped else [wanted]
    for value in tuple(right):
        numbered = with_int_keys(value)
        if numbered is not value:
            right.append(numbered)
    test = CallTest(args=args, expected=right[0], alternatives=tuple(right[1:]))
    return require_plain_call(test, args_path=path, expected_path=wanted_path)


def problem_from_pairs(fields: Fields, *, format_name: str, limits: ProblemLimits | None = None) -> Problem:
    """The problem that an object with ``inputs``, ``outputs`` and perhaps ``fn_name`` (or ``func_name``) says.

    Args:
        fields: the object.
        format_name: the format it was found in.
        limits: what the problem asks for.

    Raises:
        InvalidFieldError: a field is missing or wrong.
    """
    limits = limits if limits is not None else ProblemLimits()
    inputs, outputs = fields.items("inputs"), fields.items("outputs")
    if len(inputs) != len(outputs):
        raise InvalidFieldError(fields.path("outputs"), f"has {len(outputs)} items, but inputs has {len(inputs)}")
    given, wanted = fields.path("inputs"), fields.path("outputs")
    name = _function_name(fields)
    if name is None:
        programs = tuple(
            StdinTest(program_text(one, f"{given}[{index}]"), program_text(other, f"{wanted}[{index}]"))
            for index, (one, other) in enumerate(zip(inputs, outputs, strict=True))
        )
        return Problem(programs, comparison=TOKEN_COMPARISON, limits=limits, format_name=format_name)
    values = [
        _parse_output(one, other, f"{wanted}[{index}]")
        for index, (one, other) in enumerate(zip(inputs, outputs, strict=True))
    ]
    wrapped = all(isinstance(value, list) and len(value) == 1 for value in values)
    calls = tuple(
        build_call(one, value, f"{given}[{index}]", f"{wanted}[{index}]", wrapped=wrapped)
        for index, (one, value) in enumerate(zip(inputs, values, strict=True))
    )
    return Problem(calls, entry_point=name, prompt=CONTEST_IMPORTS, limits=limits, format_name=format_name)


def _function_name(fields: Fields) -> str | None:
    name = fields.name_or(fields.first("fn_name", "func_name"), None)
    owner = fields.name_or("class_name", None)
    return name if name is None or owner is None or "." in name else f"{owner}.{name}"


def _parse_output(given: Any, wanted: Any, path: str) -> Any:
    if isinstance(given, str) and isinstance(wanted, str):
        return load_json(check_text(wanted, path), path)
    return wanted


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
    """The problem that a list of tests says.

    Args:
        cases: the tests, by path.
        format_name: the format they were found in.
        comparison: how output and values are compared.
        name: the function, where the row names it.
        prompt: what runs before an answer with functions.

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
        found = find_function_name(fields) or name
        if found != name and name is not None:
            raise InvalidFieldError(fields.path("func_name"), f"must be the same for all tests, not {found}")
        name = found
        tests.append(_build_test(fields, name, wrapped=wrapped))
    if any(isinstance(test, CallTest) for test in tests):
        return Problem(tuple(tests), entry_point=name, prompt=prompt, comparison=comparison, format_name=format_name)
    return Problem(tuple(tests), comparison=comparison, format_name=format_name)


def find_function_name(fields: Fields) -> str | None:
    """The function that an object names, itself or in its metadata."""
    own = fields.name_or(fields.first("func_name", "fn_name"), None)
    if own is not None or not fields.has("metadata"):
        return own
    return fields.object("metadata").name_or("func_name", None)


def _build_test(fields: Fields, name: str | None, *, wrapped: bool) -> CallTest | StdinTest:
    given, wanted = fields.value("input"), fields.value("output")
    paths = fields.path("input"), fields.path("output")
    kind = _test_type(fields)
    if kind in _STDIN_TYPES:
        return StdinTest(program_text(given, paths[0]), program_text(wanted, paths[1]))
    if kind not in _CALL_TYPES:
        raise InvalidFieldError(fields.path(_test_type_key(fields)), "must be stdin or functional")
    if name is None:
        raise InvalidFieldError(fields.path("metadata.func_name"), "is missing")
    if kind == "functional":
        test = CallTest(
            parse_argument_lines(check_text(given, paths[0]), paths[0]),
            load_json(check_text(wanted, paths[1]), paths[1]),
        )
        return require_plain_call(test, args_path=paths[0], expected_path=paths[1])
    if isinstance(given, str) and isinstance(wanted, str):
        wanted = load_json(wanted, paths[1])
    return build_call(given, wanted, *paths, wrapped=wrapped)


def _test_type_key(fields: Fields) -> str:
    return fields.first("testtype", "type")


def _test_type(fields: Fields) -> str:
    if fields.has(_test_type_key(fields)):
        return fields.text(_test_type_key(fields))
    return "function_call" if fields.has("fn_name") or fields.has("func_name") else "stdin"
