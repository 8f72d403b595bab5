"""CURE: programs, with inputs and outputs side by side in ``test_input`` and ``test_output``.

``test_time_limit`` is in seconds, for compiled languages. ``example_input`` and ``example_output`` are the part of the
tests that the task shows, and are not used. ``test_method`` must be ``stdio``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.contest_limits import contest_limits, parse_seconds
from testcases.formats.fields import Fields
from testcases.formats.io_tests import problem_from_pairs

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "cure"
KEYS: Final = (frozenset({"test_input", "test_output"}),)


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    if row.text_or("test_method", "stdio") != "stdio":
        raise InvalidFieldError(row.path("test_method"), "must be stdio")
    pairs = Fields({"inputs": row.items("test_input"), "outputs": row.items("test_output")})
    limits = contest_limits(parse_seconds(row.value_or_none("test_time_limit")), None)
    return problem_from_pairs(pairs, format_name=NAME, limits=limits)
