"""A pytest or unittest file as it stands: ``{"pytest": "from solution import f ..."}``.

``module`` is the name by which it imports the answer, ``solution`` where absent; names it uses and does not define are
the answer's too. ``entry_point`` is what the answer must define, by default the first name that is imported from it and
called. ``prompt`` is the task's text, or code the answer is the continuation of; ``isolation`` is ``split`` or
``shared``, see `testcases.problem.Problem`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.suites import problem_of_suite

if TYPE_CHECKING:
    from testcases.problem import Problem

__all__ = ["NAME", "fits", "read"]

NAME: Final = "pytest"


def fits(reference: Any) -> bool:
    """Whether the reference has the fields of this shape."""
    return isinstance(reference, dict) and "pytest" in reference


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    isolation = fields.text_or("isolation", "split")
    if isolation not in {"split", "shared"}:
        raise InvalidFieldError("isolation", "must be split or shared")
    return problem_of_suite(
        fields.text("pytest"),
        "pytest",
        shape=NAME,
        entry_point=fields.name_or("entry_point", None),
        module=fields.name_or("module", "solution"),
        prompt=fields.text_or("prompt", prompt),
        isolation="shared" if isolation == "shared" else "split",
    )
