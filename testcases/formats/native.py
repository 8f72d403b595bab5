"""The grader's own format, the only one that refuses unknown fields.

``tests`` is a list of calls (``args``, ``kwargs``, ``expected``, ``function``), programs (``stdin``, ``stdout``),
assertions (``assert``), check functions (``check``) and pytest or unittest modules (``pytest``, ``module``), in any
mix; all of them may have a ``weight`` and a ``group``, the first two ``one_of`` and ``compare``. The fields beside it:
``entry_point``, ``prompt``, ``setup``, ``oracle``, ``limits``, ``compare``, ``allow_imports``, ``needed_modules``,
``isolation``, ``format``. The tables below define their types; `testcases.formats.native_schema` makes
``docs/native.schema.json`` of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats import deepcoder
from testcases.formats.fields import Fields, check_name, check_text
from testcases.model import (
    ASK_ORACLE,
    AssertTest,
    CallTest,
    CheckTest,
    Comparison,
    Problem,
    ProblemLimits,
    PytestTest,
    StdinTest,
)
from testcases.plain_data import require_plain
from testcases.schema import ANY_VALUE, Array, Choice, Dictionary, Field, Number, Record, Text
from testcases.source.entry_points import find_called_name, find_imported_name
from testcases.source.parsing import defined_names, find_prompt_code, parse, parse_assertion, parse_check
from testcases.source.pytest_unsupported import parse_suite

if TYPE_CHECKING:
    from testcases.model import Test

__all__ = [
    "ASSERTION",
    "CALL",
    "CHECK",
    "COMPARE",
    "KEYS",
    "KIND_FIELDS",
    "LIMITS",
    "NAME",
    "PROGRAM",
    "PYTEST",
    "REFERENCE",
    "TEST_RECORDS",
    "fits",
    "read",
    "read_test",
]


def _check_module_name(value: str, path: str) -> None:
    if not all(part.isidentifier() for part in value.split(".")):
        raise InvalidFieldError(path, "must be the name of a module")


_TEXT = Text()
_PYTHON_NAME = Text(check=check_name)
_TOLERANCE = Number(minimum=0)
_SECONDS = Number(exclusive_minimum=0)
_AMOUNT = Number(minimum=1, integer=True)

LIMITS = Record(
    "LimitsModel",
    "Fields of ``limits``, as in `testcases.model.ProblemLimits`.",
    {
        "cpu_s": Field(_SECONDS, None),
        "total_cpu_s": Field(_SECONDS, None),
        "memory_mb": Field(_AMOUNT, None),
        "output_kb": Field(_AMOUNT, None),
    },
)
COMPARE = Record(
    "CompareModel",
    "Fields of ``compare``, as in `testcases.model.Comparison`.",
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
        "tests": Field(Array(min_items=1)),
        "entry_point": Field(_PYTHON_NAME, None),
        "prompt": Field(_TEXT, ""),
        "setup": Field(_TEXT, ""),
        "oracle": Field(_TEXT, ""),
        "limits": Field(LIMITS, None),
        "compare": Field(COMPARE, None),
        "allow_imports": Field(Array(Text(check=_check_module_name)), ()),
        "needed_modules": Field(Array(Text(check=_check_module_name)), ()),
        "isolation": Field(Choice("split", "shared"), "split"),
        "header": Field(Choice("none", "contest"), "none"),
        "format": Field(Choice("native"), "native"),
    },
)

_WEIGHT_FIELDS = {
    "weight": Field(Number(minimum=0.001, maximum=1000), 1.0),
    "group": Field(Text(min_length=1, check=check_text), None),
}
"""Fields that every test may have."""

CALL = Record(
    "CallModel",
    "Fields of a call. What is right is ``expected``, or any of ``one_of``, or what the oracle says.",
    {
        **_WEIGHT_FIELDS,
        "args": Field(Array(), ()),
        "kwargs": Field(Dictionary(), None),
        "function": Field(_PYTHON_NAME, None),
        "expected": Field(ANY_VALUE, None),
        "one_of": Field(Array(min_items=1), None),
        "compare": Field(COMPARE, None),
    },
    nullable="expected",
)
PROGRAM = Record(
    "StdinModel",
    "Fields of a program's input and output. What is right is ``stdout``, or any of ``one_of``.",
    {
        **_WEIGHT_FIELDS,
        "stdin": Field(_TEXT),
        "stdout": Field(_TEXT, None),
        "one_of": Field(Array(_TEXT, min_items=1), None),
        "compare": Field(COMPARE, None),
    },
)
ASSERTION = Record("AssertModel", "The field of an assertion.", {**_WEIGHT_FIELDS, "assert": Field(_TEXT)})
CHECK = Record("CheckModel", "The field of a check function.", {**_WEIGHT_FIELDS, "check": Field(_TEXT)})
PYTEST = Record(
    "PytestModel",
    "The fields of a pytest or unittest module.",
    {**_WEIGHT_FIELDS, "pytest": Field(_TEXT), "module": Field(_PYTHON_NAME, "solution")},
)

TEST_RECORDS: Final[tuple[tuple[Record, frozenset[str]], ...]] = (
    (CALL, frozenset({"args", "kwargs", "function", "expected"})),
    (PROGRAM, frozenset({"stdin", "stdout"})),
    (ASSERTION, frozenset({"assert"})),
    (CHECK, frozenset({"check"})),
    (PYTEST, frozenset({"pytest", "module"})),
)
"""Kinds of tests, each with the fields that no other kind has."""
KIND_FIELDS: Final = frozenset({"one_of", "compare"}).union(*(own for _, own in TEST_RECORDS))
"""Fields that some kinds of tests have and others do not have."""


def read_test(values: Any, path: str) -> tuple[Record, dict[str, Any]]:
    """Return the kind of a test and its checked fields; ``expected`` is missing in those of a call without it.

    Raises:
        InvalidFieldError: the first field that is wrong, or the test if its kind is not clear.
    """
    if not isinstance(values, dict):
        raise InvalidFieldError(path, f"must be an object, not {type(values).__name__}")
    present = {key for key, value in values.items() if value is not None}
    kinds = [kind for kind in TEST_RECORDS if kind[1] & present]
    # Nulls count as absent, except where null is what a call must return.
    if not kinds and ("expected" in values or "one_of" in present):
        kinds = [TEST_RECORDS[0]]
    if len(kinds) != 1:
        problem = "mixes fields of several kinds" if kinds else "has no field of any kind"
        names = ", ".join(sorted(repr(key)[:40] for key in values)[:8]) or "nothing"
        raise InvalidFieldError(
            path, f"{problem} of test (args with expected, stdin with stdout, assert, check, pytest): it has {names}"
        )
    kind, _ = kinds[0]
    # A table of tests has a null in the columns of the other kinds. Of a call, an expected null is a value.
    nullable = {"expected"} if kind is CALL else set()
    own = {key: value for key, value in values.items() if key in present | nullable or key not in KIND_FIELDS}
    fields = kind.read(own, path)
    if kind is CALL and "expected" not in values:
        del fields["expected"]
    return kind, fields


NAME: Final = "native"
KEYS: Final = (frozenset({"tests"}),)
_DEFAULT_COMPARISON: Final = Comparison()
_DEFAULT_LIMITS: Final = ProblemLimits()


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    is_script = isinstance(reference["tests"], str) and "language" in reference  # MultiPL-E
    return not is_script and not deepcoder.fits(reference)


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    if not isinstance(reference, dict):
        Fields(reference)  # raises, in the words of all formats
    fields = REFERENCE.read(reference, "")
    if fields["setup"]:
        parse(fields["setup"], "setup")
    oracle = defined_names(parse(fields["oracle"], "oracle")) if fields["oracle"] else set()
    shared = fields["isolation"] == "shared"
    tests = tuple(
        _read_one(item, f"tests[{index}]", has_oracle=bool(oracle), shared=shared)
        for index, item in enumerate(fields["tests"])
    )
    return Problem(
        tests=tests,
        entry_point=_entry_point(fields, tests),
        prompt=find_prompt_code(fields["prompt"]) if fields["prompt"] else "",
        setup=fields["setup"],
        oracle=fields["oracle"],
        comparison=_read_comparison(fields["compare"], "compare") or _DEFAULT_COMPARISON,
        limits=ProblemLimits(**fields["limits"]) if fields["limits"] else _DEFAULT_LIMITS,
        allow_imports=fields["allow_imports"],
        needed_modules=fields["needed_modules"],
        isolation=fields["isolation"],
        header=fields["header"],
        format_name=NAME,
    )


def _read_one(item: Any, path: str, *, has_oracle: bool, shared: bool) -> Test:
    kind, fields = read_test(item, path)
    weighting: dict[str, Any] = {"weight": fields["weight"], "group": fields["group"]}
    if kind is CALL:
        return _call(fields, path, weighting, has_oracle=has_oracle)
    if kind is PROGRAM:
        return _program(fields, path, weighting)
    if kind is ASSERTION:
        parse_assertion(fields["assert"], f"{path}.assert")
        return AssertTest(fields["assert"], **weighting)
    if kind is PYTEST:
        parse_suite(fields["pytest"], f"{path}.pytest", shared=shared)
        return PytestTest(fields["pytest"], fields["module"], **weighting)
    parse_check(fields["check"], f"{path}.check")
    return CheckTest(fields["check"], **weighting)


def _call(fields: dict[str, Any], path: str, weighting: dict[str, Any], *, has_oracle: bool) -> CallTest:
    require_plain(list(fields["args"]), f"{path}.args")
    kwargs = fields["kwargs"] or {}
    if kwargs:
        require_plain(kwargs, f"{path}.kwargs")
    right: tuple[Any, ...]
    if fields["one_of"] is not None:
        if fields.get("expected") is not None:
            raise InvalidFieldError(f"{path}.one_of", "takes the place of expected; give one of them")
        require_plain(list(fields["one_of"]), f"{path}.one_of")
        right = fields["one_of"]
    elif "expected" in fields:
        require_plain(fields["expected"], f"{path}.expected")
        right = (fields["expected"],)
    elif has_oracle:
        right = (ASK_ORACLE,)
    else:
        raise InvalidFieldError(f"{path}.expected", "is missing")
    comparison = _read_comparison(fields["compare"], f"{path}.compare")
    return CallTest(fields["args"], right[0], kwargs, fields["function"], right[1:], comparison, **weighting)


def _program(fields: dict[str, Any], path: str, weighting: dict[str, Any]) -> StdinTest:
    if fields["one_of"] is not None:
        if fields["stdout"] is not None:
            raise InvalidFieldError(f"{path}.one_of", "takes the place of stdout; give one of them")
        right = tuple(check_text(text, f"{path}.one_of[{index}]") for index, text in enumerate(fields["one_of"]))
    elif fields["stdout"] is not None:
        right = (check_text(fields["stdout"], f"{path}.stdout"),)
    else:
        raise InvalidFieldError(f"{path}.stdout", "is missing")
    comparison = _read_comparison(fields["compare"], f"{path}.compare")
    return StdinTest(check_text(fields["stdin"], f"{path}.stdin"), right[0], right[1:], comparison, **weighting)


def _read_comparison(fields: dict[str, Any] | None, path: str) -> Comparison | None:
    if fields is None:
        return None
    if fields["checker"] and "checker" not in defined_names(parse(fields["checker"], f"{path}.checker")):
        raise InvalidFieldError(f"{path}.checker", "must define checker(given, expected, got)")
    return Comparison(**fields)


def _entry_point(fields: dict[str, Any], tests: tuple[Test, ...]) -> str | None:
    """Return the function that the reference names, or else the one that its tests use."""
    given: str | None = fields["entry_point"]
    if given is not None:
        return given
    for index, test in enumerate(tests):
        if isinstance(test, CheckTest) or (isinstance(test, CallTest) and test.function is None):
            raise InvalidFieldError("entry_point", f"is missing, and tests[{index}] needs it")
    # All calls name a function at this point; the first one is what answers must define.
    for test in tests:
        if isinstance(test, CallTest):
            return test.function
        if isinstance(test, PytestTest) and (name := find_imported_name(test.module, [parse(test.source, "tests")])):
            return name
    sources = [test.source for test in tests if isinstance(test, AssertTest | PytestTest)]
    if not sources:
        return None
    name = find_called_name([parse(source, "tests") for source in sources], parse(fields["setup"], "setup"))
    if name is None:
        raise InvalidFieldError("entry_point", "is missing, and the tests call no function of the answer")
    return name
