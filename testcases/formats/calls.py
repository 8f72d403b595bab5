"""Function calls as data sets write them down: in JSON, which has no tuples and only text for keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.formats.fields import load_json
from testcases.plain_data import require_plain

if TYPE_CHECKING:
    from testcases.problem import CallTest

__all__ = ["arguments_of_lines", "checked", "with_int_keys"]


def arguments_of_lines(text: str, path: str) -> tuple[Any, ...]:
    """Positional arguments from text with one JSON value a line; blank lines around them are ignored.

    Raises:
        InvalidFieldError: a line is no JSON.
    """
    text = text.strip()
    lines = text.split("\n") if text else []
    return tuple(load_json(line, f"{path} line {number}") for number, line in enumerate(lines, 1))


def with_int_keys(value: Any) -> Any:
    """A dict whose keys are all integers as text, with integers for keys; any other value as it is."""
    if not isinstance(value, dict):
        return value
    try:
        numbered = {int(key): item for key, item in value.items()}
    except (ValueError, TypeError):
        return value
    return numbered if len(numbered) == len(value) else value


def checked(test: CallTest, *, args_path: str, expected_path: str) -> CallTest:
    """The test, if its values are plain data.

    Raises:
        InvalidFieldError: one is not.
    """
    for argument in (*test.args, *test.kwargs.values()):
        require_plain(argument, args_path)
    for value in (test.expected, *test.alternatives):
        require_plain(value, expected_path)
    return test
