"""ClassEval: a unittest file in ``test`` for the class ``class_name``.

``import_statement``, a list of lines, is at the top of the module that holds class and tests in the data set, so the
tests may use its names, too; where a module of them is not there, no answer is graded. ``skeleton`` is the class to
complete. All other fields of a row are ignored.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields, check_text
from testcases.formats.pytest_file import problem_from_test_file
from testcases.source.parsing import parse

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
    return replace(problem, prompt=header, needed_modules=_imported(parse(header, row.path("import_statement"))))


def _imported(tree: ast.Module) -> tuple[str, ...]:
    """Return the full names of the modules that are imported."""
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= dict.fromkeys(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found[node.module] = None
    return tuple(found)
