"""Compare the output of a program with the expected output."""

from __future__ import annotations

import math
import re
from collections import Counter
from decimal import Context, Decimal, DecimalException
from typing import TYPE_CHECKING

from testcases.compare.matching import has_partners, pairs_up

if TYPE_CHECKING:
    from testcases.model import Comparison

__all__ = ["same_output"]

_BLANKS = " \t\r\v\f"
_WHOLE = r"(?:0|[1-9]\d*)"
# A superfluous zero in front makes a text, such as a time, of what looks like a number.
_NUMBER = re.compile(rf"[+-]?(?:{_WHOLE}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
# An exponent without a sign is not how programs print floats: 1e5 may be a hexadecimal number.
_FRACTION = re.compile(rf"[+-]?(?:(?:{_WHOLE}\.\d*|\.\d+)(?:[eE][+-]?\d+)?|{_WHOLE}[eE][+-]\d+)", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:inf|infinity|nan)", re.IGNORECASE)
_ARITHMETIC = Context(prec=50)


def same_output(actual: str, expected: str, comparison: Comparison) -> bool:
    """Return whether a text is the expected output. The time is linear in the size of the texts.

    - ``exact``: equal line by line. Blanks at the end of a line, blank lines at the end of the text, and the
      difference between CRLF and LF are ignored; everything else counts. With a tolerance set, two lines are
      equal too when their tokens are.
    - ``tokens``: equal token by token, split at whitespace. Where a decimal fraction is expected, or a number with a
      signed exponent (``1e-07``), a number is equal to it by value, within the tolerances; ``nan`` equals only
      ``nan``. Everything else is text: integers (``1.0`` is not ``1``), leading zeros, and other exponents.
    - ``unordered``: as ``exact``, with the lines in any order. ``set``: also each any number of times.
    """
    # Most right answers print exactly the expected text, and nothing has to be split.
    if actual == expected:
        return True
    if comparison.mode == "tokens":
        return _same_tokens(actual, expected, comparison)
    left, right = _lines(actual), _lines(expected)
    if comparison.mode == "unordered":
        return _same_lines_in_any_order(left, right, comparison)
    if comparison.mode == "set":
        return _same_set_of_lines(left, right, comparison)
    if len(left) != len(right):
        return False
    return left == right or (
        _tolerant(comparison)
        and all(_same_line(one, other, comparison) for one, other in zip(left, right, strict=True))
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip(_BLANKS) for line in text.rstrip(_BLANKS + "\n").split("\n")]


def _tolerant(comparison: Comparison) -> bool:
    return bool(comparison.float_abs or comparison.float_rel)


def _same_line(one: str, other: str, comparison: Comparison) -> bool:
    return one == other or _same_tokens(one, other, comparison)


def _same_lines_in_any_order(actual: list[str], expected: list[str], comparison: Comparison) -> bool:
    if len(actual) != len(expected):
        return False
    # Only expected lines become keys, so that an answer cannot fill the table with colliding hashes.
    missing = Counter(expected)
    left_over = []
    for line in actual:
        if missing.get(line, 0):
            missing[line] -= 1
        else:
            left_over.append(line)
    if not left_over or not _tolerant(comparison):
        return not left_over
    return pairs_up(
        left_over, list(missing.elements()), lambda one, other: _same_tokens(one, other, comparison), key=_rank
    )


def _same_set_of_lines(actual: list[str], expected: list[str], comparison: Comparison) -> bool:
    given, right = dict.fromkeys(actual), dict.fromkeys(expected)
    extra = [line for line in given if line not in right]
    missing = [line for line in right if line not in given]
    if not extra and not missing:
        return True
    if not _tolerant(comparison):
        return False

    def is_printed_as(line: str, printed: str) -> bool:
        return _same_tokens(printed, line, comparison)

    return has_partners(
        extra, list(right), lambda line, wanted: _same_tokens(line, wanted, comparison), key=_rank
    ) and has_partners(missing, list(given), is_printed_as, key=_rank)


def _rank(line: str) -> list[tuple[float, str]]:
    return [(float(token), "") if _NUMBER.fullmatch(token) else (math.inf, token) for token in line.split()]


def _same_tokens(actual: str, expected: str, comparison: Comparison) -> bool:
    left, right = actual.split(), expected.split()
    return left == right or (
        len(left) == len(right)
        and all(_same_token(one, other, comparison) for one, other in zip(left, right, strict=True))
    )


def _same_token(actual: str, expected: str, comparison: Comparison) -> bool:
    if actual == expected:
        return True
    # What is expected decides how it is compared. If it were the form of the answer's token, `1000000000.0` would get
    # the tolerance of a float where the integer 1000000007 is right.
    if not _FRACTION.fullmatch(expected):
        return _same_non_finite(actual, expected)
    if not _NUMBER.fullmatch(actual):
        return False
    try:
        # As floats, 9007199254740993.5 and 9007199254740992.5 would be equal.
        left, right = Decimal(actual), Decimal(expected)
        return left == right or (_tolerant(comparison) and _is_close(left, right, comparison))
    except DecimalException:  # beyond what a Decimal holds
        return False


def _is_close(left: Decimal, right: Decimal, comparison: Comparison) -> bool:
    """Return the result of `math.isclose`, without its rounding of long numbers."""
    difference = _ARITHMETIC.subtract(left, right).copy_abs()
    larger = max(left.copy_abs(), right.copy_abs())
    allowed = _ARITHMETIC.multiply(larger, Decimal(comparison.float_rel))
    return difference <= max(allowed, Decimal(comparison.float_abs))


def _same_non_finite(actual: str, expected: str) -> bool:
    if not (_NOT_FINITE.fullmatch(actual) and _NOT_FINITE.fullmatch(expected)):
        return False
    left, right = float(actual), float(expected)
    return left == right or (math.isnan(left) and math.isnan(right))
