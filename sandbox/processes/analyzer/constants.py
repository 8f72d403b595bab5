"""Expressions that have the same value whatever a function is given."""

from __future__ import annotations

import ast
import builtins
import operator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["BUILTIN_NAMES", "constant_truth", "folded", "is_literal", "names_read", "shape"]

BUILTIN_NAMES: Final = frozenset(dir(builtins))
_LITERALS = (
    ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Load, ast.UnaryOp, ast.unaryop, ast.JoinedStr,
    ast.FormattedValue, ast.BinOp, ast.operator, ast.BoolOp, ast.boolop, ast.Compare, ast.cmpop, ast.IfExp,
)  # fmt: skip
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def is_literal(node: ast.AST) -> bool:
    """Return whether an expression consists of literals and operators, without names and calls."""
    return all(isinstance(part, _LITERALS) for part in ast.walk(node))


def constant_truth(node: ast.expr) -> bool | None:
    """Return the truth of a condition that is plain to see; ``None`` for any other."""
    negated = False
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node, negated = node.operand, not negated
    match node:
        case ast.Constant(value=value):
            truth = bool(value)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items) | ast.Dict(values=items):
            truth = bool(items)
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
            truth = count > 0
        case ast.Compare(left=ast.Constant(value=left), ops=[op], comparators=[ast.Constant(value=right)]) if (
            compare := _COMPARISONS.get(type(op))
        ):
            try:
                truth = bool(compare(left, right))
            except TypeError:
                return None
        case _:
            return None
    return truth is not negated


def folded(node: ast.expr) -> ast.expr:
    """Return the part of a conditional expression that its constant conditions leave."""
    while True:
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse) if (truth := constant_truth(test)) is not None:
                node = body if truth else orelse
            case ast.IfExp(body=body, orelse=orelse) if shape(body) == shape(orelse):
                node = body
            case ast.BoolOp(op=op, values=[first, *_]) if constant_truth(first) is isinstance(op, ast.Or):
                node = first
            case _:
                return node


def shape(node: ast.AST) -> tuple[object, ...]:
    """Return a value that equal trees have in common, and no others."""
    # Not ast.dump, which recurses. The order is by level; with the numbers of children it determines the tree.
    parts: list[object] = []
    for part in ast.walk(node):
        parts.append(type(part))
        for name, value in ast.iter_fields(part):
            if isinstance(value, list):
                parts.append((name, len(value), *(item for item in value if not isinstance(item, ast.AST))))
            else:
                # Equal numbers of different types are different constants.
                parts.append((name, type(value), None if isinstance(value, ast.AST) else repr(value)))
    return tuple(parts)


def names_read(node: ast.AST) -> Iterator[str]:
    """Yield the names that are read anywhere in a node, in constant conditions only where they count."""
    waiting: list[ast.AST] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.expr):
            current = folded(current)
        if isinstance(current, ast.Name) and isinstance(current.ctx, ast.Load):
            yield current.id
        waiting.extend(ast.iter_child_nodes(current))
