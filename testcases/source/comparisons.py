"""Have one comparison see arguments as they were before the answer was called.

``sort_list(x) == sorted(x)`` is a relation between an argument and a result. An answer that empties its argument, and
returns it, would satisfy it: ``sorted(x)`` is evaluated after the call. So test code becomes::

    __arguments__.end(__arguments__.begin(7), sort_list(x) == sorted(__arguments__.before(7, x)))

where ``before`` returns its value, unless the solution has changed it since ``begin``: then a copy with the former
contents (`testcases.proxies.argument_changes`). Comparisons, arithmetic, and calls with several arguments, such as
``assertEqual``, are treated so where an operand calls something with a name that a later operand uses.

Python's meaning stays where a test means the changed argument:

- in the next statement, and behind ``and`` and ``or``: ``assert f(x) is None and x == [1, 2]``;
- behind ``is``, ``is not`` and ``not in``: ``assert pop(x) not in x``;
- in an operand that is the variable itself, but behind ``in`` and in `assertCountEqual`: ``assertEqual(f(x), x)``.
"""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING, Any, Final

from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ARGUMENTS_NAME", "WATCHED", "watch_comparisons"]

ARGUMENTS_NAME: Final = "__arguments__"
"""Global by which test code finds `testcases.proxies.argument_changes.ARGUMENT_CHANGES`."""

WATCHED: Final = (ast.Compare, ast.BinOp, ast.Call)
"""Kinds of nodes whose operands may be watched."""
_LIVE_OPERATORS = (ast.Is, ast.IsNot, ast.NotIn)
_LIVE_CALLS = frozenset({"assertIs", "assertIsNot", "assertNotIn"})
_COMPUTING_CALLS = frozenset({"assertCountEqual", "assertIn"})
# Of the whole process, because the code of several sources runs at a time.
_numbers = itertools.count()


def watch_comparisons(tree: ast.Module, nodes: Iterable[ast.AST]) -> bool:
    """Rewrite the comparisons of test code; return whether there are any. Line numbers stay.

    Args:
        tree: the test code.
        nodes: its nodes of the kinds `WATCHED`, and others.
    """
    # Few tests have any, and a transformer takes ten times as long as a walk.
    if not any(map(_may_be_watched, nodes)):
        return False
    watcher = _Watcher()
    watcher.visit(tree)
    return watcher.has_changed


def _may_be_watched(node: ast.AST) -> bool:
    """Return whether an operand of a node calls something, and a later one has variables."""
    match node:
        case ast.Compare(left=left, comparators=comparators):
            operands = [left, *comparators]
        case ast.BinOp(left=left, right=right):
            operands = [left, right]
        case ast.Call(func=func, args=args, keywords=keywords):
            operands = [func, *args, *(keyword.value for keyword in keywords)]
        case _:
            return False
    while len(operands) > 1 and not _has(operands[-1], ast.Name):
        operands.pop()
    return any(_has(operand, ast.Call) for operand in operands[:-1])


def _has(operand: ast.expr, kind: type[ast.expr]) -> bool:
    return any(isinstance(node, kind) for node in walk(operand))


class _Watcher(ast.NodeTransformer):
    """Transformer of expressions whose operands call something and use its arguments."""

    def __init__(self) -> None:
        self.has_changed = False

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        operands = [node.left, *node.comparators]
        # An operand that follows one of these operators is left as it is.
        is_live = [False, *(isinstance(operator, _LIVE_OPERATORS) for operator in node.ops)]
        is_computed = [False, *(isinstance(operator, ast.In) for operator in node.ops)]
        number = self._watch(operands, is_live, is_computed)
        node.left, *node.comparators = operands
        return _framed(node, number)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        operands = [node.left, node.right]
        number = self._watch(operands, [False, False], [True, True])
        node.left, node.right = operands
        return _framed(node, number)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        parts = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        number = self._watch(parts, [name in _LIVE_CALLS] * len(parts), [name in _COMPUTING_CALLS] * len(parts))
        count = len(node.args)
        node.args = parts[1 : count + 1]
        for keyword, value in zip(node.keywords, parts[count + 1 :], strict=True):
            keyword.value = value
        return _framed(node, number)

    def _watch(self, operands: list[ast.expr], is_live: Sequence[bool], is_computed: Sequence[bool]) -> int | None:
        """Rewrite operands in place; return the number of the comparison, or ``None`` if there is nothing to watch."""
        number: int | None = None
        passed: set[str] = set()
        arguments: set[str] = set()
        for place, operand in enumerate(operands):
            if passed and not is_live[place] and passed & _names([operand]):
                is_variable = _is_path(operand) or ast.dump(operand) in arguments
                if is_computed[place] or not is_variable:
                    number = next(_numbers) if number is None else number
                    operands[place] = _Reader(number).visit(operand)
            for call in walk(operand):
                if isinstance(call, ast.Call) and not _is_own(call):
                    given = [*call.args, *(keyword.value for keyword in call.keywords)]
                    passed |= _names(given)
                    arguments.update(map(ast.dump, given))
        self.has_changed |= number is not None
        return number


class _Reader(ast.NodeTransformer):
    """Transformer of an operand: it reads variables as they were before the comparison."""

    def __init__(self, number: int) -> None:
        self._number = number

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._before(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        node.value = self.visit(node.value)
        return self._before(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        return self._before(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        # A function is not what its comparison is about, and a method has to be that of the copy.
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        elif not isinstance(node.func, ast.Name):
            node.func = self.visit(node.func)
        if not _is_own(node):
            node.args = [self.visit(argument) for argument in node.args]
            for keyword in node.keywords:
                keyword.value = self.visit(keyword.value)
        elif len(node.args) > 1:
            node.args[1] = self.visit(node.args[1])
        return node

    def _before(self, node: Any) -> ast.expr:
        return _call("before", [ast.Constant(self._number), node], node) if isinstance(node.ctx, ast.Load) else node


def _framed(node: ast.expr, number: int | None) -> ast.expr:
    if number is None:
        return node
    return _call("end", [_call("begin", [ast.Constant(number)], node), node], node)


def _call(method: str, arguments: list[ast.expr], at: ast.expr) -> ast.Call:
    function = ast.Attribute(ast.Name(ARGUMENTS_NAME, ast.Load()), method, ast.Load())
    call = ast.Call(function, arguments, [])
    for part in (function.value, function, call, *(one for one in arguments if not hasattr(one, "lineno"))):
        ast.copy_location(part, at)
    return call


def _is_own(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)):
            return name == ARGUMENTS_NAME
    return False


def _is_path(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names of variables in expressions."""
    return {name.id for node in nodes for name in walk(node) if isinstance(name, ast.Name)} - {ARGUMENTS_NAME}
