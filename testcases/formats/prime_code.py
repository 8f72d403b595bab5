"""PRIME, rStar-Coder, and the ``prime_code`` reward of AWS: inputs and outputs side by side.

See `testcases.formats.io_tests` for both. ``class_name``, if it is given, is the class whose method ``fn_name`` (or
``func_name``) is. All other fields of a row are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.formats.fields import Fields
from testcases.formats.io_tests import problem_from_pairs

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "prime_code"
KEYS: Final = (frozenset({"inputs", "outputs"}),)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    return reference.get("assert_case") is None


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    return problem_from_pairs(Fields(reference), format_name=NAME)
