"""The code of a prompt in the form in which it runs, before the answer and before the tests."""

from __future__ import annotations

import ast
import sys
from functools import lru_cache
from typing import Final, TypeAlias

from testcases.source.parsing import try_parse
from testcases.source.traceless import MODULES

__all__ = ["imported_by_prompt", "optional_imports", "runnable_prompt", "stub_names", "with_optional_packages"]

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_FUTURE: Final = "from __future__ import annotations\n"


@lru_cache(maxsize=256)
def runnable_prompt(code: str) -> str:
    """Return what of a prompt runs: its imports and helpers.

    An answer that is whole stands by itself, so the prompt must not take it down:

    - Functions without a body are what the answer is asked for, not helpers.
    - Annotations are not evaluated. Prompts often lack the imports for them, which the answer then has.
    - A statement that raises, such as a class whose base is imported nowhere, or an import of what a module lacks, is
      left out. Where a whole module is missing on this host, no answer can be graded (`imported_by_prompt`); where a
      name is, those that use it cannot (`testcases.spec_run`).

    Args:
        code: Python, or anything else, which is returned unchanged.
    """
    tree = try_parse(code)
    if tree is None:
        return code
    body = [statement for statement in tree.body if not _is_stub(statement) and not _is_future(statement)]
    if not body:
        return ""
    guarded = [statement if _always_runs(statement) else _guarded(statement) for statement in body]
    return _FUTURE + ast.unparse(ast.fix_missing_locations(ast.Module(guarded, type_ignores=[])))


def imported_by_prompt(code: str) -> tuple[str, ...]:
    """Return the names of the packages and modules that a prompt imports, and does without nowhere."""
    names: dict[str, None] = {}
    for statement in _imports(code):
        if isinstance(statement, ast.Import):
            names.update(dict.fromkeys(alias.name.partition(".")[0] for alias in statement.names))
        else:
            names[str(statement.module).partition(".")[0]] = None
    return tuple(names)


def optional_imports(code: str) -> dict[str, str]:
    """Return the imports of a prompt of which it is not known that they work, by the names that they bind."""
    return {
        alias.asname or alias.name.partition(".")[0]: ast.unparse(statement)
        for statement in _imports(code)
        if not _always_runs(statement)
        for alias in statement.names
    }


def _imports(code: str) -> list[ast.Import | ast.ImportFrom]:
    tree = try_parse(code)
    return [
        statement
        for statement in ([] if tree is None else tree.body)
        if isinstance(statement, ast.Import)
        or (isinstance(statement, ast.ImportFrom) and not statement.level and not _is_future(statement))
    ]


def with_optional_packages(header: str) -> str:
    """Return a header of imports, of which those of packages may fail: few answers use all that a site has."""
    tree = try_parse(header)
    body = [] if tree is None else tree.body
    if all(_is_of_the_library(statement) for statement in body):
        return header
    guarded = [statement if _is_of_the_library(statement) else _guarded(statement) for statement in body]
    return ast.unparse(ast.fix_missing_locations(ast.Module(guarded, type_ignores=[])))


def _is_of_the_library(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Import):
        return all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").partition(".")[0] in sys.stdlib_module_names
    return True


def stub_names(code: str) -> frozenset[str]:
    """Return the names of the functions without a body in a prompt; none when it is not Python."""
    tree = try_parse(code)
    body = [] if tree is None else tree.body
    return frozenset(statement.name for statement in body if isinstance(statement, _Function) and _is_stub(statement))


def _is_stub(statement: ast.stmt) -> bool:
    return isinstance(statement, _Function) and all(map(_does_nothing, statement.body))


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _always_runs(statement: ast.stmt) -> bool:
    """Return whether a statement cannot raise, or is an import of what is there in any version of Python."""
    if isinstance(statement, _Function):
        arguments = statement.args
        return not (statement.decorator_list or arguments.defaults or any(arguments.kw_defaults))
    if isinstance(statement, ast.ImportFrom):
        known = MODULES.get(statement.module or "", frozenset())
        return not statement.level and all(alias.name in known for alias in statement.names)
    if isinstance(statement, ast.Import):
        return not any("." in alias.name for alias in statement.names)
    return isinstance(statement, ast.Pass) or _does_nothing(statement)


def _guarded(statement: ast.stmt) -> ast.stmt:
    handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.Pass()])
    return ast.Try([statement], [handler], [], [])
