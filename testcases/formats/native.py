"""The grader's own shape, the only one that refuses unknown fields.

``tests`` is a list of calls ``{"args", "kwargs", "expected", "function"}``, programs ``{"stdin", "stdout"}``,
assertions ``{"assert"}``, check functions ``{"check"}`` and pytest or unittest modules ``{"pytest", "module"}``, in any
mix. The fields beside it: ``entry_point``, ``prompt``, ``setup``, ``limits``, ``compare``, ``allow_imports``,
``isolation``, ``format``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.entry_points import called_in, imported_from
from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields, check_text
from testcases.plain_data import require_plain
from testcases.problem import AssertTest, CallTest, CheckTest, Comparison, Problem, ProblemLimits, PytestTest, StdinTest
from testcases.python_source import parse, parse_assertion, parse_check, parse_suite, prompt_code

if TYPE_CHECKING:
    from testcases.formats.native_model import NativeModel, TestModel
    from testcases.problem import Test

__all__ = ["NAME", "fits", "read"]

NAME: Final = "native"


def fits(reference: Any) -> bool:
    """Whether the reference has the fields of this shape."""
    return isinstance(reference, dict) and "tests" in reference


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all shapes are read alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    # Importing pydantic takes longer than grading a hundred samples; other shapes do without.
    from testcases.formats.native_model import NativeModel, validate, validate_test  # noqa: PLC0415

    Fields(reference)
    model = validate(NativeModel, reference, "")
    tests = tuple(
        _test(validate_test(item, f"tests[{index}]"), f"tests[{index}]") for index, item in enumerate(model.tests)
    )
    parse(model.setup, "setup")
    return Problem(
        tests=tests,
        entry_point=_entry_point(model, tests),
        prompt=prompt_code(model.prompt),
        setup=model.setup,
        comparison=Comparison(**model.compare.model_dump()),
        limits=ProblemLimits(**model.limits.model_dump()),
        allow_imports=model.allow_imports,
        isolation=model.isolation,
        shape=NAME,
    )


def _test(model: TestModel, path: str) -> Test:
    from testcases.formats.native_model import AssertModel, CallModel, PytestModel, StdinModel  # noqa: PLC0415

    if isinstance(model, CallModel):
        for name, value in (("args", list(model.args)), ("kwargs", model.kwargs), ("expected", model.expected)):
            require_plain(value, f"{path}.{name}")
        return CallTest(model.args, model.expected, model.kwargs, model.function)
    if isinstance(model, StdinModel):
        return StdinTest(check_text(model.stdin, f"{path}.stdin"), check_text(model.stdout, f"{path}.stdout"))
    if isinstance(model, AssertModel):
        parse_assertion(model.source, f"{path}.assert")
        return AssertTest(model.source)
    if isinstance(model, PytestModel):
        parse_suite(model.source, f"{path}.pytest")
        return PytestTest(model.source, model.module)
    parse_check(model.source, f"{path}.check")
    return CheckTest(model.source)


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
