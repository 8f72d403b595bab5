"""CodeContests: programs, with public, private and generated tests.

Each of ``public_tests``, ``private_tests`` and ``generated_tests`` holds ``input`` and ``output`` side by side. All of
them count; equal tests count once. ``time_limit`` (``{"seconds", "nanos"}``) and ``memory_limit_bytes`` are limits for
compiled languages, see `testcases.formats.contest_limits`. Output is compared by tokens, as the authors of the data
set do. All other fields of a row are ignored.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.contest_limits import contest_limits, parse_seconds
from testcases.formats.fields import Fields
from testcases.formats.io_tests import TOKEN_COMPARISON, program_text
from testcases.model import Problem, StdinTest

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "codecontests"

_GROUPS = ("public_tests", "private_tests", "generated_tests")
KEYS: Final = tuple(frozenset({key}) for key in _GROUPS)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside: a group holds lists side by side."""
    # In open-r1's Codeforces sets, a column by the name of a group has the number of tests.
    return any(isinstance(reference.get(group), (dict, str, list)) for group in _GROUPS)


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    tests: dict[StdinTest, None] = {}
    for group in _GROUPS:
        if fields.has(group):
            tests |= dict.fromkeys(_tests(fields.object(group)))
    if not tests:
        raise InvalidFieldError(" ".join(_GROUPS), "must not all be empty")
    size = reference.get("memory_limit_bytes")
    megabytes = size / 2**20 if isinstance(size, int) and not isinstance(size, bool) else None
    limits = contest_limits(parse_seconds(reference.get("time_limit")), megabytes)
    return Problem(tuple(tests), comparison=TOKEN_COMPARISON, limits=limits, header="contest", format_name=NAME)


def _tests(group: Fields) -> list[StdinTest]:
    # Rows without generated tests have the group with empty lists in it.
    if not group.value("input") and not group.value("output"):
        return []
    inputs, outputs = group.items("input"), group.items("output")
    if len(inputs) != len(outputs):
        raise InvalidFieldError(group.path("output"), f"has {len(outputs)} items, but input has {len(inputs)}")
    return [
        StdinTest(
            program_text(text, f"{group.path('input')}[{index}]"),
            program_text(output, f"{group.path('output')}[{index}]"),
        )
        for index, (text, output) in enumerate(zip(inputs, outputs, strict=True))
    ]
