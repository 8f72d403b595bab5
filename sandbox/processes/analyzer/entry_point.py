"""Checks whether a source defines the entry point, and whether the definition is a stub.

Nothing here recurses into expressions, so a deep tree cannot exhaust the stack.
"""

from __future__ import annotations

import ast
import unicodedata
from dataclasses import dataclass
from types import EllipsisType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["defines", "is_stub"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match, ast.IfExp, ast.BoolOp)
_EMPTY_MAKERS = frozenset({"list", "dict", "set", "tuple", "frozenset", "str", "bytes", "int", "float", "bool"})


@dataclass(frozen=True, slots=True)
class Binding:
    """A name, and the node that it is bound to."""

    name: str
    origin: ast.AST | None
    """A definition or an expression; ``None`` if the value is unknown: from an import, an unpacking, a loop."""
    certain: bool
    """True outside branches and loops, where a binding replaces all earlier ones."""


def defines(tree: ast.Module, entry_point: str | None) -> bool:
    """Return whether the tree binds the entry point at its top level, also in ``if``, ``try``, ``with`` and loops.

    ``Class.method`` is bound if the class, or a base class of the same source, binds the method. A name that is bound
    to an unknown value may have any method. ``None`` is always bound.
    """
    return entry_point is None or bool(_resolve(tree, entry_point))


def is_stub(tree: ast.Module, entry_point: str | None) -> bool:
    """Return whether the entry point, as last bound, is a stub.

    * A function is a stub if its body has only docstrings, imports, ``pass``, ``...``, ``raise NotImplementedError``,
      or the return of a constant or an empty container. One without arguments may return a constant but ``None``.
    * A class is a stub if all its methods are, or if it has neither a body nor a base.
    * A name is a stub if it is bound to a constant, or to a lambda that returns one.
    * A program (``None``) is a stub if it has only docstrings, imports, ``pass``, constants and stubs. A function with
      a body is not a stub even if it is never called, because tests may call it.
    """
    if entry_point is None:
        return all(_is_idle(statement) for statement in tree.body)
    bindings = _resolve(tree, entry_point)
    return bool(bindings) and all(_does_nothing(binding, in_class="." in entry_point) for binding in bindings)


def _resolve(tree: ast.Module, entry_point: str) -> list[Binding]:
    """Return the bindings that the entry point may have in the end; empty if it is not bound."""
    # Contest sites ask for a method of a class Solution, and problems name the method only.
    return _resolve_path(tree, entry_point) or _resolve_path(tree, f"Solution.{entry_point}")


def _resolve_path(tree: ast.Module, entry_point: str) -> list[Binding]:
    # Python normalizes identifiers in this way, so the names in the tree are normalized.
    name, *members = unicodedata.normalize("NFKC", entry_point).split(".")
    bindings = _last_bindings(tree.body, name)
    for member in members:
        inner: list[Binding] = []
        for binding in bindings:
            if isinstance(binding.origin, ast.ClassDef):
                inner += _member(tree, binding.origin, member)
            elif binding.origin is None or not _is_constant(binding.origin):
                inner.append(Binding(member, None, binding.certain))
        bindings = inner
    return bindings


def _member(tree: ast.Module, definition: ast.ClassDef, member: str) -> list[Binding]:
    """Return the bindings of a member in a class, or else in its bases of the same source."""
    waiting, seen = [definition], set[str]()
    while waiting:
        current = waiting.pop(0)
        if current.name in seen:
            continue
        seen.add(current.name)
        if bindings := _last_bindings(current.body, member):
            return bindings
        names = [base.id for base in current.bases if isinstance(base, ast.Name)]
        bases = [binding.origin for name in names for binding in _last_bindings(tree.body, name)]
        waiting += [base for base in bases if isinstance(base, ast.ClassDef)]
    return []


def _last_bindings(body: list[ast.stmt], name: str) -> list[Binding]:
    """Return the last certain binding of a name, and the uncertain ones after it."""
    bindings: list[Binding] = []
    for binding in _bindings(body):
        if binding.name == name:
            bindings = [binding] if binding.certain else [*bindings, binding]
    return bindings


