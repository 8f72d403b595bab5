"""``eval``, ``exec`` and ``compile`` of test code, which must not run what the solution has written.

A test of a representation is ``eval(repr(vector)) == vector``. The text is the solution's, and would run in the process
that knows the expected values. So a text is evaluated as it is only if the test's source has it as a constant. All
others may hold literals, operators, and calls of names of the solution and of plain classes, and the numbers, texts and
functions of `math` in a namespace that the test gives on purpose. Nothing else runs, and no variable of the test is
read: it may hold the expected value.
"""

from __future__ import annotations

import ast
import builtins
import collections
import datetime as dt
import decimal
import fractions
import sys
from types import BuiltinFunctionType, CodeType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from testcases.proxies.proxy import Proxy, ProxyType
from testcases.signals import BrokenTestError, RefusedError
from testcases.source.parsing import try_parse
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["EVALUATION", "set_own_sources"]

# Bound here, because test code may patch the built-in ones.
_eval, _exec, _compile = builtins.eval, builtins.exec, builtins.compile
_getframe = sys._getframe  # noqa: SLF001 - a function of the interpreter, documented

_PLAIN_CLASSES: Final = """
    bool bytearray bytes complex dict float frozenset int list range set slice str tuple
"""
_PLAIN: Final[Mapping[str, Any]] = {
    **{name: getattr(builtins, name) for name in _PLAIN_CLASSES.split()},
    **{kind.__name__: kind for kind in (collections.Counter, collections.OrderedDict, collections.deque)},
    **{kind.__name__: kind for kind in (collections.defaultdict, decimal.Decimal, fractions.Fraction)},
    # Not the module, which has others as attributes.
    "datetime": SimpleNamespace(**{name: getattr(dt, name) for name in dt.__all__}),
    "inf": float("inf"), "nan": float("nan"),
}  # fmt: skip
_NODES: Final = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Call, ast.keyword,
    ast.Starred, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice,
)  # fmt: skip
"""No attributes but those of names (`_is_harmless`): a text has ``format``, which reads any attribute of any object."""
_MAX_CHARS: Final = 100_000
_SCALARS: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
_own_texts: set[str] = set()
"""Texts that are constants of the test's source."""
_foreign: WeakSet[CodeType] = WeakSet()
"""Code that was compiled of other texts."""


def set_own_sources(sources: Iterable[str]) -> None:
    """Take the constants of these sources, and of no others, for texts of the test."""
    _own_texts.clear()
    _sources[:] = [source for source in sources if "eval" in source or "exec" in source or "compile" in source]


_sources: list[str] = []


def _is_own(text: Any) -> bool:
    # Read when it is asked for: few tests evaluate anything.
    while _sources:
        tree = try_parse(_sources.pop())
        if tree is not None:
            _own_texts.update(
                node.value for node in walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str
            )
    return type(text) is str and text in _own_texts


def _scope(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the namespaces that a caller two frames up has given, or its own."""
    if given:
        return given
    frame = _getframe(2)
    return frame.f_globals, frame.f_locals


def evaluate(source: Any, /, *scope: Any, **named: Any) -> Any:
    """Do as `eval` does, as far as the text is the test's, or harmless."""
    given = (*scope, *named.values())
    scope = _scope(given)
    is_code = type(source) is CodeType
    if (is_code and source not in _foreign) or _is_own(source):
        return _eval(source, *scope)
    if is_code:
        raise RefusedError("evaluates code that was made of a text of the answer")
    is_given = bool(given) and given[0] is not _getframe(1).f_globals
    return _eval_harmless(source, scope, is_given=is_given)


def _eval_harmless(source: Any, scope: tuple[Any, ...], *, is_given: bool) -> Any:
    text = bytes(source).decode("utf-8", "replace") if type(source) in {bytes, bytearray} else source
    if type(text) is not str or len(text) > _MAX_CHARS:
        raise RefusedError("evaluates what is no text of the test")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (RecursionError, MemoryError):
        # The compiler may still take what is too deep for a tree, so the text must not reach it unseen.
        raise RefusedError("evaluates a text of the answer that is nested too deeply") from None
    names = {**_PLAIN}
    for namespace in scope:
        names |= {
            name: value
            for name, value in dict(namespace or {}).items()
            if _is_of_solution(value) or (is_given and _is_plain(value))
        }
    if not all(_is_harmless(node, names) for node in walk(tree)):
        raise RefusedError(f"evaluates a text that only the answer can have made: {text[:100]!r}")
    return _eval(_compile(tree, "<eval>", "eval", dont_inherit=True), {"__builtins__": {}, **names})


def _is_harmless(node: ast.AST, names: Mapping[str, Any]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return not attribute.startswith("_") and (name == "datetime" or _is_of_solution(names.get(name)))
    return isinstance(node, _NODES)


def _is_plain(value: Any) -> bool:
    """Return whether a value is a scalar or a function of `math`: nothing that leads to anything else."""
    return type(value) in _SCALARS or (type(value) is BuiltinFunctionType and value.__module__ in {"math", "cmath"})


def _is_of_solution(value: Any) -> bool:
    return issubclass(type(value), Proxy) or type(value) is ProxyType


def execute(source: Any, /, *scope: Any, **named: Any) -> None:
    """Do as `exec` does, if the text is the test's."""
    scope = _scope((*scope, *named.values()))
    is_code = type(source) is CodeType
    if not ((is_code and source not in _foreign) or _is_own(source)):
        raise BrokenTestError("a test runs a text that is none of its own")
    _exec(source, *scope)


def compile_text(source: Any, filename: Any, mode: Any, *options: Any, **named: Any) -> Any:
    """Do as `compile` does; what comes of a text that is not the test's can be run by nothing in test code."""
    code = _compile(source, filename, mode, *options, **named)
    if type(code) is CodeType and not _is_own(source):
        _foreign.add(code)
    return code


EVALUATION: Final[Mapping[str, Any]] = {"eval": evaluate, "exec": execute, "compile": compile_text}
"""What test code has in the place of the built-in functions of these names."""
