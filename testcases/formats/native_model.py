"""What the fields of the native shape may hold: the table that `native` reads by and `native_schema` is made of."""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import check_name, check_text
from testcases.formats.wanted import ANYTHING, Choice, Field, Items, Mapped, Number, Record, Text

__all__ = [
    "ASSERTION",
    "CALL",
    "CHECK",
    "COMPARE",
    "KINDS",
    "LIMITS",
    "PROGRAM",
    "REFERENCE",
    "SUITE",
    "TEST_FIELDS",
    "read_test",
]


def _check_module_name(value: str, path: str) -> None:
    if not all(part.isidentifier() for part in value.split(".")):
        raise InvalidFieldError(path, "must be the name of a module")


_TEXT = Text()
_NAME = Text(check=check_name)
_TOLERANCE = Number(least=0)
_SECONDS = Number(above=0)
_AMOUNT = Number(least=1, whole=True)

LIMITS = Record(
    "LimitsModel",
    "Fields of ``limits``, as in `testcases.problem.ProblemLimits`.",
    {
        "cpu_s": Field(_SECONDS, None),
        "total_cpu_s": Field(_SECONDS, None),
        "memory_mb": Field(_AMOUNT, None),
        "output_kb": Field(_AMOUNT, None),
    },
)
COMPARE = Record(
    "CompareModel",
    "Fields of ``compare``, as in `testcases.problem.Comparison`.",
    {
        "mode": Field(Choice("exact", "tokens", "unordered", "set"), "exact"),
        "float_abs": Field(_TOLERANCE, 0.0),
        "float_rel": Field(_TOLERANCE, 0.0),
        "checker": Field(_TEXT, ""),
    },
)
REFERENCE = Record(
    "NativeModel",
    "Fields of the reference; its tests are checked one by one.",
    {
        "tests": Field(Items(least=1)),
        "entry_point": Field(_NAME, None),
        "prompt": Field(_TEXT, ""),
        "setup": Field(_TEXT, ""),
        "oracle": Field(_TEXT, ""),
        "limits": Field(LIMITS, None),
        "compare": Field(COMPARE, None),
        "allow_imports": Field(Items(Text(check=_check_module_name)), ()),
        "isolation": Field(Choice("split", "shared"), "split"),
        "format": Field(Choice("native"), "native"),
    },
)

_WORTH = {"weight": Field(Number(least=0.001, most=1000), 1.0), "group": Field(Text(least=1, check=check_text), None)}
"""Fields that every test may have."""

CALL = Record(
    "CallModel",
    "Fields of a call. What is right is ``expected``, or any of ``one_of``, or what the oracle says.",
    {
        **_WORTH,
        "args": Field(Items(), ()),
        "kwargs": Field(Mapped(), None),
        "function": Field(_NAME, None),
        "expected": Field(ANYTHING, None),
        "one_of": Field(Items(least=1), None),
        "compare": Field(COMPARE, None),
    },
    nullable="expected",
)
PROGRAM = Record(
    "StdinModel",
    "Fields of a program's input and output. What is right is ``stdout``, or any of ``one_of``.",
    {
        **_WORTH,
        "stdin": Field(_TEXT),
        "stdout": Field(_TEXT, None),
        "one_of": Field(Items(_TEXT, least=1), None),
        "compare": Field(COMPARE, None),
    },
)
ASSERTION = Record("AssertModel", "The field of an assertion.", {**_WORTH, "assert": Field(_TEXT)})
CHECK = Record("CheckModel", "The field of a check function.", {**_WORTH, "check": Field(_TEXT)})
SUITE = Record(
    "PytestModel",
    "The fields of a pytest or unittest module.",
    {**_WORTH, "pytest": Field(_TEXT), "module": Field(_NAME, "solution")},
)

KINDS: Final[tuple[tuple[Record, frozenset[str]], ...]] = (
    (CALL, frozenset({"args", "kwargs", "function", "expected"})),
    (PROGRAM, frozenset({"stdin", "stdout"})),
    (ASSERTION, frozenset({"assert"})),
    (CHECK, frozenset({"check"})),
    (SUITE, frozenset({"pytest", "module"})),
)
"""The kinds of tests, each with the fields that no other has."""
TEST_FIELDS: Final = frozenset({"one_of", "compare"}).union(*(own for _, own in KINDS))
"""Fields that some kinds of tests have and others have not."""


def read_test(values: Any, path: str) -> tuple[Record, dict[str, Any]]:
    """The kind of one test, and its fields, checked as those of its kind; only a call that has one has ``expected``.

    Raises:
        InvalidFieldError: the first that is wrong, or the test where its kind is not clear.
    """
    if not isinstance(values, dict):
        raise InvalidFieldError(path, f"must be an object, not {type(values).__name__}")
    present = {key for key, value in values.items() if value is not None}
    kinds = [kind for kind in KINDS if kind[1] & present]
    if not kinds and ("expected" in values or "one_of" in present):
        kinds = [KINDS[0]]
    if len(kinds) != 1:
        what = "mixes fields of several kinds" if kinds else "has no field of any kind"
        fields = ", ".join(sorted(repr(key)[:40] for key in values)[:8]) or "nothing"
        raise InvalidFieldError(
            path, f"{what} of test (args with expected, stdin with stdout, assert, check, pytest): it has {fields}"
        )
    kind, _ = kinds[0]
    kept = {"expected"} if kind is CALL else set()
    fields_of_kind = {key: value for key, value in values.items() if key in present | kept or key not in TEST_FIELDS}
    found = kind.read(fields_of_kind, path)
    if kind is CALL and "expected" not in values:
        del found["expected"]
    return kind, found
