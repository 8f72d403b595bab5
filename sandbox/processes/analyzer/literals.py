"""Checks whether a source does nothing but return a literal, where a completion must predict a value."""

from __future__ import annotations

import ast

__all__ = ["returns_literal"]

_PARTS = (
    ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Load, ast.UnaryOp, ast.USub, ast.UAdd,
)  # fmt: skip


def returns_literal(tree: ast.Module, name: str | None) -> bool:
    """Return whether the source is one function of that name, without arguments, that returns a literal.

    A literal is what `ast.literal_eval` reads: constants, containers of them, signs, complex numbers and ``set()``. An
    expression would compute what is to be predicted.
    """
    match tree.body:
        case [
            ast.FunctionDef(name=own, body=[ast.Return(value=ast.expr() as value)], decorator_list=[]) as function
        ] if own == name and _takes_nothing(function.args):
            return _is_literal(value)
    return False


def _takes_nothing(arguments: ast.arguments) -> bool:
    return not any((arguments.posonlyargs, arguments.args, arguments.vararg, arguments.kwonlyargs, arguments.kwarg))


def _is_literal(value: ast.expr) -> bool:
    # Not recursive, so a deep tree cannot exhaust the stack.
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Call(func=ast.Name(id="set"), args=[], keywords=[]):
                continue
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=ast.Constant(value=complex())) if _is_number(
                left
            ):
                continue
            case ast.UnaryOp(operand=operand) if not _is_number(operand):
                return False
            case ast.Dict(keys=keys) if None in keys:
                return False
        if not isinstance(node, _PARTS):
            return False
        waiting.extend(ast.iter_child_nodes(node))
    return True


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in {int, float, complex}
