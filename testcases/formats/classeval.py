"""ClassEval: a unittest file in ``test`` for the class ``class_name``.

``import_statement``, a list of lines, is at the top of the module that holds class and tests in the data set, so the
tests may use its names, too. ``skeleton`` is the class to complete. All other fields of a row are ignored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields, check_text
from testcases.formats.pytest_file import problem_from_test_file

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "classeval"
KEYS: Final = (frozenset({"test", "class_name"}),)


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    imports = row.json("import_statement") if row.has("import_statement") else []
    lines = imports if isinstance(imports, (list, tuple)) else [imports]
    header = "".join(
        check_text(line, f"{row.path('import_statement')}[{index}]").rstrip() + "\n" for index, line in enumerate(lines)
    )
    name = row.name_or("class_name", None)
    if name is None:
        raise InvalidFieldError(row.path("class_name"), "is missing")
    problem = problem_from_test_file(header + row.text("test"), row.path("test"), format_name=NAME, entry_point=name)
    return replace(problem, prompt=header)