def _bindings(body: list[ast.stmt]) -> Iterator[Binding]:
    """Yield every binding in the scope of ``body``, in the order of the text."""
    waiting: list[tuple[ast.AST, bool]] = [(statement, True) for statement in reversed(body)]
    while waiting:
        node, certain = waiting.pop()
        yield from _bound_by(node, certain=certain)
        certain = certain and not isinstance(node, _BRANCHES)
        waiting.extend((child, certain) for child in reversed(_same_scope(node)))


def _bound_by(node: ast.AST, *, certain: bool) -> Iterator[Binding]:
    """Yield the bindings that one node makes by itself."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield Binding(name, node, certain)
        case ast.Assign(targets=targets, value=value):
            yield from (Binding(target.id, value, certain) for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield Binding(name, value, certain)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            yield Binding(name, value, certain)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield Binding(alias.asname or alias.name.partition(".")[0], None, certain)
        case ast.Name(id=name, ctx=ast.Store()) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield Binding(name, None, certain)
        case ast.MatchMapping(rest=str(name)):
            yield Binding(name, None, certain)


def _same_scope(node: ast.AST) -> list[ast.AST]:
    """Return the children of a node that run in its scope, without those that `_bound_by` has handled."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return [*node.decorator_list, node.args]
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *node.keywords]
        case ast.Lambda():
            return [node.args]
        case ast.comprehension():
            return [node.iter, *node.ifs]
        case ast.Assign():
            return [node.value, *(target for target in node.targets if not isinstance(target, ast.Name))]
        case ast.AnnAssign() | ast.NamedExpr():
            return [node.value] if node.value is not None else []
    return list(ast.iter_child_nodes(node))


def _does_nothing(binding: Binding, *, in_class: bool = False) -> bool:
    origin = binding.origin
    match origin:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _is_stub_function(origin, in_class=in_class)
        case ast.ClassDef():
            return _is_stub_class(origin)
        case ast.Lambda():
            return _is_constant(origin.body)
    return origin is not None and _is_constant(origin)


def _is_stub_function(function: ast.FunctionDef | ast.AsyncFunctionDef, *, in_class: bool) -> bool:
    arguments = function.args
    taken = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    static = any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in function.decorator_list)
    takes_any = sum(argument is not None for argument in taken) > (in_class and not static)
    for statement in function.body:
        match statement:
            case ast.Pass() | ast.Import() | ast.ImportFrom():
                continue
            case ast.Return(value=None | ast.Constant(value=None | EllipsisType())):
                continue
            case ast.Return(value=ast.expr() as value) if takes_any and _is_constant(value):
                continue
            case ast.Expr(value=value) if _is_constant(value):
                continue
            case ast.Raise(exc=exc) if _names_not_implemented(exc):
                continue
        return False
    return True


def _is_stub_class(definition: ast.ClassDef) -> bool:
    methods = [b for b in _bindings(definition.body) if isinstance(b.origin, _FUNCTIONS)]
    if methods:
        return all(_does_nothing(method, in_class=True) for method in methods)
    bare = all(isinstance(base, ast.Name) and base.id == "object" for base in definition.bases)
    return bare and all(
        isinstance(statement, ast.Pass) or (isinstance(statement, ast.Expr) and _is_constant(statement.value))
        for statement in definition.body
    )


def _is_idle(statement: ast.stmt) -> bool:
    """Return whether a statement leaves nothing behind that could pass a test."""
    match statement:
        case ast.Pass() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=value):
            return _is_constant(value)
        case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=ast.expr() as value):
            return _is_constant(value)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _is_stub_function(statement, in_class=False)
        case ast.ClassDef():
            return _is_stub_class(statement)
    return False


def _names_not_implemented(raised: ast.expr | None) -> bool:
    if isinstance(raised, ast.Call):
        raised = raised.func
    return isinstance(raised, ast.Name) and raised.id in {"NotImplementedError", "NotImplemented"}


def _is_constant(node: ast.AST) -> bool:
    """Return whether an expression is a literal constant, signed or not, or an empty container."""
    while isinstance(node, ast.UnaryOp):
        node = node.operand
    match node:
        case ast.Constant() | ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]) | ast.JoinedStr(values=[]):
            return True
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
            return name in _EMPTY_MAKERS
        case ast.JoinedStr(values=values):
            return all(isinstance(value, ast.Constant) for value in values)
    return False
