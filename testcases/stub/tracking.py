"""Test code that counts each time it looks up an object of the stub."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TypeVar

from testcases.source.parsing import NOT_PYTHON, parse_quietly

__all__ = ["SEE_NAME", "tracked"]

SEE_NAME = "__see__"
"""Global by which tracked code finds `testcases.stub.agreeable.AskedCounter.see`."""

_Node = TypeVar("_Node", bound=ast.AST)


@lru_cache(maxsize=64)
def tracked(source: str) -> str:
    """Return test code in which every name, attribute and item that is read passes through `SEE_NAME`.

    Code that is no Python is returned as it is.

    Raises:
        ValueError, RecursionError, MemoryError: the code cannot be written as text again.
    """
    try:
        tree = parse_quietly(source)
    except NOT_PYTHON:
        return source
    return ast.unparse(ast.fix_missing_locations(_Tracker().visit(tree)))


class _Tracker(ast.NodeTransformer):
    """Wraps what is read, but for what is read as text elsewhere: decorators, base classes, annotations, patterns."""

    def _seen(self, node: ast.expr) -> ast.expr:
        node = self._inside(node)
        is_read = isinstance(getattr(node, "ctx", None), ast.Load)
        return ast.Call(ast.Name(SEE_NAME, ast.Load()), [node], []) if is_read else node

    def _inside(self, node: _Node) -> _Node:
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Wrap a name."""
        return self._seen(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Wrap an attribute."""
        return self._seen(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Wrap an item."""
        return self._seen(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave decorators and annotations alone."""
        return self._definition(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Leave decorators and annotations alone."""
        return self._definition(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Leave decorators and bases alone."""
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Leave the annotation alone."""
        node.value = None if node.value is None else self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Leave the annotation alone."""
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        """Leave the pattern alone."""
        node.guard = None if node.guard is None else self.visit(node.guard)
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        """Leave declarations alone."""
        return node

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.args = self.visit(node.args)
        node.body = [self.visit(statement) for statement in node.body]
        return node
