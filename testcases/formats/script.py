"""Test scripts: Python that asserts from top to bottom, or that defines ``check(candidate)``.

The script is in ``functional`` (code-r1, Guru), ``test_code`` (Skywork-OR1, HumanEval Pro) or ``test`` (PRIME's
LeetCode assertions). Each assertion counts as one test. The entry point is ``entry_point``, such as ``add`` or
``Solution().add``; without it, what the script passes to ``check``, or else the function that it calls. For a class
``Solution`` it may also be the only public method in ``starter_code`` or in a solution of the row. ``import_prefix``,
and a ``prompt`` that is code, run before the answer.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.io_tests import CONTEST_IMPORTS
from testcases.formats.pytest_file import looks_like_test_file
from testcases.model import CheckTest, Problem
from testcases.source.entry_points import find_called_name, find_defined_function
from testcases.source.parsing import bound_names, defined_names, find_prompt_code, parse, parse_assertion, try_parse
from testcases.source.prompts import with_optional_packages
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KEYS", "NAME", "fits", "method_name", "problem_from_script", "prompt_of", "read"]

NAME: Final = "script"
KEYS: Final = (frozenset({"functional"}), frozenset({"test_code"}), frozenset({"test"}))
_FIELDS = ("functional", "test_code", "test")
_OTHER_FORMATS = frozenset({"class_name", "labels", "test_list", "pytest"})
_METHOD = re.compile(r"(\w+)\(\)\.(\w+)")
_CLASS = "Solution"
_CODE_FIELDS = ("starter_code", "solution", "solutions", "code", "new_solution", "completion")
"""Columns with code that starts or is an answer."""


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    if reference.keys() & _OTHER_FORMATS:
        return False
    if isinstance(reference.get("functional"), str) or isinstance(reference.get("test_code"), str):
        return True
    test = reference.get("test")
    return isinstance(test, str) and "entry_point" not in reference and not looks_like_test_file(test)


def method_name(name: str | None) -> str | None:
    """Return ``Solution.add`` for ``Solution().add``, and any other name unchanged."""
    match = _METHOD.fullmatch(name.strip()) if name else None
    return name if match is None else f"{match[1]}.{match[2]}"


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    field = fields.first(*_FIELDS)
    return problem_from_script(fields.text(field), fields.path(field), fields, prompt=prompt, format_name=NAME)


def problem_from_script(source: str, path: str, row: Fields, *, format_name: str, prompt: str = "") -> Problem:
    """Make the problem of a script.

    Args:
        source: the script.
        path: path of its field, for errors.
        row: the row that the script is from.
        format_name: name of its format.
        prompt: text of the task.

    Raises:
        InvalidFieldError: the script is not Python, asserts nothing, or calls no function of the answer.
    """
    tree = parse_assertion(source, path)
    if not any(isinstance(node, (ast.Assert, ast.Raise)) or _is_assertion_call(node) for node in walk(tree)):
        raise InvalidFieldError(path, "asserts nothing")
    passed = None
    if "check" in defined_names(tree):
        source, passed = _without_own_calls(source, tree)
    name = (
        method_name(row.text_or("entry_point", "") or None)
        or passed
        or _method_of_solution(row, prompt)
        or find_called_name([tree], parse("", path))
    )
    if name is None:
        raise InvalidFieldError(path, "calls no function of the answer; name it in entry_point")
    return Problem((CheckTest(source),), entry_point=name, prompt=prompt_of(row, name, prompt), format_name=format_name)


def prompt_of(row: Fields, entry_point: str, prompt: str) -> str:
    """Return the code that runs before an answer: imports, and the prompt of the row if it is code."""
    own = row.text_or("prompt", "") if isinstance(row.value_or_none("prompt"), str) else ""
    imports = row.text_or("import_prefix", "")
    if entry_point.startswith(f"{_CLASS}."):
        # LeetCode's own header; a prompt may define helpers such as ListNode, but not the class that is asked for.
        helpers = "" if (tree := try_parse(own)) is None or not bound_names(tree) else own
        return "\n".join(part for part in (CONTEST_IMPORTS, *map(with_optional_packages, (imports, helpers))) if part)
    code = find_prompt_code(own or prompt, entry_point=entry_point)
    return "\n".join(part for part in (imports, code) if part)


def _is_assertion_call(node: ast.AST) -> bool:
    """Return whether a node calls a function such as ``assert_equal`` or ``np.testing.assert_allclose``."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name.lower().startswith("assert")


def _without_own_calls(source: str, tree: ast.Module) -> tuple[str, str | None]:
    """Return a script without its own top-level calls of ``check``, and the name of what it passes to it.

    The runner calls ``check`` with the entry point; assertions that run twice would count and cost twice.
    """
    lines = source.splitlines()
    name = None
    callers = {"check"} | {
        statement.name
        for statement in tree.body
        if isinstance(statement, ast.FunctionDef) and statement.name != "check" and list(_checked(statement))
    }
    for statement in tree.body:
        name = name or next(_checked(statement), None)
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in callers:
            for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                lines[number - 1] = ""
    return "\n".join(lines) + "\n", name


def _checked(tree: ast.AST) -> Iterator[str]:
    """Yield the names that calls of ``check`` have as their argument: ``add``, or ``Solution.add``."""
    for node in walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="check"), args=[ast.Name(id=name), *_]):
                yield name
            case ast.Call(
                func=ast.Name(id="check"),
                args=[ast.Attribute(value=ast.Call(func=ast.Name(id=owner)), attr=name), *_],
            ):
                yield f"{owner}.{name}"


def _method_of_solution(row: Fields, prompt: str) -> str | None:
    """Return the method of ``Solution`` that code of the row defines; ``None`` if there is no such class."""
    for field in _CODE_FIELDS:
        value = row.value_or_none(field)
        for code in value if isinstance(value, (list, tuple)) else (value,):
            if not isinstance(code, str) or f"class {_CLASS}" not in code:
                continue
            # Starter code ends with an empty method, which a body makes Python.
            for whole in (code, code.rstrip() + " pass\n"):
                try:
                    return f"{_CLASS}.{find_defined_function(whole, field, prompt=prompt).name}"
                except InvalidFieldError:
                    continue
    return None
