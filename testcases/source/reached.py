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
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "REACHED_NAME",
    "asserting_helpers",
    "first_line",
    "mark_assertions",
    "mark_bodies",
    "may_skip_assertions",
]

REACHED_NAME: Final = "__reached__"
"""Global by which test code finds `testcases.reached.REACHED`."""

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "orelse", "finalbody")
_CHECKS = frozenset({"raises", "warns"})
_PLATFORM = frozenset({"sys", "os", "platform", "TYPE_CHECKING", "__debug__"})
_NO_HELPERS: Final[frozenset[str]] = frozenset()
_LATER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BoolOp, ast.IfExp)
"""Expressions in which a call need not take place."""


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
    _LaterCalls().visit(tree)
    for node in walk(tree):
        for name in _BLOCKS:
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            marked: list[ast.stmt] = []
            for statement in block:
                if _asserts(statement, _NO_HELPERS):
                    marked.append(ast.copy_location(ast.Expr(_report("assertion", [], statement)), statement))
                marked.append(statement)
            block[:] = marked


def asserting_helpers(tree: ast.Module) -> frozenset[str]:
    """Return the names of functions that reach an assertion whenever they come to their end; with a dot, of methods.

    A test asserts by calling them, and they report (`mark_assertions`). Tests are none of them.
    """
    methods = {id(node) for owner in walk(tree) if isinstance(owner, ast.ClassDef) for node in owner.body}
    functions = [
        ("." * (id(node) in methods) + node.name, node.body)
        for node in walk(tree)
        if isinstance(node, _FUNCTIONS) and not node.name.startswith("test")
    ]
    helpers = _NO_HELPERS
    while True:
        certain = {name for name, body in functions if _is_certain(body, helpers)}
        # A name that several have counts only if all of them assert.
        found = helpers.union(certain.difference(name for name, body in functions if not _is_certain(body, helpers)))
        if found == helpers:
            return helpers
        helpers = found


def may_skip_assertions(body: Sequence[ast.stmt], helpers: frozenset[str] = _NO_HELPERS) -> bool:
    """Return whether a body has assertions, and may come to its end without any of them.

    Not counted are those that say what must not happen (``assert False``, ``self.fail()``), those in an ``except``
    clause, those that depend on the platform alone, and those in a loop over what a function makes of nothing
    (``for x in f([])``), which is rightly empty.

    Args:
        body: the statements.
        helpers: functions that assert (`asserting_helpers`).
    """
    return not _is_certain(body, helpers) and _has_assertions(body, helpers)


def _asserts(statement: ast.stmt, helpers: frozenset[str], *, later: bool = False) -> bool:
    """Return whether a statement, apart from the blocks in it, is or calls an assertion.

    Args:
        statement: the statement.
        helpers: functions that assert.
        later: whether a call counts that need not take place, as in a comprehension.
    """
    if isinstance(statement, ast.Assert):
        return not (isinstance(statement.test, ast.Constant) and not statement.test.value)
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        return False
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and _is_check(node, helpers):
            return True
        if isinstance(node, _LATER) and not later:
            continue
        pending += [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt | ast.ExceptHandler)
        ]
    return False


def _is_check(call: ast.Call, helpers: frozenset[str]) -> bool:
    is_method = isinstance(call.func, ast.Attribute)
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if (name.lower().startswith("assert") and name != "AssertionError") or name in _CHECKS:
        return True
    return bool(helpers) and "." * is_method + name in helpers


class _LaterCalls(ast.NodeTransformer):
    """Has each assertion that is called in an expression, but need not be, report: ``(report, assertion)[1]``."""

    def __init__(self) -> None:
        self._is_later = False

    def visit(self, node: ast.AST) -> Any:
        """Visit a node, and know whether it need not be evaluated."""
        outer, self._is_later = self._is_later, not isinstance(node, ast.stmt) and self._is_later
        self._is_later = self._is_later or isinstance(node, _LATER)
        try:
            return super().visit(node)
        finally:
            self._is_later = outer

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Put the report before an assertion."""
        self.generic_visit(node)
        if not self._is_later or not _is_check(node, _NO_HELPERS):
            return node
        pair = ast.Tuple([_report("assertion", [], node), node], ast.Load())
        one = ast.Subscript(pair, ast.Constant(1), ast.Load())
        for part in (pair, one.slice, one):
            ast.copy_location(part, node)
        return one


def _is_certain(body: Sequence[ast.stmt], helpers: frozenset[str]) -> bool:
    """Return whether a body that comes to its end has reached an assertion."""
    for statement in body:
        if (
            _asserts(statement, helpers)
            or (isinstance(statement, ast.With | ast.AsyncWith) and _is_certain(statement.body, helpers))
            or (isinstance(statement, ast.For) and _has_rounds(statement) and _is_certain(statement.body, helpers))
        ):
            return True
        if any(isinstance(node, ast.Return) for node in walk(statement)):
            return False
    return False


def _has_rounds(loop: ast.For) -> bool:
    """Return whether a loop is over a display that is not empty."""
    leaves = any(isinstance(node, ast.Break | ast.Continue) for node in walk(loop))
    return isinstance(loop.iter, ast.List | ast.Tuple) and bool(loop.iter.elts) and not leaves


def _has_assertions(body: Iterable[ast.stmt], helpers: frozenset[str]) -> bool:
    for statement in body:
        if _asserts(statement, helpers, later=True):
            return True
        if isinstance(statement, ast.If) and _is_platform(statement.test):
            continue
        if isinstance(statement, ast.For) and _is_of_nothing(statement.iter):
            continue
        blocks = [getattr(statement, name, None) or [] for name in _BLOCKS]
        blocks += [clause.body for clause in getattr(statement, "cases", ())]
        if any(_has_assertions(block, helpers) for block in blocks):
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
