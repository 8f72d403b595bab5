r"""LiveCodeBench: a list of tests, each of which says its type.

A test has an ``input``, an ``output`` and a ``testtype``. ``stdin`` is a program's input and output, compared by
tokens, numbers by value. ``functional`` is a call: ``input`` has one JSON argument a line, ``output`` is JSON. The
function's name is ``func_name``, of the test or of its ``metadata``.

A whole row will do too: the tests are then those of ``public_test_cases`` and ``private_test_cases``, each a list or
JSON text of one, and the function's name may be in the row or its ``metadata``.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.calls import arguments_of_lines, checked
from testcases.formats.fields import Fields, load_json
from testcases.problem import CallTest, Comparison, Problem, StdinTest

__all__ = ["NAME", "fits", "read"]

NAME: Final = "livecodebench"

_LISTS = ("public_test_cases", "private_test_cases")
_TEST_FIELDS = frozenset({"input", "output", "testtype"})


def fits(reference: Any) -> bool:
    """Whether the reference has the fields of this shape."""
    if isinstance(reference, dict):
        return any(key in reference for key in _LISTS)
    return isinstance(reference, list) and all(
        isinstance(item, dict) and item.keys() & _TEST_FIELDS for item in reference
    )


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all shapes are read alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    name: str | None = None
    if isinstance(reference, list):
        items = {f"[{index}]": item for index, item in enumerate(reference)}
    else:
        row = Fields(reference)
        name = _function(row)
        items = {f"{key}[{index}]": item for key in _LISTS if row.has(key) for index, item in _listed(row, key)}
    if not items:
        raise InvalidFieldError("tests", "must not be empty")
    tests = []
    for path, item in items.items():
        fields = Fields(item, path)
        found = _function(fields) or name
        if found != name and name is not None:
            raise InvalidFieldError(fields.path("func_name"), f"must be the same for all tests, not {found}")
        name = found
        tests.append(_test(fields, name))
    if not any(isinstance(test, CallTest) for test in tests):
        name = None
    return Problem(tests=tuple(tests), entry_point=name, comparison=Comparison(mode="tokens"), shape=NAME)


def _listed(row: Fields, key: str) -> list[tuple[int, Any]]:
    value = row.value(key)
    if isinstance(value, str) and not value.lstrip().startswith("["):
        raise InvalidFieldError(key, "must be a list or JSON text of one; packed test cases are not unpacked")
    return [] if isinstance(value, (list, str)) and value in ([], "[]") else list(enumerate(row.items(key)))


def _function(fields: Fields) -> str | None:
    own = fields.name_or(fields.first("func_name", "fn_name"), None)
    if own is not None or not fields.has("metadata"):
        return own
    metadata = fields.value("metadata")
    path = fields.path("metadata")
    return Fields(load_json(metadata, path) if isinstance(metadata, str) else metadata, path).name_or("func_name", None)


def _test(fields: Fields, name: str | None) -> CallTest | StdinTest:
    kind = fields.text("testtype")
    given, wanted = fields.text("input"), fields.text("output")
    if kind == "stdin":
        return StdinTest(given, wanted)
    if kind != "functional":
        raise InvalidFieldError(fields.path("testtype"), "must be stdin or functional")
    if name is None:
        raise InvalidFieldError(fields.path("metadata.func_name"), "is missing")
    test = CallTest(
        args=arguments_of_lines(given, fields.path("input")),
        expected=load_json(wanted, fields.path("output")),
    )
    return checked(test, args_path=fields.path("input"), expected_path=fields.path("output"))
