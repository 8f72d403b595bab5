"""Checks whether a source defines the entry point, and whether the definition is a stub.

Nothing here recurses into expressions, so a deep tree cannot exhaust the stack.
"""

from __future__ import annotations

import ast
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.processes.analyzer.constants import constant_truth, is_literal
from sandbox.processes.analyzer.idle_programs import ignores_its_input
from sandbox.processes.analyzer.stubs import FUNCTIONS, has_no_code, is_idle_program, is_stub_function, is_stub_lambda

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["defines", "is_stub"]

_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match, ast.IfExp, ast.BoolOp)


@dataclass(frozen=True, slots=True)
class Binding:
    """A name, and the node that it is bound to."""

    name: str
    origin: ast.AST | None
    """A definition, an import, an expression or a deletion; ``None`` if the value is unknown: from an unpacking or a
    loop."""
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

    * A function is a stub if it has the same outcome whatever its arguments are: it does not read them, or nothing
      comes of it. One without arguments may return a constant but ``None``.
    * A class is a stub if all its methods are, or if it has neither a body nor a base.
    * A name is a stub if it is bound to a constant, to a lambda that is one, or to an object of Python or of a module.
    * A program (``None``) is a stub if it has only imports, constants and stubs, and prints no more than literals; or
      if it reads, and prints nothing that depends on that. A function with a body is not a stub even if it is never
      called, because tests may call it.
    """
    if entry_point is None:
        return is_idle_program(tree.body) or ignores_its_input(tree.body)
    bindings = _resolve(tree, entry_point)
    in_class = "." in entry_point or not _resolve_path(tree, entry_point)
    return bool(bindings) and all(_does_nothing(tree, binding, in_class=in_class) for binding in bindings)


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
            elif isinstance(binding.origin, ast.Import | ast.ImportFrom):
                inner.append(Binding(member, binding.origin, binding.certain))
            elif binding.origin is None or not isinstance(binding.origin, ast.expr) or not is_literal(binding.origin):
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
        if binding.name != name:
            continue
        match binding.origin:
            case ast.Delete():
                bindings = [] if binding.certain else bindings
            case ast.Name(id=other) if other == name:
                continue  # the name is bound to what it is bound to
            case _:
                bindings = [binding] if binding.certain else [*bindings, binding]
    return [aliased for binding in bindings for aliased in _aliased(body, binding)]


def _aliased(body: list[ast.stmt], binding: Binding) -> list[Binding]:
    """Return the bindings of the name that a name is bound to, or else the binding itself."""
    if not isinstance(binding.origin, ast.Name):
        return [binding]
    by_name: dict[str, list[Binding]] = {}
    for other in _bindings(body):
        by_name.setdefault(other.name, []).append(other)
    waiting, seen = [binding.origin.id], set[str]()
    found: list[Binding] = []
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for other in by_name.get(name, ()):
            if not isinstance(other.origin, ast.Name):
                found.append(Binding(binding.name, other.origin, binding.certain))
            else:
                waiting.append(other.origin.id)
    return found or [binding]


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
                yield Binding(alias.asname or alias.name.partition(".")[0], node, certain)
        case ast.Delete(targets=targets):
            yield from (Binding(target.id, node, certain) for target in targets if isinstance(target, ast.Name))
        case ast.Name(id=name, ctx=ast.Store()) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield Binding(name, None, certain)
        case ast.MatchMapping(rest=str(name)):
            yield Binding(name, None, certain)


def _same_scope(node: ast.AST) -> list[ast.AST]:
    """Return the children of a node that run in its scope, without those that `_bound_by` has handled."""
    match node:
        case ast.If(test=test, orelse=orelse) if constant_truth(test) is False:
            return [*orelse]
        case ast.While(test=test, orelse=orelse) if constant_truth(test) is False:
            return [*orelse]
        case ast.For(iter=source, orelse=orelse) if constant_truth(source) is False:
            return [*orelse]
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


def _does_nothing(tree: ast.Module, binding: Binding, *, in_class: bool = False) -> bool:
    origin = binding.origin
    match origin:
        case None:
            return False
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not _dispatches(origin) and is_stub_function(origin, in_class=in_class)
        case ast.ClassDef():
            return _is_stub_class(tree, origin)
        case ast.Lambda():
            return is_stub_lambda(origin)
    return isinstance(origin, ast.expr) and (has_no_code(origin) or _is_rebound(tree, origin))


def _dispatches(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether other functions are registered to do the work."""
    names = {part.id for node in function.decorator_list for part in ast.walk(node) if isinstance(part, ast.Name)}
    names |= {
        part.attr for node in function.decorator_list for part in ast.walk(node) if isinstance(part, ast.Attribute)
    }
    return bool(names & {"singledispatch", "singledispatchmethod"})


def _is_rebound(tree: ast.Module, value: ast.expr) -> bool:
    """Return whether a value is an object of a module by another name: ``math.gcd``, ``getattr(math, "gcd")``."""
    while True:
        match value:
            case ast.Attribute(value=owner) | ast.Subscript(value=owner):
                value = owner
            case ast.Call(func=ast.Name(id="getattr" | "vars"), args=[owner, *_]):
                value = owner
            case ast.Call(func=ast.Attribute(attr="partial") | ast.Name(id="partial"), args=[owner], keywords=[]):
                value = owner
            case ast.Name(id=name):
                bindings = _last_bindings(tree.body, name)
                imported = all(isinstance(b.origin, ast.Import | ast.ImportFrom) for b in bindings)
                return imported if bindings else has_no_code(value)
            case _:
                return has_no_code(value)


def _is_stub_class(tree: ast.Module, definition: ast.ClassDef) -> bool:
    methods = [b for b in _bindings(definition.body) if isinstance(b.origin, FUNCTIONS)]
    if methods:
        does_nothing = all(_does_nothing(tree, method, in_class=True) for method in methods)
        return (does_nothing or _has_only_constants(definition)) and not _is_derived_from(tree, definition)
    bases = [base.id for base in definition.bases if isinstance(base, ast.Name) and base.id != "object"]
    is_bare = all(isinstance(base, ast.Name) and base.id == "object" for base in definition.bases)
    # Python names functions so (PEP 8): it stands where a function was asked for.
    like_function = definition.name[:1].islower() and not definition.decorator_list
    if not is_bare and (not like_function or any(_last_bindings(tree.body, base) for base in bases)):
        return False
    return all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and has_no_code(statement.value))
        or (is_bare and like_function and _is_data(statement))
        for statement in definition.body
    )


def _is_derived_from(tree: ast.Module, definition: ast.ClassDef) -> bool:
    """Return whether a class of the source does in the place of this one what this leaves open."""
    return any(
        isinstance(statement, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == definition.name for base in statement.bases)
        and any(isinstance(part, FUNCTIONS) and not is_stub_function(part, in_class=True) for part in statement.body)
        for statement in tree.body
    )


def _has_only_constants(definition: ast.ClassDef) -> bool:
    """Return whether a class has several methods, one with arguments, and all of them do nothing or return constants.

    One with methods that take nothing may be asked for: ``def sound(self): return "Woof"``.
    """
    methods = [statement for statement in definition.body if isinstance(statement, FUNCTIONS)]
    takes_any = any(len(method.args.args) > 1 for method in methods)
    if len(methods) == 1 or not takes_any or definition.bases or definition.decorator_list:
        return False
    plain = all(not method.decorator_list for method in methods)
    return plain and all(is_stub_function(method, in_class=True, may_be_constant=True) for method in methods)


def _is_data(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return has_no_code(value)
    return False
