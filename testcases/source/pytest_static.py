"""Read names, marks and lengths of expressions from the source of a pytest module, without running it."""

from __future__ import annotations

import ast
import builtins
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from testcases.source.parsing import bound_names
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "KEYWORD_ONLY",
    "DecoratorReader",
    "ModuleConstants",
    "call_argument",
    "least_length",
    "module_constants",
    "static_length",
]


ModuleConstants: TypeAlias = "dict[str, ast.expr]"
"""Values of the names that a module binds once and never changes."""

_MUTATING_METHODS = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "popitem", "add", "discard"}
)
_LIBRARIES = frozenset({*sys.stdlib_module_names, "pytest", "numpy", "pandas"})
_SAME_LENGTH = frozenset({"list", "tuple", "sorted", "reversed", "enumerate"})
_MAX_DEPTH = 20


def module_constants(module: ast.Module) -> ModuleConstants:
    """Return the names that a module binds once at its top level and never changes, with their values."""
    # A name that is bound twice, or changed in place anywhere, may have another value when a mark is evaluated. Scopes
    # are ignored: a local of the same name makes a constant unknown, so its cases count as one test.
    bound: Counter[str] = Counter()
    changed: set[str] = set()
    for node in walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                bound[name] += 1
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _MUTATING_METHODS:
                changed.add(name)
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                changed.add(name)
            case ast.AugAssign(target=ast.Name(id=name)):
                changed.add(name)
            case ast.alias(name=name, asname=other):
                bound[other or name.partition(".")[0]] += 1
    constants: ModuleConstants = {}
    for statement in module.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if bound[name] == 1 and name not in changed:
                    constants[name] = value
    return constants


def static_length(value: ast.expr | None, constants: ModuleConstants, depth: int = 0) -> int | None:
    """Return the number of items in the value of an expression; ``None`` if only running it can give that."""
    if depth > _MAX_DEPTH:
        return None
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return _total(items, constants, depth + 1)
        case ast.Set(elts=keys) | ast.Dict(keys=keys) if all(isinstance(key, ast.Constant) for key in keys):
            # Equal keys are one item.
            return len({key.value for key in keys if isinstance(key, ast.Constant)})
        case ast.Constant(value=str() | bytes() as text):
            return len(text)
        case ast.Name(id=name) if name in constants:
            return static_length(constants[name], constants, depth + 1)
        case ast.Call(keywords=[]):
            return _length_of_call(value, constants, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum([static_length(left, constants, depth + 1), static_length(right, constants, depth + 1)])
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int() as times)):
            return _product([static_length(left, constants, depth + 1), max(0, times)])
        case (
            ast.ListComp(generators=[ast.comprehension(iter=inner, ifs=[])])
            | ast.GeneratorExp(generators=[ast.comprehension(iter=inner, ifs=[])])
        ):
            return static_length(inner, constants, depth + 1)
    return None


def least_length(
    value: ast.expr | None, constants: ModuleConstants, is_of_answer: Callable[[str], bool], depth: int = 0
) -> int:
    """Return how many items the value of an expression has at least, if the answer does what it should; at least 1.

    Of ``zip(answer(), [1, 4, 9])`` these are 3: the answer is to return as many as the test expects.

    Args:
        value: the expression.
        constants: names that the module binds once.
        is_of_answer: returns whether a name of the module may mean something of the answer.
        depth: how deep the expression is in another.
    """
    again = (constants, is_of_answer, depth + 1)
    match value:
        case _ if depth > _MAX_DEPTH:
            return 1
        case ast.Name(id=name) if name in constants:
            return least_length(constants[name], *again)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return max(1, sum(not isinstance(item, ast.Starred) for item in items))
        case ast.Call(func=ast.Name(id="zip"), args=parts) if any(
            _uses_answer(part, constants, is_of_answer) for part in parts
        ):
            # A range counts what is there, and may be longer.
            displays = [part for part in parts if isinstance(_resolve(part, constants), ast.List | ast.Tuple)]
            lengths = [static_length(part, constants, depth + 1) or 1 for part in displays]
            return min(lengths, default=1)
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _SAME_LENGTH:
            return least_length(inner, *again)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            known = [static_length(part, constants, depth + 1) or 0 for part in (left, right)]
            return max(1, sum(known))
        case (
            ast.ListComp(generators=[ast.comprehension(iter=inner, ifs=[])])
            | ast.GeneratorExp(generators=[ast.comprehension(iter=inner, ifs=[])])
        ):
            return least_length(inner, *again)
    return 1


def _uses_answer(value: ast.expr, constants: ModuleConstants, is_of_answer: Callable[[str], bool]) -> bool:
    names = {node.id for node in walk(value) if isinstance(node, ast.Name)}
    return any(is_of_answer(name) for name in names) or any(
        _uses_answer(constants[name], {}, is_of_answer) for name in names if name in constants
    )


def _length_of_call(call: ast.Call, constants: ModuleConstants, depth: int) -> int | None:
    lengths = [static_length(part, constants, depth) for part in call.args]
    match call.func:
        case ast.Name(id="range"):
            return _range_length(call.args)
        case ast.Name(id="zip") if lengths:
            known = [length for length in lengths if length is not None]
            return min(known) if len(known) == len(lengths) else None
        case ast.Name(id=name) if name in _SAME_LENGTH and len(lengths) == 1:
            return lengths[0]
        case ast.Attribute(value=inner, attr="items" | "keys" | "values") if not lengths:
            return static_length(inner, constants, depth) if isinstance(_resolve(inner, constants), ast.Dict) else None
        case ast.Attribute(value=ast.Name(id="itertools"), attr="product") | ast.Name(id="product") if lengths:
            return _product(lengths)
    return None


