"""How many values an expression has, read off its source: data set code is not run to count its tests."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TypeAlias

__all__ = ["Constants", "constants_of", "length_of"]

Constants: TypeAlias = "dict[str, ast.expr]"
"""Values of the names that a module binds once and never changes."""

_MUTATORS = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "popitem", "add", "discard"}
)
_SAME_LENGTH = frozenset({"list", "tuple", "sorted", "reversed", "enumerate"})
_DEEPEST = 20


def constants_of(module: ast.Module) -> Constants:
    """The names of a module that mean the same all the time."""
    bound: Counter[str] = Counter()
    changed: set[str] = set()
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                bound[name] += 1
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _MUTATORS:
                changed.add(name)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                changed.add(name)
            case ast.AugAssign(target=ast.Name(id=name)):
                changed.add(name)
            case ast.alias(name=name, asname=other):
                bound[other or name.partition(".")[0]] += 1
    found: Constants = {}
    for statement in module.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if bound[name] == 1 and name not in changed:
                    found[name] = value
    return found


def length_of(value: ast.expr | None, constants: Constants, depth: int = 0) -> int | None:
    """Number of items of what an expression makes; ``None`` when that takes running it."""
    if depth > _DEEPEST:
        return None
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return _total(items, constants, depth + 1)
        case ast.Set(elts=keys) | ast.Dict(keys=keys) if all(isinstance(key, ast.Constant) for key in keys):
            return len({repr(key.value) for key in keys if isinstance(key, ast.Constant)})
        case ast.Constant(value=str() | bytes() as text):
            return len(text)
        case ast.Name(id=name) if name in constants:
            return length_of(constants[name], constants, depth + 1)
        case ast.Call(keywords=[]):
            return _length_of_call(value, constants, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum([length_of(left, constants, depth + 1), length_of(right, constants, depth + 1)])
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int() as times)):
            return _product([length_of(left, constants, depth + 1), max(0, times)])
        case (
            ast.ListComp(generators=[ast.comprehension(iter=inner, ifs=[])])
            | ast.GeneratorExp(generators=[ast.comprehension(iter=inner, ifs=[])])
        ):
            return length_of(inner, constants, depth + 1)
    return None


def _length_of_call(call: ast.Call, constants: Constants, depth: int) -> int | None:
    lengths = [length_of(part, constants, depth) for part in call.args]
    match call.func:
        case ast.Name(id="range"):
            return _range_length(call.args)
        case ast.Name(id="zip") if lengths:
            known = [length for length in lengths if length is not None]
            return min(known) if len(known) == len(lengths) else None
        case ast.Name(id=name) if name in _SAME_LENGTH and len(lengths) == 1:
            return lengths[0]
        case ast.Attribute(value=inner, attr="items" | "keys" | "values") if not lengths:
            return length_of(inner, constants, depth) if isinstance(_meant(inner, constants), ast.Dict) else None
        case ast.Attribute(value=ast.Name(id="itertools"), attr="product") | ast.Name(id="product") if lengths:
            return _product(lengths)
    return None


def _meant(value: ast.expr, constants: Constants) -> ast.expr:
    return constants.get(value.id, value) if isinstance(value, ast.Name) else value


def _total(items: list[ast.expr], constants: Constants, depth: int) -> int | None:
    return _sum([length_of(item.value, constants, depth) if isinstance(item, ast.Starred) else 1 for item in items])


def _sum(lengths: list[int | None]) -> int | None:
    known = [length for length in lengths if length is not None]
    return sum(known) if len(known) == len(lengths) else None


def _product(lengths: list[int | None]) -> int | None:
    total = 1
    for length in lengths:
        if length is None:
            return None
        total *= length
    return total


def _range_length(bounds: list[ast.expr]) -> int | None:
    numbers: list[int] = []
    for bound in bounds:
        match bound:
            case ast.Constant(value=int() as number):
                numbers.append(number)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
                numbers.append(-number)
            case _:
                return None
    try:
        return len(range(*numbers))
    except (TypeError, ValueError, OverflowError):
        return None
