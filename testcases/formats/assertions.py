"""AceCode, open-instruct, verl's Sandbox Fusion: a list of assertions, each of which is one test.

The reference is the list itself, or an object with the list in ``assert_case``. ``inputs`` and ``outputs`` beside
``assert_case`` are for programs that print; outputs must be null there. The entry point is the function that the
assertions call, unless ``entry_point`` or ``fn_name`` names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields, check_text
from testcases.model import AssertTest, Problem
from testcases.source.entry_points import find_called_name
from testcases.source.parsing import parse, parse_assertion

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYS", "NAME", "fits", "is_list_of_text", "problem_from_assertions", "read"]

NAME: Final = "assertions"
KEYS: Final = (frozenset({"assert_case"}),)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS`, or a list, is of the format, by its outside."""
    return isinstance(reference, dict) or is_list_of_text(reference)


def is_list_of_text(value: Any) -> bool:
    """Return whether a value is a list of one or more texts."""
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(item, str) for item in value)


def problem_from_assertions(
    sources: Mapping[str, Any], *, format_name: str, entry_point: str | None = None, setup: str = ""
) -> Problem:
    """Make the problem of assertions.

    Args:
        sources: the assertions, by path.
        format_name: name of their format.
        entry_point: name that the answer must define; ``None`` for the function that the assertions call.
        setup: Python that runs before the tests.

    Raises:
        InvalidFieldError: one is not Python or asserts nothing, or none calls a function of the answer.
    """
    tests = {path: check_text(source, path).strip() for path, source in sources.items()}
    trees = [parse_assertion(source, path) for path, source in tests.items()]
    name = entry_point or find_called_name(trees, parse(setup, "setup"))
    if name is None:
        raise InvalidFieldError(next(iter(tests), "tests"), "calls no function of the answer")
    return Problem(tuple(map(AssertTest, tests.values())), entry_point=name, setup=setup, format_name=format_name)


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    if isinstance(reference, list):
        return problem_from_assertions(
            {f"[{index}]": source for index, source in enumerate(reference)}, format_name=NAME
        )
    fields = Fields(reference)
    if fields.has("outputs") and any(output is not None for output in fields.items("outputs")):
        raise InvalidFieldError(fields.path("outputs"), "must be null beside assert_case")
    path = fields.path("assert_case")
    return problem_from_assertions(
        {f"{path}[{index}]": source for index, source in enumerate(fields.items("assert_case"))},
        format_name=NAME,
        entry_point=fields.name_or(fields.first("entry_point", "fn_name", "func_name"), None),
        setup=fields.text_or("import_prefix", ""),
    )
