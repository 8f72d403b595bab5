"""Detect test code that may have side effects on the process that runs it.

A harness process that has only run code without side effects can serve the next problem, which saves a fork. The code
comes from the data set and is not hostile, so a list of harmless modules and suspect names is enough.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from testcases.source.parsing import try_parse

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["has_side_effects"]

_HARMLESS_MODULES = frozenset(
    [
        "__future__",
        "abc",
        "bisect",
        "cmath",
        "collections",
        "collections.abc",
        "copy",
        "dataclasses",
        "datetime",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "json",
        "math",
        "numbers",
        "numpy",
        "operator",
        "random",
        "re",
        "statistics",
        "string",
        "textwrap",
        "typing",
    ]
)
"""Modules whose only state is caches, or is reset for each spec, as the random state is."""
# Builtins that reach modules, files or attributes without an import or a store that the tree shows.
_SUSPECT_NAMES = frozenset(
    [
        "__builtins__",
        "__import__",
        "breakpoint",
        "compile",
        "delattr",
        "eval",
        "exec",
        "getattr",
        "globals",
        "input",
        "open",
        "setattr",
        "vars",
    ]
)
_SKIPPED_NODES = (ast.Constant, ast.expr_context)
_SUSPECT_ATTRIBUTES = frozenset({"__class__", "__dict__", "__globals__", "__setattr__", "modules", "register"})


@lru_cache(maxsize=1024)
def has_side_effects(source: str) -> bool:
    """Return whether the source may change state that outlives it; True for all code that is not known to be harmless.

    Harmless code imports only modules without lasting state, stores into no attributes but those of its own objects
    (``self.x = ...``), and uses no internals of the interpreter.
    """
    tree = try_parse(source)
    return tree is None or any(map(_is_suspect, _walk(tree)))


def _walk(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of `ast.walk` without constants and contexts.

    It takes less than half the time, and every new problem waits for it.
    """
    waiting: list[ast.AST] = [tree]
    for node in waiting:
        yield node
        for value in vars(node).values():
            if type(value) is list:
                waiting += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, _SKIPPED_NODES):
                waiting.append(value)


def _is_suspect(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(name.name not in _HARMLESS_MODULES for name in names)
        case ast.ImportFrom(module=module):
            return module not in _HARMLESS_MODULES
        case ast.Name(id=name):
            return name in _SUSPECT_NAMES
        # Objects of classes that the code itself defines go when its namespace goes.
        case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
            return False
        case ast.Attribute(attr=name, ctx=context):
            return name in _SUSPECT_ATTRIBUTES or not isinstance(context, ast.Load)
        case _:
            return False
