"""KodCode: a pytest file in ``test`` that imports the answer from ``solution``.

``test_info``, a list of one object or text of one, names the function in ``function_name``; without it the function is
the one that the file imports. The text of the task is ``question``. All other fields are ignored, ``solution`` among
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.formats.fields import Fields
from testcases.formats.pytest_file import looks_like_test_file, problem_from_test_file

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "kodcode"
KEYS: Final = tuple(frozenset({"test", *more}) for more in (["question_id"], ["test_info"], ["question", "solution"]))


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    is_file = isinstance(reference["test"], str) and looks_like_test_file(reference["test"])
    return is_file and not reference.keys() & {"entry_point", "test_list"}


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    return problem_from_test_file(
        fields.text("test"),
        "test",
        format_name=NAME,
        entry_point=_function(fields),
        prompt=fields.text_or("question", prompt),
    )


def _function(fields: Fields) -> str | None:
    if not fields.has("test_info") or fields.value("test_info") in ("", []):
        return None
    info = fields.plain("test_info")
    first, path = (info[0], "test_info[0]") if isinstance(info, (list, tuple)) and info else (info, "test_info")
    return Fields(first, path).name_or("function_name", None)
