"""APPS and TACO: a row with its tests as JSON text in ``input_output``.

The text holds ``inputs``, ``outputs`` and perhaps ``fn_name``; see `testcases.formats.io_tests`. ``time_limit`` and
``memory_limit`` ("2 seconds", "256 megabytes") occur in TACO. All other fields of a row are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.contest_limits import contest_limits, parse_megabytes, parse_seconds
from testcases.formats.fields import Fields
from testcases.formats.io_tests import problem_from_pairs

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "apps"
KEYS: Final = (frozenset({"input_output"}),)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    return not isinstance(reference["input_output"], list)  # LeetCodeDataset has examples there, beside its tests


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    if reference.get("input_output") == "":
        raise InvalidFieldError("input_output", "is empty: this row of the data set has no tests")
    limits = contest_limits(parse_seconds(reference.get("time_limit")), parse_megabytes(reference.get("memory_limit")))
    return problem_from_pairs(fields.object("input_output"), format_name=NAME, limits=limits)
