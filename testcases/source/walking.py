"""A walk through a syntax tree, as by `ast.walk`, in a third of the time: every new problem waits for several."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["walk"]

_NAMES_WITHOUT_NODES: Final = """
    arg asname attr conversion ctx id is_async kind level module op ops rest simple type_comment type_ignores
"""
_WITHOUT_NODES: Final = frozenset(_NAMES_WITHOUT_NODES.split())
"""Fields that hold no nodes but operators and contexts."""
_LEAVES: Final = (ast.Constant, ast.Name, ast.alias, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal)


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it, those of a level before those of the next; operators and contexts are left out."""
    waiting = [tree]
    for node in waiting:
        for name in _fields(type(node)):
            value = getattr(node, name, None)
            if type(value) is list:
                waiting += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)
        yield node  # last, as by `ast.walk`: whoever takes it may change it


_known: dict[type[ast.AST], tuple[str, ...]] = {}


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the names of the fields of a kind of node that may hold other nodes."""
    fields = _known.get(kind)
    if fields is None:
        is_leaf = issubclass(kind, _LEAVES)
        fields = _known[kind] = () if is_leaf else tuple(name for name in kind._fields if name not in _WITHOUT_NODES)
    return fields
