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
    from testcases.formats.native_model import CallModel, CompareModel, NativeModel, StdinModel, TestModel
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
    # Importing pydantic takes longer than grading a hundred samples; other shapes do without.
    from testcases.formats.native_model import NativeModel, validate, validate_test  # noqa: PLC0415 - pydantic is slow to import

    Fields(reference)
    model = validate(NativeModel, reference, "")
    parse(model.setup, "setup")
    oracle = defined_names(parse(model.oracle, "oracle"))
    tests = tuple(
        _test(
            validate_test(item, f"tests[{index}]"),
            f"tests[{index}]",
            has_oracle=bool(oracle),
            shared=model.isolation == "shared",
        )
        for index, item in enumerate(model.tests)
    )
    return Problem(
        tests=tests,
        entry_point=_entry_point(model, tests),
        prompt=prompt_code(model.prompt),
        setup=model.setup,
        oracle=model.oracle,
        comparison=_comparison(model.compare, "compare"),
        limits=ProblemLimits(**model.limits.model_dump()),
        allow_imports=model.allow_imports,
        isolation=model.isolation,
        shape=NAME,
    )


def _test(model: TestModel, path: str, *, has_oracle: bool, shared: bool) -> Test:
    from testcases.formats.native_model import AssertModel, CallModel, PytestModel, StdinModel  # noqa: PLC0415 - pydantic is slow to import

    worth: dict[str, Any] = {"weight": model.weight, "group": model.group}
    if isinstance(model, CallModel):
        return _call(model, path, worth, has_oracle=has_oracle)
    if isinstance(model, StdinModel):
        return _program(model, path, worth)
    if isinstance(model, AssertModel):
        parse_assertion(model.source, f"{path}.assert")
        return AssertTest(model.source, **worth)
    if isinstance(model, PytestModel):
        parse_suite(model.source, f"{path}.pytest", shared=shared)
        return PytestTest(model.source, model.module, **worth)
    parse_check(model.source, f"{path}.check")
    return CheckTest(model.source, **worth)


def _call(model: CallModel, path: str, worth: dict[str, Any], *, has_oracle: bool) -> CallTest:
    require_plain(list(model.args), f"{path}.args")
    require_plain(model.kwargs, f"{path}.kwargs")
    right: tuple[Any, ...]
    if model.one_of is not None:
        if model.expected is not None:
            raise InvalidFieldError(f"{path}.one_of", "takes the place of expected; give one of them")
        require_plain(list(model.one_of), f"{path}.one_of")
        right = model.one_of
    elif "expected" in model.model_fields_set:
        require_plain(model.expected, f"{path}.expected")
        right = (model.expected,)
    elif has_oracle:
        right = (ASK_ORACLE,)
    else:
        raise InvalidFieldError(f"{path}.expected", "is missing")
    comparison = None if model.compare is None else _comparison(model.compare, f"{path}.compare")
    return CallTest(model.args, right[0], model.kwargs, model.function, right[1:], comparison, **worth)


def _program(model: StdinModel, path: str, worth: dict[str, Any]) -> StdinTest:
    if model.one_of is not None:
        if model.stdout is not None:
            raise InvalidFieldError(f"{path}.one_of", "takes the place of stdout; give one of them")
        right = tuple(check_text(text, f"{path}.one_of[{index}]") for index, text in enumerate(model.one_of))
    elif model.stdout is not None:
        right = (check_text(model.stdout, f"{path}.stdout"),)
    else:
        raise InvalidFieldError(f"{path}.stdout", "is missing")
    comparison = None if model.compare is None else _comparison(model.compare, f"{path}.compare")
    return StdinTest(check_text(model.stdin, f"{path}.stdin"), right[0], right[1:], comparison, **worth)


def _comparison(model: CompareModel, path: str) -> Comparison:
    if model.checker and "checker" not in defined_names(parse(model.checker, f"{path}.checker")):
        raise InvalidFieldError(f"{path}.checker", "must define checker(given, expected, got)")
    return Comparison(**model.model_dump())


def _entry_point(model: NativeModel, tests: tuple[Test, ...]) -> str | None:
    """The function the reference names, or else the one that its tests do."""
    if model.entry_point is not None:
        return model.entry_point
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
    name = called_in([parse(source, "tests") for source in sources], parse(model.setup, "setup"))
    if name is None:
        raise InvalidFieldError("entry_point", "is missing, and the tests call no function of the answer")
    return name
