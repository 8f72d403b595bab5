"""Table of trust: what is believed of an operation on an object of the solution, by who made the object.

`testcases.proxies.trust` decides by this table, and docs/security.md shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CLAIMS",
    "OF_TEST",
    "SEARCHES",
    "SUBTRACTING",
    "TABLE",
    "TEXT_CONVERSIONS",
    "Operation",
    "Origin",
    "Rule",
    "Treatment",
    "as_markdown",
    "weakest",
]


class Origin(Enum):
    """Maker of an object of the solution that test code holds; the value describes it."""

    # In the order of trust: of two operands the later one decides.
    CONSTRUCTED = "test code called a class under test, which returned it"
    COMPUTED = (
        "made of constructed objects by an operator, a conversion or a copy, or by the class itself (`Vector.unit()`, "
        "`Color.RED`)"
    )
    HANDED_OUT = "a function, a method, an attribute, an item or an iteration gave it; the test names its class"
    UNNAMED = "as before, but of a class that the test does not name"
    DIFFERENCE = (
        "computed with the test's own data by an operator that can serve as a comparison (`c - 3.5`, `c / 3.5`), and "
        "whatever comes of it"
    )


OF_TEST: Final = frozenset({Origin.CONSTRUCTED, Origin.COMPUTED})


class Operation(Enum):
    """Operation of test code on an object of the solution; the value describes it."""

    READ = "attributes, calls, items, iteration"
    CLAIM = "methods of plain data by which tests decide: `x.startswith(data)`, `x.issuperset(data)`"
    TEXT = "`str` `repr` `format` `bytes` `hash`"
    LENGTH = "`len`"
    NUMBER = "`bool` `int` `float` `complex` `abs` `round` `math.trunc` and the like"
    UNARY = "`-x` `+x` `~x`, copies"
    CONTAINS = "`data in x`"
    EQUAL_DATA = "`x == data`"
    ORDER_DATA = "`x < data`"
    COMBINE_DATA = "`x + data` `*` `**` `@` `<<` `>>` `&` `|`"
    ADD_NUMBER = "`x + number`"
    SUBTRACT_DATA = "`x - data` `/` `//` `%` `^` `divmod`"
    EQUAL_OBJECT = "`x == y`"
    ORDER_OBJECT = "`x < y`"
    COMBINE_OBJECT = "`x + y` `*` `**` `@` `<<` `>>` `&` `|`"
    SUBTRACT_OBJECT = "`x - y` `/` `//` `%` `^` `divmod`"


class Treatment(Enum):
    """Way in which an operation is performed, and what is believed of its result; the value describes it."""

    FORWARDED = "the solution's process performs it; plain data is believed"
    ONCE = (
        "as *forwarded*, but an object reports one value only, until test code may have changed it; in the harness if "
        "its class derives from a plain type"
    )
    CONTROLLED = (
        "as *forwarded*, but not believed if the class says the same of a bare `object()`, or of an object of its own "
        "with bare objects for attributes, or computes with these"
    )
    FILLED = "as *once*, but 0 is refused"
    AGREED = (
        "true if the object, converted to the type of the data, equals it in the harness, and its class agrees "
        "afterwards; of the test's own objects, their only attribute counts, too; what was handed out is of one kind "
        "only: number, text or collection"
    )
    CONTENT = "with numbers as *calculated*; with other data as *agreed*, but refused if that is empty"
    ORDERED = (
        "in the harness, on the number or text that the object is; with other data by the class, if it does not claim "
        "the opposite, too, or the same of a bare `object()`"
    )
    RECALCULATED = (
        "forwarded; plain data but text is refused, unless the harness calculates the same from the number that the "
        "object was before; an object is a *difference*, of the number that both have calculated, if they agree"
    )
    CALCULATED = "in the harness, on the number that it has calculated; refused without"
    BASE = "in the harness, if the class of the object derives from a number or text type; else refused"
    BASE_OR_OBJECTS = "as *base*; for other classes as *objects*"
    OBJECTS = "forwarded; plain data is refused, objects may only be compared with others and read"
    ITEMS = "in the harness, with each item that the object iterates over; refused if it has none"
    IDENTITY = "in the harness: an object equals only itself"
    REFUSED = "fails the test"


@dataclass(frozen=True, slots=True)
class Rule:
    """Rule on one operation on objects of one origin."""

    treatment: Treatment
    gives: Origin = Origin.HANDED_OUT
    """Origin of an object that comes of it."""


def _row(*rules: Rule) -> Mapping[Origin, Rule]:
    return MappingProxyType(dict(zip(Origin, rules, strict=True)))


_T, _O = Treatment, Origin
_FORWARDED, _REFUSED = Rule(_T.FORWARDED), Rule(_T.REFUSED)
_COMPUTED = Rule(_T.FORWARDED, _O.COMPUTED)
_TAINTED = Rule(_T.OBJECTS, _O.DIFFERENCE)
_ONCE, _BASE, _AGREED, _CONTROLLED = Rule(_T.ONCE), Rule(_T.BASE), Rule(_T.AGREED), Rule(_T.CONTROLLED)
_ITEMS, _IDENTITY, _ORDERED, _CONTENT = Rule(_T.ITEMS), Rule(_T.IDENTITY), Rule(_T.ORDERED), Rule(_T.CONTENT)
_RECALCULATED = Rule(_T.RECALCULATED, _O.DIFFERENCE)
_CALCULATED = Rule(_T.CALCULATED)
_SPREADING = Rule(_T.FORWARDED, _O.DIFFERENCE)
_LIMITED = Rule(_T.BASE_OR_OBJECTS, _O.DIFFERENCE)
_OP = Operation

TABLE: Final[Mapping[Operation, Mapping[Origin, Rule]]] = MappingProxyType({
    #                         constructed    computed       handed out    unnamed      difference
    _OP.READ:            _row(_FORWARDED,    _FORWARDED,    _FORWARDED,   _FORWARDED,  _SPREADING),
    _OP.CLAIM:           _row(_FORWARDED,    _BASE,         _BASE,        _BASE,       _REFUSED),
    _OP.TEXT:            _row(_FORWARDED,    _FORWARDED,    _ONCE,        _ONCE,       _ONCE),
    _OP.LENGTH:          _row(_FORWARDED,    _FORWARDED,    _ONCE,        _ONCE,       Rule(_T.FILLED)),
    _OP.NUMBER:          _row(_COMPUTED,     _COMPUTED,     _ONCE,        _ONCE,       _CALCULATED),
    _OP.UNARY:           _row(_COMPUTED,     _COMPUTED,     _FORWARDED,   _FORWARDED,  _TAINTED),
    _OP.CONTAINS:        _row(_CONTROLLED,   _ITEMS,        _ITEMS,       _ITEMS,      _REFUSED),
    _OP.EQUAL_DATA:      _row(_AGREED,       _AGREED,       _AGREED,      _AGREED,     _CONTENT),
    _OP.ORDER_DATA:      _row(_ORDERED,      _ORDERED,      _BASE,        _BASE,       _CALCULATED),
    _OP.COMBINE_DATA:    _row(_COMPUTED,     _COMPUTED,     _LIMITED,     _BASE,       _TAINTED),
    _OP.ADD_NUMBER:      _row(_RECALCULATED, _RECALCULATED, _LIMITED,     _BASE,       _RECALCULATED),
    _OP.SUBTRACT_DATA:   _row(_RECALCULATED, _RECALCULATED, _BASE,        _BASE,       _RECALCULATED),
    _OP.EQUAL_OBJECT:    _row(_CONTROLLED,   _CONTROLLED,   _CONTROLLED,  _IDENTITY,   _CONTROLLED),
    _OP.ORDER_OBJECT:    _row(_FORWARDED,    _FORWARDED,    _FORWARDED,   _REFUSED,    _CONTROLLED),
    _OP.COMBINE_OBJECT:  _row(_COMPUTED,     _COMPUTED,     _FORWARDED,   _REFUSED,    _TAINTED),
    _OP.SUBTRACT_OBJECT: _row(_COMPUTED,     _COMPUTED,     _CONTROLLED,  _REFUSED,    _TAINTED),
})  # fmt: skip
"""Rule for each operation and origin."""

_CLAIM_NAMES = """
    difference symmetric_difference intersection union issubset issuperset isdisjoint startswith endswith is_integer
    isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper
