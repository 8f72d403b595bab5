"""Programs whose output does not depend on what they read, by their source.

Whatever is not plain to see counts as dependent. Nothing here recurses into expressions or statements.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from sandbox.processes.analyzer.constants import BUILTIN_NAMES, constant_truth, is_literal, names_read
from sandbox.processes.analyzer.stubs import is_stub_function

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ignores_its_input"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SOURCES: Final = frozenset({"input", "open"})
"""Built-in functions that read."""
_ACTING: Final = frozenset(
    {"breakpoint", "compile", "delattr", "eval", "exec", "getattr", "globals", "help", "locals", "print", "setattr"}
    | {"vars", "__import__"}
)
"""Built-in functions that may do more than return a value."""
_QUIET_METHODS: Final = frozenset(
    {"decode", "read", "readline", "readlines", "replace", "rstrip", "split", "splitlines", "stdin", "strip", "buffer"}
    | {"lower", "upper", "lstrip"}
)
"""Attributes of streams and texts; reading and calling them has no effect but on the stream."""
_MODULE: Final = "sys"


def ignores_its_input(body: Sequence[ast.stmt]) -> bool:
    """Return whether a program prints the same, or nothing, although it reads something, or prints literals by name.

    Functions without arguments are looked into where the program calls them. One that computes a constant and reads
    nothing may be asked for.
    """
    functions = {statement.name: statement for statement in body if isinstance(statement, _FUNCTIONS)}
    program = _Program(functions, {name for name, count in _stores(body).items() if count > 1})
    waiting: list[Sequence[ast.stmt]] = [body]
    while waiting:
        block = waiting.pop()
        called = program.read(block)
        if called is None:
            return False
        for name in called:
            function = functions.pop(name)
            if not _is_plain(function):
                return False
            waiting.append(function.body)
    # Tests may call what the program does not.
    if not all(map(is_stub_function, functions.values())):
        return False
    return (program.has_read or program.has_only_literals) and not program.depends_on_input()


def _is_plain(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    every = function.args
    return isinstance(function, ast.FunctionDef) and not (
        every.posonlyargs or every.args or every.kwonlyargs or every.vararg or every.kwarg
    )


def _stores(body: Sequence[ast.stmt]) -> dict[str, int]:
    """Return how often each name is bound by a definition."""
    count: dict[str, int] = {}
    for statement in body:
        if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
            count[statement.name] = count.get(statement.name, 0) + 1
    return count


class _Program:
    """All names of a program, in whatever scope, with their values, and what it prints."""

    def __init__(self, functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef], unclear: set[str]) -> None:
        self._functions = functions
        self._unclear = unclear
        self._values: dict[str, list[ast.AST]] = {}
        self._printed: list[ast.AST] = []
        """Values that are printed, and conditions on which it depends what is."""
        self.has_read = False
        """True if a part of it reads."""

    @property
    def has_only_literals(self) -> bool:
        """True if it prints, and all its names have literals for values."""
        values = [*self._printed, *(value for values in self._values.values() for value in values)]
        return bool(self._printed) and all(is_literal(node) or isinstance(node, ast.Name) for node in values)

    def depends_on_input(self) -> bool:
        """Return whether anything that is printed depends on what is read, or on what is not known here."""
        waiting, seen = list(self._printed), set[str]()
        while waiting:
            fresh = set(names_read(waiting.pop())) - seen
            if fresh & _SOURCES or fresh & self._unclear or _MODULE in fresh:
                return True
            if not fresh <= BUILTIN_NAMES | self._values.keys() | {"__name__"}:
                return True
            seen |= fresh
            waiting += [value for name in fresh for value in self._values.get(name, ())]
        return False

    def read(self, body: Sequence[ast.stmt]) -> list[str] | None:
        """Take in statements; return the functions that they call by themselves, ``None`` if they may do more."""
        called: list[str] = []
        waiting: list[Sequence[ast.stmt]] = [body]
        while waiting:
            for statement in waiting.pop():
                blocks = self._add(statement, called)
                if blocks is None:
                    return None
                waiting += blocks
        return called

    def _add(self, statement: ast.stmt, called: list[str]) -> list[Sequence[ast.stmt]] | None:
        match statement:
            case ast.FunctionDef(decorator_list=[]) | ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Global():
                return []
            case ast.Break() | ast.Continue() | ast.Return(value=None):
                return []
            case ast.Expr(value=value) | ast.Return(value=ast.expr() as value):
                return [] if self._is_clear(value, called) else None
            case ast.Assign(targets=targets, value=value):
                return [] if self._assign(targets, value) else None
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                return [] if self._assign([target], value) else None
            case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
                self._printed.append(test)
                if not self._is_quiet(test):
                    return None
                return [orelse] if constant_truth(test) is False else [body, orelse]
            case ast.For(target=target, iter=source, body=body, orelse=orelse):
                self._printed.append(source)
                return [body, orelse] if self._assign([target], source) else None
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                return [body, *(handler.body for handler in handlers), orelse, finalbody]
        return None

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> bool:
        for name in (part for target in targets for part in _targets(target)):
            if name is None:
                return False
            self._values.setdefault(name, []).append(value)
        return self._is_quiet(value)

    def _is_clear(self, value: ast.expr, called: list[str]) -> bool:
        """Return whether it is clear what an expression does, which stands alone."""
        match value:
            case ast.Call(func=ast.Name(id="print"), args=args, keywords=keywords):
                parts = [*args, *(keyword.value for keyword in keywords)]
                self._printed += parts
                return all(map(self._is_quiet, parts))
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name in self._functions:
                called.append(name)
                return called.count(name) == 1
        return self._is_quiet(value)

    def _is_quiet(self, value: ast.expr) -> bool:
        """Return whether evaluating an expression has no effect but that it may read."""
        for part in ast.walk(value):
            self.has_read = self.has_read or getattr(part, "id", getattr(part, "attr", "")) in {*_SOURCES, "stdin"}
            if isinstance(part, ast.Lambda | ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr | ast.comprehension):
                return False
            if isinstance(part, ast.Attribute) and part.attr not in _QUIET_METHODS:
                return False
            if isinstance(part, ast.Name) and (part.id in self._functions or part.id in _ACTING):
                return False
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id not in BUILTIN_NAMES:
                return False
        return True


def _targets(target: ast.expr) -> Iterator[str | None]:
    """Yield the names that an assignment binds, and ``None`` for any other target."""
    waiting = [target]
    while waiting:
        match waiting.pop():
            case ast.Name(id=name):
                yield name
            case ast.Tuple(elts=items) | ast.List(elts=items):
                waiting += items
            case ast.Starred(value=inner):
                waiting.append(inner)
            case _:
                yield None
