"""The lines of a source that hold code, and how much each of them counts for style.

Comments, text and code that never runs are written at no cost, by the thousand. They must not outweigh the rest.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeGuard

from sandbox.processes.analyzer.constants import BUILTIN_NAMES, constant_truth, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["CodeLine", "code_lines", "has_dead_code", "line_units", "remove_dead_code", "runs_text", "weighed_lines"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_WITH_BLOCKS = (ast.Module, ast.stmt, ast.ExceptHandler, ast.match_case)
_WITH_LINES = (ast.Module, ast.stmt, ast.ExceptHandler, ast.match_case, ast.List, ast.Tuple, ast.Set, ast.Dict)
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_ACTIONS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_VISIBLE_CALLS = frozenset({"print", "input", "exit", "quit", "breakpoint"})
_BUILTINS = ("builtins", "__builtins__")
_RUNNERS = frozenset({"exec", "eval", "compile"})
_BLOCKS: Final = ("body", "orelse", "finalbody")
_TEXT_CHARS: Final = 16
"""Characters of a string that count as part of its line."""
_TEXT_STARTS: Final = frozenset(
    getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)
)
_TEXT_ENDS: Final = frozenset(
    getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)
)
_SILENT: Final = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of a source that is blank or holds code."""

    text: str
    """Text without comments; of a string only the first characters, and of a longer one only its first line."""
    number: int
    """1-based, in the source."""
    counts: bool = True
    """False for code that never runs or leaves nothing behind: flaws in it count, its neatness does not."""
    unit: int = 0
    """Index of the function or class that it belongs to; 0 outside of them."""


def code_lines(source: str) -> list[CodeLine]:
    """Return the lines of a source that are blank or hold code; those with only comments or text are left out.

    Raises:
        tokenize.TokenError, SyntaxError: the source cannot be split into tokens.
    """
    lines = source.split("\n")
    texts: dict[int, str] = {number: "" for number, line in enumerate(lines, 1) if not line.strip()}
    for token in _statements(source):
        texts |= _texts(token, lines)
    return [CodeLine(texts[number], number) for number in sorted(texts)]


@dataclass(frozen=True, slots=True)
class _Token:
    """A token, with an f-string as one."""

    is_text: bool
    start: tuple[int, int]
    end: tuple[int, int]


def _statements(source: str) -> Iterator[list[_Token]]:
    """Yield the tokens of each statement that is more than text."""
    statement: list[_Token] = []
    depth = 0
    start = (0, 0)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        # Since Python 3.12 an f-string is a sequence of tokens; before, it is one.
        if token.type in _TEXT_STARTS:
            start, depth = (token.start if not depth else start), depth + 1
        elif token.type in _TEXT_ENDS:
            depth -= 1
            if not depth:
                statement.append(_Token(is_text=True, start=start, end=token.end))
        elif not depth and token.type not in _SILENT:
            statement.append(_Token(token.type == tokenize.STRING, token.start, token.end))
        if token.type in {tokenize.NEWLINE, tokenize.ENDMARKER}:
            if not all(part.is_text for part in statement):
                yield statement
            statement = []


def _texts(statement: list[_Token], lines: list[str]) -> dict[int, str]:
    """Return the texts of a statement by line, without comments and most of the text in strings."""
    texts: dict[int, str] = {}
    row, column = statement[0].start[0], 0
    at = row
    for token in statement:
        first, last = token.start, token.end
        if first[0] != at:
            row = at = first[0]
            column = 0
        # What follows a text of several lines belongs to the line on which that begins.
        texts[row] = texts.get(row, "") + lines[at - 1][column : first[1]]
        end = last[1] if first[0] == last[0] else len(lines[first[0] - 1])
        shown = lines[first[0] - 1][first[1] : end]
        texts[row] += shown[:_TEXT_CHARS] + shown[-1:] if token.is_text and len(shown) > _TEXT_CHARS else shown
        at, column = last
    return texts


def weighed_lines(source: str, tree: ast.Module) -> list[CodeLine]:
    """Return the lines of a source that are blank or hold code, with the function that each belongs to.

    Raises:
        tokenize.TokenError, SyntaxError: the source cannot be split into tokens.
    """
    lines = code_lines(source)
    last = source.count("\n") + 1
    nodes = list(ast.walk(tree))
    units, idle = _units(nodes, last), _idle_lines(nodes, last)
    return [CodeLine(line.text, line.number, not idle[line.number], units[line.number]) for line in lines]


def line_units(tree: ast.Module, last: int) -> list[int]:
    """Return for each line, up to the last one, the index of the innermost function or class around it; 0 is none."""
    return _units(ast.walk(tree), last)


def _units(nodes: Iterable[ast.AST], last: int) -> list[int]:
    units = [0] * (last + 1)
    definitions = [node for node in nodes if isinstance(node, _DEFINITIONS)]
    # Outer definitions first, so that the inner ones replace them.
    for index, definition in enumerate(definitions, 1):
        first = min([definition.lineno, *(decorator.lineno for decorator in definition.decorator_list)])
        end = min(definition.end_lineno or first, last)
        units[first : end + 1] = [index] * (end + 1 - first)
    return units


def _idle_lines(nodes: Sequence[ast.AST], last: int) -> list[bool]:
    """Return for each line whether all of it never runs, leaves nothing behind, or goes on with constant data."""
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    idle = [False] * (last + 1)
    for node in nodes:
        if not isinstance(node, _WITH_LINES):
            continue
        for first, end in _idle_ranges(node, used):
            idle[first : end + 1] = [True] * (min(end, last) + 1 - first)
    return idle