"""
CLAIMS: Final = frozenset(_CLAIM_NAMES.split())
"""Methods of `Operation.CLAIM`."""
SEARCHES: Final = frozenset({"count", "find", "index", "rfind", "rindex"})
"""Methods of what was handed out whose numbers are not believed if they are the same for a bare ``object()``.

Zero occurrences and -1 are what an honest object says of a stranger.
"""
TEXT_CONVERSIONS: Final = frozenset({"str", "repr", "format", "bytes", "hash"})
"""Conversions of `Operation.TEXT`, by the names of requests; all but `len` are of `Operation.NUMBER`."""
_SUBTRACTING_NAMES = "sub truediv floordiv mod divmod xor isub itruediv ifloordiv imod ixor"
SUBTRACTING: Final = frozenset(_SUBTRACTING_NAMES.split())
"""Operators that can serve as comparisons: ``f(x) - 3.5 == 0``, ``f(x) / 3.5 == 1``. All others combine.

So can the addition of a number, ``-f(x) + 3.5``, which has a row of its own.
"""


def weakest(origins: list[Origin]) -> Origin:
    """Return the origin that decides when an operation has several operands."""
    return max(origins, key=list(Origin).index)


def as_markdown() -> str:
    """Return the table and the meaning of its words, for docs/security.md."""
    lines = ["| operation | " + " | ".join(_words(origin) for origin in Origin) + " |"]
    lines.append("| --- |" + " --- |" * len(Origin))
    for operation, row in TABLE.items():
        cells = [_cell(rule) for rule in row.values()]
        lines.append(f"| {operation.value.replace('|', chr(92) + '|')} | " + " | ".join(cells) + " |")
    lines += ["", "Who made an object:", ""]
    lines += [f"- *{_words(origin)}*: {origin.value}." for origin in Origin]
    lines += ["", "What is believed:", ""]
    lines += [f"- *{_words(treatment)}*: {treatment.value}." for treatment in Treatment]
    return "\n".join(lines)


def _cell(rule: Rule) -> str:
    return _words(rule.treatment) + (f" → {_words(rule.gives)}" if rule.gives is not Origin.HANDED_OUT else "")


def _words(member: Enum) -> str:
    return member.name.lower().replace("_", " ")
