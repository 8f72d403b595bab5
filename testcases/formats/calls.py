"""Function calls and programs as data sets write them down: in JSON, which has no tuples and only text for keys."""

from __future__ import annotations

from typing import Any, Final

from testcases.formats.fields import check_text, load_json
from testcases.plain_data import require_plain
from testcases.problem import CallTest, Comparison

__all__ = ["BY_TOKENS", "USUAL_IMPORTS", "arguments_of_lines", "call_of", "checked", "text_of", "with_int_keys"]

BY_TOKENS: Final = Comparison(mode="tokens", float_abs=1e-8, float_rel=1e-5)
"""Output by tokens, numbers within the tolerances of ``numpy.allclose``, as the graders of APPS and its kin compare."""

USUAL_IMPORTS: Final = """\
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


def arguments_of_lines(text: str, path: str) -> tuple[Any, ...]:
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


def checked(test: CallTest, *, args_path: str, expected_path: str) -> CallTest:
    """The test, if its values are plain data.

    Raises:
        InvalidFieldError: one is not.
    """
    for argument in (*test.args, *test.kwargs.values()):
        require_plain(argument, args_path)
    for value in (test.expected, *test.alternatives):
        require_plain(value, expected_path)
    return test


def text_of(value: Any, path: str) -> str:
    """Input or output of a program: text, or a list of lines.

    Raises:
        InvalidFieldError: it is something else.
    """
    if isinstance(value, list):
        return "\n".join(check_text(line, f"{path}[{number}]") for number, line in enumerate(value))
    return check_text(value, path)


def call_of(given: Any, wanted: Any, path: str, wanted_path: str, *, wrapped: bool) -> CallTest:
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
        args = arguments_of_lines(given, path)
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
    return checked(test, args_path=path, expected_path=wanted_path)