def _resolve(value: ast.expr, constants: ModuleConstants) -> ast.expr:
    return constants.get(value.id, value) if isinstance(value, ast.Name) else value


def _total(items: list[ast.expr], constants: ModuleConstants, depth: int) -> int | None:
    return _sum([static_length(item.value, constants, depth) if isinstance(item, ast.Starred) else 1 for item in items])


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


KEYWORD_ONLY = 10**6
"""Position for `call_argument` of an argument that is passed by its name only."""
_EXCLUDING_MARKS = frozenset({"pytest.mark.skip", "pytest.mark.xfail", "unittest.skip", "unittest.expectedFailure"})
_SKIPS = frozenset({"pytest.skip", "pytest.skip.Exception", "self.skipTest", "unittest.SkipTest"})
_CONDITIONAL_MARKS = frozenset({"pytest.mark.skipif", "unittest.skipIf", "unittest.skipUnless"})


class DecoratorReader:
    """Reader of the decorators in a module; resolves imported names and constants."""

    def __init__(self, module: ast.Module, constants: ModuleConstants) -> None:
        self._constants = constants
        self._paths = dict(_imported_names(module))
        self._bound = bound_names(module)

    def resolve(self, decorators: Sequence[ast.expr]) -> list[ast.expr]:
        """Return decorators with the names of constants replaced by their values, as in ``slow = pytest.mark.skip``."""
        return [self._constants.get(one.id, one) if isinstance(one, ast.Name) else one for one in decorators]

    def decorator_name(self, decorator: ast.expr) -> str | None:
        """Return the full name of a decorator, whether it has arguments or not."""
        return self.full_name(decorator.func if isinstance(decorator, ast.Call) else decorator)

    def full_name(self, node: ast.expr) -> str | None:
        """Return the full name that an expression stands for, such as ``pytest.mark.skip``; ``None`` if it has none."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        # slow = pytest.mark.skip, and later @slow
        if node.id not in self._paths and node.id in self._constants and not parts:
            return self.full_name(self._constants[node.id])
        return ".".join([self._paths.get(node.id, node.id), *reversed(parts)])

    def is_of_answer(self, name: str) -> bool:
        """Return whether a name may mean something of the answer: from a module of its own, or bound by nothing."""
        if name in self._paths:
            return self._paths[name].partition(".")[0] not in _LIBRARIES
        return name not in self._bound and not hasattr(builtins, name)

    def is_excluded(self, decorators: Sequence[ast.expr]) -> bool:
        """Return whether a test is skipped or expected to fail for every answer."""
        for decorator in decorators:
            path = self.decorator_name(decorator)
            if path in _EXCLUDING_MARKS:
                return True
            if isinstance(decorator, ast.Call) and path in _CONDITIONAL_MARKS:
                condition = self.truth(call_argument(decorator, 0, "condition"))
                if condition is (path != "unittest.skipUnless"):
                    return True
        return False

    def skips_itself(self, body: Sequence[ast.stmt]) -> bool:
        """Return whether a test skips itself for every answer, before it does anything else."""
        for statement in body:
            match statement:
                case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import() | ast.ImportFrom():
                    continue
                case ast.If(test=condition) if (truth := self.truth(condition)) is not None:
                    if self.skips_itself(statement.body if truth else statement.orelse):
                        return True
                    if all(isinstance(one, ast.Pass) for one in (statement.body if truth else statement.orelse)):
                        continue
                    return False
                case ast.Expr(value=ast.Call(func=function)) | ast.Raise(exc=ast.Call(func=function)):
                    return self.full_name(function) in _SKIPS
            return False
        return False

    def truth(self, condition: ast.expr | None) -> bool | None:
        """Return the truth of a condition on this interpreter and platform; ``None`` if it may depend on more."""
        match condition:
            case ast.Constant(value=bool() as value):
                return value
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                sides = self._platform(left), self._platform(right)
                if None in sides:
                    return None
                return _compare_platform(operator, *sides)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                truth = self.truth(inner)
                return None if truth is None else not truth
        return None

    def _platform(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=items) if all(isinstance(item, ast.Constant) for item in items):
                return tuple(item.value for item in items if isinstance(item, ast.Constant))
            case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=ast.Constant(value=int() as end))):
                value = self._platform(inner)
                return value[:end] if isinstance(value, tuple) else None
        return {"sys.version_info": tuple(sys.version_info[:3]), "sys.platform": sys.platform, "os.name": "posix"}.get(
            self.full_name(node) or ""
        )


def _imported_names(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or name, name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def call_argument(call: ast.expr | None, position: int, name: str) -> ast.expr | None:
    """Return an argument of a call by its position or its name."""
    if not isinstance(call, ast.Call):
        return None
    if len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _compare_platform(operator: ast.cmpop, left: Any, right: Any) -> bool | None:
    try:
        match operator:
            case ast.Lt():
                return bool(left < right)
            case ast.LtE():
                return bool(left <= right)
            case ast.Gt():
                return bool(left > right)
            case ast.GtE():
                return bool(left >= right)
            case ast.Eq():
                return bool(left == right)
            case ast.NotEq():
                return bool(left != right)
    except TypeError:
        pass
    return None
