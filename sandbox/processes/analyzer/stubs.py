"""Functions, classes and statements that do nothing: whatever they are given, the outcome is the same.

Nothing here recurses into expressions or statements, so a deep tree cannot exhaust the stack.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sandbox.processes.analyzer.constants import BUILTIN_NAMES, constant_truth, folded, is_literal, names_read, shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FUNCTIONS", "has_no_code", "is_idle_program", "is_stub_function", "is_stub_lambda"]

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_ACTIONS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)
_READS_ALL: Final = frozenset({"locals", "vars", "eval", "exec", "dir", "super"})
"""Names of functions that can read every argument without naming it."""
_READS_INPUT: Final = frozenset({"input", "open", "eval", "exec", "compile", "__import__", "getattr"})
_CONSTRUCTORS: Final = frozenset({"str", "int", "float", "bool", "list", "tuple", "set", "dict", "repr", "chr", "len"})
_ENDS: Final = frozenset({"exit", "quit"})
_CONDITIONS: Final = "<conditions>"
"""Name that stands for all conditions of a function."""
_NOTHING: Final = shape(ast.Constant(None))
_NOT_IMPLEMENTED: Final = ast.Name("NotImplementedError", ast.Load())


@dataclass(slots=True)
class _Flow:
    """All that happens in a function, without what never runs and what leaves nothing behind."""

    outcomes: list[ast.expr | None] = field(default_factory=list)
    """Values that it returns or raises; ``None`` is nothing."""
    conditions: list[ast.expr] = field(default_factory=list)
    effects: list[ast.AST] = field(default_factory=list)
    """What can be noticed outside of it."""
    values: dict[str, list[ast.AST]] = field(default_factory=dict)
    """Values of local names."""
    shared: set[str] = field(default_factory=set)
    """Names that are global or nonlocal."""
    branching: bool = False
    """True while statements are added that may not run."""

    def bind(self, name: str, value: ast.AST) -> None:
        """Add a value of a name."""
        values = self.values.setdefault(name, [])
        values.append(value)
        if self.branching:
            values.append(ast.Name(_CONDITIONS, ast.Load()))

    def depends_on(self, nodes: Iterable[ast.AST | None], names: set[str]) -> bool:
        """Return whether any of the nodes depends on a name, by whatever values of local names."""
        waiting = [node for node in nodes if node is not None]
        seen: set[str] = set()
        while waiting:
            fresh = set(names_read(waiting.pop())) - seen
            if fresh & names:
                return True
            seen |= fresh
            waiting += [value for name in fresh for value in self.values.get(name, ())]
            if _CONDITIONS in fresh:
                waiting += self.conditions
        return False


def is_stub_function(
    function: ast.FunctionDef | ast.AsyncFunctionDef, *, in_class: bool = False, may_be_constant: bool = False
) -> bool:
    """Return whether a function has the same outcome whatever its arguments are, and no effect that depends on them.

    One without arguments is a stub if it returns nothing and has no effect. A function that only calls itself is one.

    Args:
        function: the function.
        in_class: whether it is a method.
        may_be_constant: whether one without arguments is a stub, too, if it returns a constant.
    """
    arguments = _arguments(function.args)
    static = any(isinstance(node, ast.Name) and node.id == "staticmethod" for node in function.decorator_list)
    flow = _flow_of(function.body)
    if not _ends(function.body):
        flow.outcomes.append(None)
    if not in_class and _only_calls(function.body, function.name):
        return True
    takes_any = may_be_constant or len(arguments) > (in_class and not static)
    return _is_stub(flow, _wanted(function.args) or arguments, takes_any=takes_any)


def is_stub_lambda(node: ast.Lambda) -> bool:
    """Return whether a lambda returns a constant, or does not read its arguments."""
    flow = _Flow(outcomes=[folded(node.body)])
    arguments = _wanted(node.args) or _arguments(node.args)
    return is_literal(node.body) or _is_stub(flow, arguments, takes_any=bool(arguments))


def _is_stub(flow: _Flow, arguments: set[str], *, takes_any: bool) -> bool:
    outcomes = {_NOTHING if outcome is None else shape(outcome) for outcome in flow.outcomes}
    if not takes_any:
        raised_or_none = all(outcome is None or _is_nothing(outcome) for outcome in flow.outcomes)
        return raised_or_none and not flow.effects
    names = arguments | _READS_ALL
    # A function of Python itself is a constant as long as it is not called.
    own = [outcome for outcome in flow.outcomes if not isinstance(outcome, ast.Name) or outcome.id not in _READS_ALL]
    if flow.depends_on([*flow.effects, *own], names):
        return False
    decides = len(outcomes) > 1 or bool(flow.effects)
    return not (decides and flow.depends_on(flow.conditions, names))


def _arguments(arguments: ast.arguments) -> set[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {argument.arg for argument in every if argument is not None}


def _wanted(arguments: ast.arguments) -> set[str]:
    """Return the arguments without a default, and those that take any number: an own one could be a constant."""
    with_default = len(arguments.defaults)
    positional = [*arguments.posonlyargs, *arguments.args]
    wanted = positional[: len(positional) - with_default]
    wanted += [name for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value is None]
    wanted += [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return {argument.arg for argument in wanted}


def _is_nothing(outcome: ast.expr) -> bool:
    match outcome:
        case ast.Constant(value=value):
            return value is None or value is ...
        case ast.Name(id="NotImplemented" | "NotImplementedError"):
            return True
        case ast.Call(func=ast.Name(id="NotImplementedError")):
            return True
    return False


def _flow_of(body: Sequence[ast.stmt]) -> _Flow:
    """Return what happens in statements; prints of literals count as effects."""
    flow = _Flow()
    waiting: list[Sequence[ast.stmt]] = [body]
    while waiting:
        for statement in waiting.pop():
            waiting += _add(flow, statement)
            if isinstance(statement, _JUMPS):
                break
        # A value that is bound in a branch or a loop depends on what decides whether it runs, and how often.
        flow.branching = True
    flow.effects += [value for name in flow.shared for value in flow.values.get(name, ())]
    return flow


def _add(flow: _Flow, statement: ast.stmt) -> list[Sequence[ast.stmt]]:
    """Add a statement to the flow, and return the blocks in it that may run."""
    match statement:
        case ast.If() | ast.While() | ast.For() | ast.AsyncFor() | ast.Match():
            return _add_branches(flow, statement)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            for item in items:
                flow.effects.append(item.context_expr)
                _assign(flow, [] if item.optional_vars is None else [item.optional_vars], item.context_expr)
            return [body]
        case ast.Try() | ast.TryStar():
            handlers = [handler.body for handler in statement.handlers]
            return [statement.body, *handlers, statement.orelse, statement.finalbody]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            flow.bind(name, statement)
        case _:
            _add_simple(flow, statement)
    return []


def _add_simple(flow: _Flow, statement: ast.stmt) -> None:
    match statement:
        case ast.Return(value=value):
            flow.outcomes.append(None if value is None else folded(value))
            _add_bindings(flow, value)
        case ast.Raise(exc=None | ast.Call(func=ast.Name(id="NotImplementedError"))):
            flow.outcomes.append(_NOT_IMPLEMENTED)
        case ast.Raise(exc=value):
            flow.outcomes.append(value)
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            flow.shared |= set(names)
        case ast.Expr(value=value):
            _add_bindings(flow, value)
            if any(isinstance(part, _ACTIONS) for part in ast.walk(value)):
                flow.effects.append(value)
        case ast.Delete(targets=targets):
            flow.effects += [target for target in targets if not isinstance(target, ast.Name)]
        case ast.Assign(targets=targets, value=value):
            _assign(flow, targets, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
            _assign(flow, [target], value)


def _add_branches(
    flow: _Flow, statement: ast.If | ast.While | ast.For | ast.AsyncFor | ast.Match
) -> list[Sequence[ast.stmt]]:
    if isinstance(statement, ast.Match):
        _add_condition(flow, statement.subject)
        for case in statement.cases:
            for name in (name for part in ast.walk(case.pattern) for name in _captured(part)):
                flow.bind(name, statement.subject)
        flow.conditions += [case.guard for case in statement.cases if case.guard is not None]
        return [case.body for case in statement.cases]
    condition = statement.test if isinstance(statement, ast.If | ast.While) else statement.iter
    _add_condition(flow, condition)
    if isinstance(statement, ast.For | ast.AsyncFor):
        _assign(flow, [statement.target], condition)
    truth = constant_truth(condition)
    if truth is False:
        return [statement.orelse]
    return [statement.body] if truth and isinstance(statement, ast.If) else [statement.body, statement.orelse]


def _captured(pattern: ast.AST) -> list[str]:
    names = [getattr(pattern, "name", None), getattr(pattern, "rest", None)]
    return [name for name in names if isinstance(name, str)]


def _add_condition(flow: _Flow, condition: ast.expr) -> None:
    flow.conditions.append(condition)
    _add_bindings(flow, condition)


def _add_bindings(flow: _Flow, value: ast.expr | None) -> None:
    """Add the names that are bound inside of an expression."""
    for part in ast.walk(value) if value is not None else ():
        if isinstance(part, ast.NamedExpr):
            flow.bind(part.target.id, part.value)


def _assign(flow: _Flow, targets: Sequence[ast.expr], value: ast.expr) -> None:
    _add_bindings(flow, value)
    for part in (part for target in targets for part in ast.walk(target)):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            flow.bind(part.id, value)
        elif isinstance(part, ast.Attribute | ast.Subscript):
            # What is stored in an object counts with the object: it may be one that is returned.
            flow.effects += [part, value]
    if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(value)):
        flow.effects.append(value)


def _ends(body: Sequence[ast.stmt]) -> bool:
    """Return whether statements certainly end by a return or raise."""
    waiting = [body]
    while waiting:
        block = waiting.pop()
        if any(isinstance(statement, ast.Return | ast.Raise) for statement in block):
            continue
        last = block[-1] if block else None
        if not isinstance(last, ast.If):
            return False
        truth = constant_truth(last.test)
        waiting += [branch for branch, dead in ((last.body, False), (last.orelse, True)) if truth is not dead]
    return True


def _only_calls(body: Sequence[ast.stmt], name: str) -> bool:
    """Return whether all that statements do is call one function."""
    live = [part for part in body if not isinstance(part, ast.Expr) or not isinstance(part.value, ast.Constant)]
    match live:
        case [ast.Return(value=ast.Call(func=ast.Name(id=called)))]:
            return called == name
    return False


def has_no_code(value: ast.expr) -> bool:
    """Return whether an expression is a constant, or an object of Python itself, without code of its own.

    Lambdas in it are its code, unless they are stubs.
    """
    lambdas = [node for node in ast.walk(value) if isinstance(node, ast.Lambda)]
    inner = {name for node in lambdas for name in _arguments(node.args)}
    if not set(names_read(value)) - inner <= BUILTIN_NAMES:
        return False
    return all(is_stub_lambda(node) for node in lambdas)


def is_idle_program(body: Sequence[ast.stmt]) -> bool:
    """Return whether a program does nothing but print literals, and defines nothing that does anything."""
    waiting: list[tuple[Sequence[ast.stmt], bool]] = [(body, False)]
    called: set[str] = set()
    idle: set[str] = set()
    while waiting:
        block, in_class = waiting.pop()
        for statement in block:
            if isinstance(statement, FUNCTIONS):
                if not (is_stub_function(statement, in_class=in_class) or _only_prints(statement)):
                    return False
                idle.add(statement.name)
                continue
            calls = _idle_calls(statement)
            blocks = [statement.body] if isinstance(statement, ast.ClassDef) else _idle_blocks(statement)
            if calls is None or blocks is None:
                return False
            waiting += [(inner, isinstance(statement, ast.ClassDef)) for inner in blocks]
            called |= calls
            if calls & _ENDS or isinstance(statement, ast.Raise):
                break
    return called <= {*idle, *_ENDS, "print"}


def _idle_calls(statement: ast.stmt) -> set[str] | None:
    """Return the function that a statement calls, if at all; ``None`` if it may do something."""
    if not isinstance(statement, ast.Expr):
        return set()
    name = _idle_call(statement.value)
    return None if name is None else {name} - {""}


def _only_prints(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    flow = _flow_of(function.body)
    outcomes = [outcome for outcome in flow.outcomes if outcome is not None and not _is_nothing(outcome)]
    return not outcomes and all(isinstance(part, ast.expr) and _idle_call(part) == "print" for part in flow.effects)


def _idle_call(value: ast.expr) -> str | None:
    """Return the name of the function that an expression calls with constants; empty if it has no call at all."""
    match value:
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            plain = all(_is_plain(part) for part in [*args, *(keyword.value for keyword in keywords)])
            return name if plain else None
        case ast.Call(
            func=ast.Attribute(
                attr="write" | "exit",
                value=ast.Name(id="sys") | ast.Attribute(value=ast.Name(id="sys"), attr="stdout"),
            ),
            args=args,
            keywords=[],
        ):
            return "print" if all(_is_plain(part) for part in args) else None
    return None if any(isinstance(part, _ACTIONS) for part in ast.walk(value)) else ""


def _is_plain(value: ast.expr) -> bool:
    """Return whether a value is a literal, or made of literals by the constructor of a built-in type."""
    parts = list(ast.walk(value))
    if any(isinstance(part, ast.Lambda | ast.comprehension | ast.Attribute | ast.Subscript) for part in parts):
        return False
    return {part.id for part in parts if isinstance(part, ast.Name)} <= _CONSTRUCTORS


def _idle_blocks(statement: ast.stmt) -> list[Sequence[ast.stmt]] | None:
    """Return the blocks of a statement that does nothing by itself; ``None`` for one that may do something."""
    match statement:
        case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Delete() | ast.Global() | ast.Assert():
            return []
        case ast.Expr() | ast.Raise():
            return []
        case ast.AnnAssign(value=None):
            return []
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return [] if has_no_code(value) and not set(names_read(value)) & _READS_INPUT else None
        case ast.If(test=test, body=body, orelse=orelse) if _is_given(test):
            return [body, orelse]
        case ast.While(test=test, body=body, orelse=orelse) if _is_given(test):
            return [body, orelse]
        case ast.For(iter=source, body=body, orelse=orelse) if _is_given(source):
            return [body, orelse]
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            return [body, *(handler.body for handler in handlers), orelse, finalbody]
    return None


def _is_given(value: ast.expr) -> bool:
    """Return whether a value does not depend on the input."""
    return set(names_read(value)) <= (BUILTIN_NAMES | {"__name__"}) - _READS_INPUT
