"""The grader's own shape, the only one that refuses unknown fields.

``tests`` is a list of calls (``args``, ``kwargs``, ``expected``, ``function``), programs (``stdin``, ``stdout``),
assertions (``assert``), check functions (``check``) and pytest or unittest modules (``pytest``, ``module``), in any
mix; all of them may have a ``weight`` and a ``group``, the first two ``one_of`` and ``compare``. The fields beside it:
``entry_point``, ``prompt``, ``setup``, ``oracle``, ``limits``, ``compare``, ``allow_imports``, ``isolation``,
``format``. What they may hold is in `testcases.formats.native_model`, and in ``docs/native.schema.json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.entry_points import called_in, imported_from
from testcases.errors import InvalidFieldError
from testcases.formats import deepcoder
from testcases.formats.fields import Fields, check_text
from testcases.formats.native_model import ASSERTION, CALL, PROGRAM, REFERENCE, SUITE, read_test
from testcases.plain_data import require_plain
from testcases.problem import (
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
from testcases.python_source import defined_names, parse, parse_assertion, parse_check, parse_suite, prompt_code

if TYPE_CHECKING:
    from testcases.problem import Test

__all__ = ["NAME", "fits", "read"]

NAME: Final = "native"


def fits(reference: Any) -> bool:
    """Whether the reference has the fields of this shape."""
    return isinstance(reference, dict) and "tests" in reference and not deepcoder.fits(reference)


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all shapes are read alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    Fields(reference)
    found = REFERENCE.read(reference, "")
    parse(found["setup"], "setup")
    oracle = defined_names(parse(found["oracle"], "oracle"))
    shared = found["isolation"] == "shared"
    tests = tuple(
        _test(item, f"tests[{index}]", has_oracle=bool(oracle), shared=shared)
        for index, item in enumerate(found["tests"])
    )
    return Problem(
        tests=tests,
        entry_point=_entry_point(found, tests),
        prompt=prompt_code(found["prompt"]),
        setup=found["setup"],
        oracle=found["oracle"],
        comparison=_comparison(found["compare"], "compare") or Comparison(),
        limits=ProblemLimits(**found["limits"] or {}),
        allow_imports=found["allow_imports"],
        isolation=found["isolation"],
        shape=NAME,
    )


def _test(item: Any, path: str, *, has_oracle: bool, shared: bool) -> Test:
    kind, fields = read_test(item, path)
    worth: dict[str, Any] = {"weight": fields["weight"], "group": fields["group"]}
    if kind is CALL:
        return _call(fields, path, worth, has_oracle=has_oracle)
    if kind is PROGRAM:
        return _program(fields, path, worth)
    if kind is ASSERTION:
        parse_assertion(fields["assert"], f"{path}.assert")
        return AssertTest(fields["assert"], **worth)
    if kind is SUITE:
        parse_suite(fields["pytest"], f"{path}.pytest", shared=shared)
        return PytestTest(fields["pytest"], fields["module"], **worth)
    parse_check(fields["check"], f"{path}.check")
    return CheckTest(fields["check"], **worth)


def _call(fields: dict[str, Any], path: str, worth: dict[str, Any], *, has_oracle: bool) -> CallTest:
    require_plain(list(fields["args"]), f"{path}.args")
    kwargs = fields["kwargs"] or {}
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
    comparison = _comparison(fields["compare"], f"{path}.compare")
    return CallTest(fields["args"], right[0], kwargs, fields["function"], right[1:], comparison, **worth)


def _program(fields: dict[str, Any], path: str, worth: dict[str, Any]) -> StdinTest:
    if fields["one_of"] is not None:
        if fields["stdout"] is not None:
            raise InvalidFieldError(f"{path}.one_of", "takes the place of stdout; give one of them")
        right = tuple(check_text(text, f"{path}.one_of[{index}]") for index, text in enumerate(fields["one_of"]))
    elif fields["stdout"] is not None:
        right = (check_text(fields["stdout"], f"{path}.stdout"),)
    else:
        raise InvalidFieldError(f"{path}.stdout", "is missing")
    comparison = _comparison(fields["compare"], f"{path}.compare")
    return StdinTest(check_text(fields["stdin"], f"{path}.stdin"), right[0], right[1:], comparison, **worth)


def _comparison(fields: dict[str, Any] | None, path: str) -> Comparison | None:
    if fields is None:
        return None
    if fields["checker"] and "checker" not in defined_names(parse(fields["checker"], f"{path}.checker")):
        raise InvalidFieldError(f"{path}.checker", "must define checker(given, expected, got)")
    return Comparison(**fields)


def _entry_point(fields: dict[str, Any], tests: tuple[Test, ...]) -> str | None:
    """The function the reference names, or else the one that its tests do."""
    named: str | None = fields["entry_point"]
    if named is not None:
        return named
    for index, test in enumerate(tests):
        if isinstance(test, CheckTest) or (isinstance(test, CallTest) and test.function is None):
            raise InvalidFieldError("entry_point", f"is missing, and tests[{index}] needs it")
    for test in tests:
        if isinstance(test, CallTest):
            return test.function
        if isinstance(test, PytestTest) and (name := imported_from(test.module, [parse(test.source, "tests")])):
            return name
    sources = [test.source for test in tests if isinstance(test, AssertTest | PytestTest)]
    if not sources:
        return None
    name = called_in([parse(source, "tests") for source in sources], parse(fields["setup"], "setup"))
    if name is None:
        raise InvalidFieldError("entry_point", "is missing, and the tests call no function of the answer")
    return name
