"""MultiPL-E: a check function in ``tests``, and the prompt that the answer completes; rows in Python only.

``tests`` defines ``check(candidate)`` and calls it with the function of the answer. All other fields of a row are
ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.script import problem_from_script

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "multipl_e"
KEYS: Final = (frozenset({"tests", "language"}),)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    return isinstance(reference["tests"], str) and not reference["tests"].lstrip().startswith(("{", "["))


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    language = row.text("language")
    if language.lower() not in {"py", "python", "python3"}:
        raise InvalidFieldError(row.path("language"), f"must be py, not {language[:40]!a}")
    return problem_from_script(row.text("tests"), row.path("tests"), row, prompt=prompt, format_name=NAME)
