"""BigCodeBench: a unittest class in ``test`` that calls ``entry_point`` by its name.

``libs``, a list or text of one, are modules that answers may import besides the usual ones; where one of them is not
there, no answer is graded. The prompt is ``complete_prompt`` or ``code_prompt``, which answers may continue. In the
data set, answer and tests are one module, so answers may use the modules that the tests import. All other fields of a
row are ignored.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields, check_text
from testcases.formats.pytest_file import looks_like_test_file, problem_from_test_file
from testcases.source.parsing import parse

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "bigcodebench"
KEYS: Final = (frozenset({"test", "entry_point"}),)
_OF_TESTS: Final = frozenset({"unittest", "doctest", "__future__"})


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
    modules = _modules(fields)
    _refuse_what_never_runs(modules, fields.text("test"))
    return replace(
        problem,
        prompt=_imports_of(fields.text("test")) + problem.prompt,
        allow_imports=modules,
        needed_modules=modules,
    )


_REFUSED_DEEDS: Final = {
    "subprocess": "starts processes",
    "multiprocessing": "starts processes",
    "socket": "needs a network",
    "ssl": "needs a network",
}
"""What modules are for that the sandbox has and lets do nothing."""


def _refuse_what_never_runs(modules: tuple[str, ...], test: str) -> None:
    """Raise the error of a row whose answers do what no sandbox lets them do.

    Tests that name the module may put a mock in its place.

    Raises:
        InvalidFieldError: the tests leave such a module alone.
    """
    if "ctypes" in modules:
        raise InvalidFieldError("libs", "ctypes: calls native code")
    for module in modules:
        if module in _REFUSED_DEEDS and re.search(rf"patch.*\b{module}\b", test) is None:
            raise InvalidFieldError("libs", f"{module}: {_REFUSED_DEEDS[module]}, and the tests do not replace it")


def _imports_of(test: str) -> str:
    """Return the imports of a test file, each for itself, so that one that fails leaves the others alone."""
    found = [node for node in parse(test, "test").body if isinstance(node, ast.Import | ast.ImportFrom)]
    lines = [ast.unparse(node) for node in found if not _is_of_tests(node)]
    return "".join(f"try:\n    {line}\nexcept ImportError:\n    pass\n" for line in lines)


def _is_of_tests(node: ast.Import | ast.ImportFrom) -> bool:
    """Return whether an import takes more than the standard library's modules for any program."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    roots = {name.partition(".")[0] for name in names}
    return bool(roots & _OF_TESTS) or not roots <= sys.stdlib_module_names or "*" in {one.name for one in node.names}


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
