"""Have test code report that it reaches its assertions, and that it comes to the end of a test's body.

What never ran has not passed. An answer can keep test code from running: it returns nothing where a test loops over
what it returns, or a decorator of its own puts something else in the place of the test. So, where the source leaves
room for that, each statement with an assertion reports first, and the body of a test is put into a block::

    with __reached__.body(12):
        for got, want in cases():
            __reached__.assertion()
            assert got == want

`testcases.reached` keeps count.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, TypeAlias

from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["REACHED_NAME", "first_line", "mark_assertions", "mark_bodies", "may_skip_assertions"]

REACHED_NAME: Final = "__reached__"
"""Global by which test code finds `testcases.reached.REACHED`."""

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "orelse", "finalbody")
_CHECKS = frozenset({"raises", "warns"})
_PLATFORM = frozenset({"sys", "os", "platform", "TYPE_CHECKING", "__debug__"})


def first_line(function: _Function) -> int:
    """Return the line that the code object of a function begins in: that of its first decorator, if it has any."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def mark_bodies(tree: ast.Module, lines: frozenset[int]) -> None:
    """Put the bodies of the functions that begin in these lines into a block each. Line numbers stay."""
    for node in walk(tree):
        if isinstance(node, _FUNCTIONS) and first_line(node) in lines:
            has_docstring = ast.get_docstring(node, clean=False) is not None
            body = node.body[has_docstring:] or [ast.copy_location(ast.Pass(), node.body[0])]
            call = _report("body", [ast.Constant(first_line(node))], body[0])
            block = ast.copy_location(ast.With([ast.withitem(call)], body), body[0])
            node.body = [*node.body[:has_docstring], block]


def mark_assertions(tree: ast.Module) -> None:
    """Have each statement with an assertion report first. Line numbers stay."""
    for node in walk(tree):
        for name in _BLOCKS:
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            marked: list[ast.stmt] = []
            for statement in block:
                if _asserts(statement):
                    marked.append(ast.copy_location(ast.Expr(_report("assertion", [], statement)), statement))
                marked.append(statement)
            block[:] = marked


def may_skip_assertions(body: Sequence[ast.stmt]) -> bool:
    """Return whether a body has assertions, and may come to its end without any of them.

    Not counted are those that say what must not happen (``assert False``, ``self.fail()``), those in an ``except``
    clause, those that depend on the platform alone, and those in a loop over what a function makes of nothing
    (``for x in f([])``), which is rightly empty.
    """
    if _is_certain(body) and not any(isinstance(node, ast.Return) for statement in body for node in walk(statement)):
        return False
    return _has_assertions(body)


def _asserts(statement: ast.stmt) -> bool:
    """Return whether a statement, apart from the blocks in it, is or calls an assertion."""
    if isinstance(statement, ast.Assert):
        return not (isinstance(statement.test, ast.Constant) and not statement.test.value)
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        return False
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and _is_check(node):
            return True
        pending += [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt | ast.ExceptHandler)
        ]
    return False


def _is_check(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return (name.lower().startswith("assert") and name != "AssertionError") or name in _CHECKS


def _is_certain(body: Sequence[ast.stmt]) -> bool:
    """Return whether a body that comes to its end has reached an assertion."""
    return any(
        _asserts(statement)
        or (isinstance(statement, ast.With | ast.AsyncWith) and _is_certain(statement.body))
        or (isinstance(statement, ast.For) and _has_rounds(statement) and _is_certain(statement.body))
        for statement in body
    )


def _has_rounds(loop: ast.For) -> bool:
    """Return whether a loop is over a display that is not empty."""
    leaves = any(isinstance(node, ast.Break | ast.Continue) for node in walk(loop))
    return isinstance(loop.iter, ast.List | ast.Tuple) and bool(loop.iter.elts) and not leaves


def _has_assertions(body: Iterable[ast.stmt]) -> bool:
    for statement in body:
        if _asserts(statement):
            return True
        if isinstance(statement, ast.If) and _is_platform(statement.test):
            continue
        if isinstance(statement, ast.For) and _is_of_nothing(statement.iter):
            continue
        blocks = [getattr(statement, name, None) or [] for name in _BLOCKS]
        blocks += [clause.body for clause in getattr(statement, "cases", ())]
        if any(map(_has_assertions, blocks)):
            return True
    return False


def _is_platform(condition: ast.expr) -> bool:
    names = {node.id for node in walk(condition) if isinstance(node, ast.Name)}
    return names <= _PLATFORM


def _is_of_nothing(value: ast.expr) -> bool:
    """Return whether an expression is a call whose arguments are all empty or zero."""
    given = [*value.args, *(keyword.value for keyword in value.keywords)] if isinstance(value, ast.Call) else []
    return bool(given) and all(map(_is_empty, given))


def _is_empty(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=constant):
            return not constant
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="set" | "list" | "dict" | "tuple" | "frozenset"), args=[], keywords=[]):
            return True
    return _is_of_nothing(value)


def _report(method: str, arguments: list[ast.expr], at: ast.AST) -> ast.Call:
    name = ast.Name(REACHED_NAME, ast.Load())
    function = ast.Attribute(name, method, ast.Load())
    call = ast.Call(function, arguments, [])
    for part in (name, function, call, *arguments):
        ast.copy_location(part, at)
    return call
