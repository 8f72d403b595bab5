"""Read from a test module which tests it makes by running code: by factories, lambdas, ``setattr`` or ``globals()``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Function", "NamedTest", "body_of_test", "made_class", "named_tests", "owners_of_rest"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
NamedTest: TypeAlias = "tuple[str, str, ast.expr]"
"""Class that a test is set in, or an empty text; its name; and the expression that makes it."""


def named_tests(body: Sequence[ast.stmt], functions: Mapping[str, Function]) -> Iterator[NamedTest]:
    """Yield the assignments of a module or class that clearly make a test: ``test_one = make(1)``, ``T.test_a = f``.

    Args:
        body: statements that run in any case.
        functions: those that the module defines at its top level, by name.
    """
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                owner = ""
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner), attr=name)], value=value):
                pass
            case ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="setattr"), args=[ast.Name(id=owner), ast.Constant(value=str(name)), value]
                )
            ):
                pass
            case _:
                continue
        if name.startswith("test") and body_of_test(value, functions) is not None:
            yield owner, name, value


def body_of_test(value: ast.expr, functions: Mapping[str, Function]) -> list[ast.stmt] | None:
    """Return the body of the function that an expression clearly makes; empty for a lambda, ``None`` if it is unclear.

    Args:
        value: the expression.
        functions: those that the module defines at its top level, by name.
    """
    match value:
        case ast.Lambda():
            return []
        case ast.Name(id=name) if name in functions and not functions[name].decorator_list:
            return functions[name].body
        case ast.Call(func=ast.Name(id="partial"), args=[inner, *_]):
            return body_of_test(inner, functions)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="functools"), attr="partial"), args=[inner, *_]):
            return body_of_test(inner, functions)
        case ast.Call(func=ast.Name(id=name)) if name in functions and not functions[name].decorator_list:
            returned = _returned(functions[name])
            if isinstance(returned, ast.Lambda):
                return []
            if isinstance(returned, _FUNCTIONS) and not returned.decorator_list:
                return returned.body
    return None


def made_class(value: ast.expr, functions: Mapping[str, Function]) -> ast.ClassDef | None:
    """Return the class that a call clearly makes, such as the base in ``class T(base()):``."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in functions):
        return None
    function = functions[value.func.id]
    returned = None if function.decorator_list else _returned(function)
    return returned if isinstance(returned, ast.ClassDef) and not returned.decorator_list else None


def owners_of_rest(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield class and value of each statement in a loop that sets tests whose names only running it can give.

    The class is empty for tests of the module.
    """
    for statement in body:
        nodes = [statement] if isinstance(statement, ast.Expr | ast.Assign) else []
        if isinstance(statement, ast.For | ast.With):
            nodes = [one for one in _statements_in(statement.body) if isinstance(one, ast.Expr | ast.Assign)]
        names = {
            target.id: node.value
            for node in nodes
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in nodes:
            match node:
                case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=owner), name, value])) if (
                    _is_name_of_test(name, names)
                ):
                    yield owner, value
                case ast.Assign(
                    targets=[
                        ast.Subscript(
                            value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals"), args=[]), slice=name
                        )
                    ],
                    value=value,
                ) if _is_name_of_test(name, names):
                    yield "", value


def _statements_in(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a block and of the loops in it."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.For | ast.With):
            yield from _statements_in(statement.body)


def _is_name_of_test(name: ast.expr, names: Mapping[str, ast.expr]) -> bool:
    """Return whether a text that is put together clearly begins with ``test``."""
    match name:
        case ast.Name(id=variable) if variable in names:
            return _is_name_of_test(names[variable], {})
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text.startswith("test")
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add() | ast.Mod()):
            return text.startswith("test")
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return text.startswith("test")
    return False


def _returned(function: Function) -> ast.Lambda | ast.ClassDef | Function | None:
    """Return the function, lambda or class that a factory makes, if it returns one thing only."""
    returns: list[ast.Return] = []
    pending: list[ast.AST] = [*function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return):
            returns.append(node)
        elif isinstance(node, ast.Yield | ast.YieldFrom):
            return None
        elif not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Lambda)):
            pending += ast.iter_child_nodes(node)
    if len(returns) != 1 or isinstance(function, ast.AsyncFunctionDef):
        return None
    value = returns[0].value
    if isinstance(value, ast.Name):
        made = [
            node for node in function.body if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and node.name == value.id
        ]
        bound = [node for node in walk(function) if isinstance(node, ast.Name) and node.id == value.id]
        return made[0] if len(made) == 1 and all(isinstance(node.ctx, ast.Load) for node in bound) else None
    return value if isinstance(value, ast.Lambda) else None
