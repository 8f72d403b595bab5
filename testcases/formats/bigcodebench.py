"""BigCodeBench: a unittest class in ``test`` that calls ``entry_point`` by its name.

``libs``, a list or text of one, are modules that answers may import besides the usual ones. The prompt is
``complete_prompt`` or ``code_prompt``, which answers may continue. All other fields of a row are ignored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields, check_text
from testcases.formats.pytest_file import looks_like_test_file, problem_from_test_file

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "bigcodebench"
KEYS: Final = (frozenset({"test", "entry_point"}),)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    return isinstance(reference["test"], str) and looks_like_test_file(reference["test"])


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    entry_point = fields.name_or("entry_point", None)
    if entry_point is None:
        raise InvalidFieldError("entry_point", "is missing")
    prompt_field = fields.first("complete_prompt", "code_prompt")
    problem = problem_from_test_file(
        fields.text("test"),
        "test",
        format_name=NAME,
        entry_point=entry_point,
        prompt=fields.text_or(prompt_field, prompt),
    )
    return replace(problem, allow_imports=_modules(fields))


def _modules(fields: Fields) -> tuple[str, ...]:
    if not fields.has("libs"):
        return ()
    listed = fields.plain("libs")
    if not isinstance(listed, (list, tuple)):
        raise InvalidFieldError("libs", "must be a list of modules")
    modules = tuple(check_text(name, f"libs[{index}]") for index, name in enumerate(listed))
    for index, name in enumerate(modules):
        if not all(part.isidentifier() for part in name.split(".")):
            raise InvalidFieldError(f"libs[{index}]", "must be the name of a module")
    return modules
