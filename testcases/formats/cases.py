"""Lists of tests that are one object each, as LiveCodeBench, DeepCoder and SYNTHETIC-1 have them.

A test has an ``input``, an ``output``, and says its kind in ``testtype`` or ``type``; one that says none is a call if
it names a function, else a program.

- ``stdin`` (``stdin_stdout``, ``stdio``) is a program's input and output, text or lists of lines.
- ``functional`` is a call: ``input`` has one JSON argument a line, ``output`` is JSON.
- ``function_call`` is a call too: ``input`` is the list of the arguments, or as above; ``output`` is the value, wrapped
  in a list of one item where all outputs of the reference look so (then the item and the list are both right).

The function is ``func_name`` or ``fn_name``, of the test, of its ``metadata``, or of the row. Whether a number is an
integer or a float matters nowhere here, and output is compared by tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.errors import InvalidFieldError
from testcases.formats.calls import USUAL_IMPORTS, arguments_of_lines, call_of, checked, text_of
from testcases.formats.fields import Fields, check_text, load_json
from testcases.problem import CallTest, Comparison, Problem, StdinTest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["function_named_in", "problem_of_cases"]

_STDIN = frozenset({"stdin", "stdin_stdout", "stdio"})
_CALLS = frozenset({"functional", "function_call"})


def problem_of_cases(
    cases: Mapping[str, Any],
    *,
    shape: str,
    comparison: Comparison,
    name: str | None = None,
    prompt: str = USUAL_IMPORTS,
) -> Problem:
    """The problem that a list of tests says.

    Args:
        cases: the tests, by path.
        shape: the format they were found in.
        comparison: how output and values are compared.
        name: the function, where the row names it.
        prompt: what runs before an answer with functions.

    Raises:
        InvalidFieldError: a field is missing or wrong.
    """
    if not cases:
        raise InvalidFieldError("tests", "must not be empty")
    opened = [Fields(case, path) for path, case in cases.items()]
    called = [fields.value("output") for fields in opened if _kind(fields) == "function_call"]
    wrapped = all(isinstance(output, list) and len(output) == 1 for output in called)
    tests: list[CallTest | StdinTest] = []
    for fields in opened:
        found = function_named_in(fields) or name
        if found != name and name is not None:
            raise InvalidFieldError(fields.path("func_name"), f"must be the same for all tests, not {found}")
        name = found
        tests.append(_test(fields, name, wrapped=wrapped))
    if any(isinstance(test, CallTest) for test in tests):
        return Problem(tuple(tests), entry_point=name, prompt=prompt, comparison=comparison, shape=shape)
    return Problem(tuple(tests), comparison=comparison, shape=shape)


def function_named_in(fields: Fields) -> str | None:
    """The function that an object names, itself or in its metadata."""
    own = fields.name_or(fields.first("func_name", "fn_name"), None)
    if own is not None or not fields.has("metadata"):
        return own
    return fields.object("metadata").name_or("func_name", None)


def _test(fields: Fields, name: str | None, *, wrapped: bool) -> CallTest | StdinTest:
    given, wanted = fields.value("input"), fields.value("output")
    paths = fields.path("input"), fields.path("output")
    kind = _kind(fields)
    if kind in _STDIN:
        return StdinTest(text_of(given, paths[0]), text_of(wanted, paths[1]))
    if kind not in _CALLS:
        raise InvalidFieldError(fields.path(_kind_key(fields)), "must be stdin or functional")
    if name is None:
        raise InvalidFieldError(fields.path("metadata.func_name"), "is missing")
    if kind == "functional":
        test = CallTest(
            arguments_of_lines(check_text(given, paths[0]), paths[0]),
            load_json(check_text(wanted, paths[1]), paths[1]),
        )
        return checked(test, args_path=paths[0], expected_path=paths[1])
    if isinstance(given, str) and isinstance(wanted, str):
        wanted = load_json(wanted, paths[1])
    return call_of(given, wanted, *paths, wrapped=wrapped)


def _kind_key(fields: Fields) -> str:
    return fields.first("testtype", "type")


def _kind(fields: Fields) -> str:
    if fields.has(_kind_key(fields)):
        return fields.text(_kind_key(fields))
    return "function_call" if fields.has("fn_name") or fields.has("func_name") else "stdin"
