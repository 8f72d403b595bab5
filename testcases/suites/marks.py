"""Names and marks in the source of a test module, without running it."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from testcases.suites.sizes import Constants

__all__ = ["KEYWORD_ONLY", "Marks", "argument"]

KEYWORD_ONLY = 10**6
"""Place of an argument that has none."""
_LEFT_OUT = frozenset({"pytest.mark.skip", "pytest.mark.xfail", "unittest.skip", "unittest.expectedFailure"})
_CONDITIONAL = frozenset({"pytest.mark.skipif", "unittest.skipIf", "unittest.skipUnless"})


class Marks:
    """What names mean in a module, and what its decorators say."""

    def __init__(self, module: ast.Module, constants: Constants) -> None:
        self._constants = constants
        self._paths = dict(_imported(module))

    def meant(self, decorators: Sequence[ast.expr]) -> list[ast.expr]:
        """Decorators, where one has a name what that stands for."""
        return [self._constants.get(one.id, one) if isinstance(one, ast.Name) else one for one in decorators]

    def called(self, decorator: ast.expr) -> str | None:
        """Full name of a decorator, called or not."""
        return self.path(decorator.func if isinstance(decorator, ast.Call) else decorator)

    def path(self, node: ast.expr) -> str | None:
        """Full name of what an expression means, when that is something imported."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        if node.id not in self._paths and node.id in self._constants and not parts:
            return self.path(self._constants[node.id])
        return ".".join([self._paths.get(node.id, node.id), *reversed(parts)])

    def is_left_out(self, decorators: Sequence[ast.expr]) -> bool:
        """Whether a test is skipped, or expected to fail, for certain."""
        for decorator in decorators:
            path = self.called(decorator)
            if path in _LEFT_OUT:
                return True
            if isinstance(decorator, ast.Call) and path in _CONDITIONAL:
                condition = self._truth(argument(decorator, 0, "condition"))
                if condition is (path != "unittest.skipUnless"):
                    return True
        return False

    def _truth(self, condition: ast.expr | None) -> bool | None:
        """Whether a condition holds that depends on nothing but this interpreter; ``None`` when it may."""
        match condition:
            case ast.Constant(value=bool() as value):
                return value
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                sides = self._platform(left), self._platform(right)
                if None in sides:
                    return None
                return _compared(operator, *sides)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                truth = self._truth(inner)
                return None if truth is None else not truth
        return None

    def _platform(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=items) if all(isinstance(item, ast.Constant) for item in items):
                return tuple(item.value for item in items if isinstance(item, ast.Constant))
            case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=ast.Constant(value=int() as end))):
                found = self._platform(inner)
                return found[:end] if isinstance(found, tuple) else None
        return {"sys.version_info": tuple(sys.version_info[:3]), "sys.platform": sys.platform, "os.name": "posix"}.get(
            self.path(node) or ""
        )


def _imported(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or name, name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def argument(call: ast.expr | None, place: int, name: str) -> ast.expr | None:
    """An argument of a call, by its place or its name."""
    if not isinstance(call, ast.Call):
        return None
    if len(call.args) > place:
        return call.args[place]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _compared(operator: ast.cmpop, left: Any, right: Any) -> bool | None:
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
