"""Whether the tests of a module hand anything on to one another, as far as the source shows."""

from __future__ import annotations

import ast
from collections import Counter
from functools import lru_cache

from testcases.source.parsing import bound_names, try_parse
from testcases.source.walking import walk

__all__ = ["shares_state"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_CHANGES = frozenset(
    {
        "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse",
        "setdefault", "sort", "update",
    }
)  # fmt: skip


@lru_cache(maxsize=64)
def shares_state(source: str) -> bool:
    """Return whether a function changes what outlives it, or two functions name the same file.

    True in doubt, and for what is no Python.
    """
    tree = try_parse(source)
    if tree is None:
        return True
    functions = [node for node in walk(tree) if isinstance(node, _FUNCTIONS)]
    shared = {"cls", *_module_names(tree)}
    return any(_changes(node, shared) for function in functions for node in walk(function)) or any(
        count > 1 for count in Counter(path for function in functions for path in _paths(function)).values()
    )


def _module_names(tree: ast.Module) -> set[str]:
    outside = ast.Module([node for node in tree.body if not isinstance(node, (*_FUNCTIONS, ast.ClassDef))], [])
    return bound_names(outside) | {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def _changes(node: ast.AST, shared: set[str]) -> bool:
    if isinstance(node, ast.Global):
        return True
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return _root(node) in shared or _is_class_of_self(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        return _root(node.func) in shared
    return False


def _root(node: ast.expr) -> str:
    """Return the name at the start of a chain of attributes and items; empty if there is none."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_class_of_self(node: ast.expr) -> bool:
    """Return whether an expression is ``type(...)`` or ``....__class__``."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type"
    return isinstance(node, ast.Attribute) and node.attr == "__class__"


def _paths(function: ast.AST) -> set[str]:
    """Return the texts in a function that may name a file."""
    constants = (node.value for node in walk(function) if isinstance(node, ast.Constant))
    texts = {value for value in constants if isinstance(value, str) and " " not in value}
    return {text for text in texts if "." in text or "/" in text}