def _idle_ranges(node: ast.AST, used: set[str]) -> Iterator[tuple[int, int]]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict) and is_literal(node):
        yield node.lineno + 1, node.end_lineno or node.lineno
        return
    for name in _BLOCKS:
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        if name == "body" and _never_enters(node):
            yield node.lineno, node.lineno
            yield from _ranges(block)
        elif name == "orelse" and isinstance(node, ast.If) and constant_truth(node.test) is True:
            yield from _ranges(block)
        else:
            yield from _ranges(statement for statement in block if _leaves_nothing(statement, used))
            ends = (index for index, statement in enumerate(block) if isinstance(statement, _JUMPS))
            yield from _ranges(block[next(ends, len(block)) + 1 :])


def _never_enters(node: ast.AST) -> TypeGuard[ast.If | ast.While | ast.For | ast.AsyncFor]:
    """Return whether the body of a statement never runs."""
    if isinstance(node, ast.If | ast.While):
        return constant_truth(node.test) is False
    return isinstance(node, ast.For | ast.AsyncFor) and constant_truth(node.iter) is False


def has_dead_code(tree: ast.Module) -> bool:
    """Return whether there is anything that `remove_dead_code` removes."""
    return next(_dead_blocks(tree), None) is not None


def remove_dead_code(tree: ast.Module) -> None:
    """Remove what never runs, and mere mentions of names: a linter would take the names there for used."""
    for node, name, block, alive in list(_dead_blocks(tree)):
        empty = ast.copy_location(ast.Pass(), block[0])
        setattr(node, name, alive or ([empty] if name == "body" else []))


def _dead_blocks(tree: ast.Module) -> Iterator[tuple[ast.AST, str, list[ast.stmt], list[ast.stmt]]]:
    """Yield each block with dead code: its node and name there, all of its statements, and those that are alive."""
    for node in ast.walk(tree):
        if not isinstance(node, _WITH_BLOCKS):
            continue
        for name in _BLOCKS:
            block = getattr(node, name, None)
            if not isinstance(block, list) or not block:
                continue
            dead = name == "body" and _never_enters(node)
            if name == "orelse" and isinstance(node, ast.If):
                dead = constant_truth(node.test) is True
            ends = (index for index, statement in enumerate(block, 1) if isinstance(statement, _JUMPS))
            alive = [] if dead else block[: next(ends, len(block))]
            # A docstring stays, because the linter looks for it.
            alive = [part for part in alive if not isinstance(part, ast.Expr) or not _mentions(part.value)]
            if len(alive) != len(block):
                yield node, name, block, alive


def _mentions(value: ast.expr) -> bool:
    """Return whether an expression is only there for the names in it."""
    parts = list(ast.walk(value))
    return any(isinstance(part, ast.Name) for part in parts) and not any(isinstance(part, _ACTIONS) for part in parts)


def _ranges(statements: Iterable[ast.stmt]) -> Iterator[tuple[int, int]]:
    for statement in statements:
        yield statement.lineno, statement.end_lineno or statement.lineno


def _leaves_nothing(statement: ast.stmt, used: set[str]) -> bool:
    """Return whether a statement can be put anywhere, any number of times, without an effect."""
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=args, keywords=[])):
            return name not in _VISIBLE_CALLS and all(is_literal(argument) for argument in args)
        case ast.Expr(value=value):
            return not any(isinstance(part, _ACTIONS) for part in ast.walk(value))
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=other)) if name == other:
            return True
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            return name not in used and (is_literal(value) or isinstance(value, ast.Name))
    return False


def runs_text(tree: ast.Module) -> bool:
    """Return whether a source runs text as code, whose style nobody can see.

    ``exec`` does so, and ``eval`` of a text of the source. But ``eval(input())`` reads a value.
    """
    nodes = list(ast.walk(tree))
    own = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    texts = {name for node in nodes for name in _texts_assigned(node)}
    harmless = {id(node.func) for node in nodes if isinstance(node, ast.Call) and _reads_a_value(node, texts)}
    by_module = any(_names_builtins(node) for node in nodes)
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if name in _RUNNERS - own and id(node) not in harmless:
                return True
            case ast.Attribute(attr=name) | ast.Constant(value=str(name)) if by_module and name in _RUNNERS:
                return True
            case ast.ImportFrom(module="builtins", names=aliases) if any(alias.name in _RUNNERS for alias in aliases):
                return True
    return False


def _names_builtins(node: ast.AST) -> bool:
    """Return whether a node names the module of the built-in functions."""
    match node:
        case ast.Name(id=name) | ast.Constant(value=name) | ast.alias(name=name):
            return name in _BUILTINS
    return False


def _texts_assigned(node: ast.AST) -> list[str]:
    """Return the names that an assignment binds to a text of the source."""
    if isinstance(node, ast.Assign) and is_literal(node.value):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _reads_a_value(call: ast.Call, texts: set[str]) -> bool:
    """Return whether a call is one of ``eval`` or ``compile`` with something that the source does not hold itself."""
    if not isinstance(call.func, ast.Name) or call.func.id == "exec" or not call.args:
        return False
    names = {node.id for node in ast.walk(call.args[0]) if isinstance(node, ast.Name)}
    return bool(names - texts - BUILTIN_NAMES) or "input" in names
