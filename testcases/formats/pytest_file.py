"""A whole pytest or unittest file: ``{"pytest": "from solution import f ..."}``; also for test files of other formats.

The field may also be called ``test``, if the text in it looks like a test file and no other format has the row.

``module`` is the module that it imports the answer from, by default ``solution``. Names that it uses and does not
define are the answer's, too. ``entry_point`` is the name that the answer must define, by default the first name that is
imported from it and called. ``prompt`` is the text of the task, or code that the answer continues. ``isolation`` is
``split`` or ``shared``, see `testcases.model.Problem`.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.model import Problem, PytestTest
from testcases.source.entry_points import find_called_name, find_imported_name, imports_module
from testcases.source.parsing import defined_names, find_prompt_code, parse
from testcases.source.prompts import stub_names
from testcases.source.pytest_unsupported import parse_suite
from testcases.source.walking import walk

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["KEYS", "NAME", "fits", "looks_like_test_file", "problem_from_test_file", "read"]


# Regular expressions, because formats are chosen before anything is parsed: a file with a syntax error has one, too.
_TEST_DEFINITION: Final = re.compile(
    r"^(?:async\s+)?def\s+test|^class\s+\w+\s*\([^)]*TestCase\s*\)|^class\s+Test\w*", re.MULTILINE
)
_CHECK_DEFINITION: Final = re.compile(r"^def\s+check\s*\(", re.MULTILINE)


def looks_like_test_file(source: str) -> bool:
    """Return whether a text looks like a test file, and not like code that defines ``check(candidate)``."""
    return _TEST_DEFINITION.search(source) is not None and _CHECK_DEFINITION.search(source) is None


def problem_from_test_file(
    source: str,
    field: str,
    *,
    format_name: str,
    entry_point: str | None = None,
    module: str = "solution",
    prompt: str = "",
    isolation: Literal["split", "shared"] = "split",
) -> Problem:
    """Make the problem of a test file.

    Args:
        source: the file.
        field: path of its field, for errors.
        format_name: name of its format.
        entry_point: name that the answer must define; ``None`` for the first that the file imports from the answer and
            calls, or else one that it uses and does not define.
        module: module that the file imports the answer from.
        prompt: text of the task, or code that the answer continues.
        isolation: see `testcases.model.Problem`.

    Raises:
        InvalidFieldError: the file is not Python, defines no test, or uses no name of the answer.
    """
    tree = parse_suite(source, field, shared=isolation == "shared")
    imported = find_imported_name(module, [tree])
    asked = stub_names(find_prompt_code(prompt)) if imported is None else frozenset()
    # A file that defines what it tests asks the answer nothing, and still calls `sorted` or `range`.
    may_be_builtin = all(name.lower().startswith("test") for name in defined_names(tree))
    called = find_called_name([tree], parse("", field), preferred=asked, builtins=may_be_builtin)
    name = entry_point or imported or called
    # Constants of the answer, or its module as a whole, such as by `getattr`: then nothing of it is called.
    takes_others = imported is None and imports_module(module, [tree])
    if entry_point is None and takes_others and hasattr(builtins, name or ""):
        name = None
    elif name is None and not takes_others:
        raise InvalidFieldError(
            field, f"imports nothing from {module} and uses no name of the answer{_other_modules(tree, module)}"
        )
    return Problem(
        (PytestTest(source, module),),
        entry_point=name,
        prompt=find_prompt_code(prompt, entry_point=name),
        isolation=isolation,
        format_name=format_name,
    )


def _other_modules(tree: ast.Module, module: str) -> str:
    """Return a hint at the modules that a file imports and that may be the answer's; empty without any."""
    imported = {
        node.module.partition(".")[0]: None
        for node in walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    others = [name for name in imported if name not in sys.stdlib_module_names and name not in {"pytest", module}]
    return f"; if that is {' or '.join(others[:3])}, say so in a field module" if others else ""


NAME: Final = "pytest"
KEYS: Final = (frozenset({"pytest"}), frozenset({"test"}))
_OTHER_FORMATS: Final = frozenset({"entry_point", "test_list", "question_id", "test_info", "class_name", "labels"})
"""Columns beside ``test`` in rows of other formats."""
_KODCODE: Final = frozenset({"question", "solution"})


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    if "pytest" in reference:
        return True
    test = reference["test"]
    is_file = not isinstance(test, str) or looks_like_test_file(test)
    return is_file and not reference.keys() & _OTHER_FORMATS and not reference.keys() >= _KODCODE


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    field = fields.first("pytest", "test")
    isolation = fields.text_or("isolation", "split")
    if isolation not in {"split", "shared"}:
        raise InvalidFieldError("isolation", "must be split or shared")
    return problem_from_test_file(
        fields.text(field),
        field,
        format_name=NAME,
        entry_point=fields.name_or("entry_point", None),
        module=fields.name_or("module", "solution"),
        prompt=fields.text_or("prompt", prompt) if isinstance(fields.value_or_none("prompt"), str) else prompt,
        isolation="shared" if isolation == "shared" else "split",
    )
