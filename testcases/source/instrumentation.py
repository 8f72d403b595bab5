"""Instrument test code so that each assertion reports its result and the code goes on.

Test code comes from the data set, and is trusted. Without instrumentation the first failing assertion ends it::

    assert candidate(1) == 2, "one"

becomes, on the same line::

    try:
        __record__.passed(0) if candidate(1) == 2 else __record__.failed(0)
    except BaseException as __record__error__:
        __record__.raised(0, __record__error__)

An assertion that reports is called a site. Two kinds of assertions are not sites:

- ``assert True`` and other truthy constants hold for any answer, and are removed;
- assertions in the body of a ``try`` with handlers, within the same function, stay as they are, because their error may
  be the one that the handlers expect.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypedDict

from testcases.source.comparisons import WATCHED, watch_comparisons
from testcases.source.parsing import NOT_PYTHON, compile_quietly, parse_quietly
from testcases.source.reached import asserting_helpers, mark_assertions, mark_bodies, may_skip_assertions
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType

__all__ = [
    "CAUGHT_NAME",
    "RECORD_NAME",
    "AssertionSite",
    "InstrumentedCode",
    "compile_assertion",
    "compile_marked",
    "compile_test",
    "count_assertions",
    "instrument",
    "prepare",
]

RECORD_NAME: Final = "__record__"
"""Global by which instrumented code finds its recorder (`testcases.kinds.assertion_recorder`)."""
CAUGHT_NAME: Final = "__caught__"
"""Global by which test code finds `testcases.caught.mark_caught`."""

_MAX_TEXT_CHARS = 200
_PREPARED: Final = frozenset({ast.ExceptHandler, ast.Compare, *WATCHED})
_BLOCKS = ("body", "orelse", "finalbody")
_CLAUSES = ("handlers", "cases")


@dataclass(frozen=True, slots=True)
class AssertionSite:
    """An assertion that is counted."""

    line: int
    """Line in the source, from 1."""
    text: str
    """Text of that line, shortened for reports."""
    must_not_be_reached: bool = False
    """True for ``assert False``."""


@dataclass(frozen=True, slots=True)
class InstrumentedCode:
    """Test code whose assertions report to a recorder."""

    code: CodeType
    """Code to execute with `RECORD_NAME`, `CAUGHT_NAME` and `ARGUMENTS_NAME` bound in its globals."""
    sites: tuple[AssertionSite, ...]
    """Sites by the number that each reports."""


# Cached, because a harness process runs the same tests for all answers to a problem.
@lru_cache(maxsize=256)
def instrument(source: str, filename: str = "<test>") -> InstrumentedCode:
    """Compile test code so that every assertion reports instead of ending it.

    The recorder is an object with methods ``passed(site)``, ``failed(site)`` and ``raised(site, error)``;
    what ``raised`` raises ends the code. The message of an assertion is never evaluated. Line numbers stay.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the source cannot be compiled.
    """
    tree = parse_quietly(source, filename)
    prepare(tree)
    rewriter = _Rewriter()
    tree.body = rewriter.block(tree.body, guarded=False)
    return InstrumentedCode(compile_quietly(tree, filename), _sites_at(source, rewriter.lines, rewriter.guards))


@lru_cache(maxsize=256)
def count_assertions(source: str) -> int:
    """Return the number of sites in the source, but at least 1, even if it is not Python."""
    rewriter = _Rewriter()
    try:
        rewriter.block(parse_quietly(source).body, guarded=False)
    except NOT_PYTHON:  # the rewriter recurses too, and may run deeper than the parser
        return 1
    return max(1, len(rewriter.lines))


def _sites_at(source: str, numbers: Iterable[int], guards: set[int]) -> tuple[AssertionSite, ...]:
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return tuple(
        AssertionSite(number, lines[number - 1].strip()[:_MAX_TEXT_CHARS], site in guards)
        for site, number in enumerate(numbers)
    )


class _Location(TypedDict):
    lineno: int
    col_offset: int
    end_lineno: int | None
    end_col_offset: int | None


class _Rewriter:
    """Rewriter of the assertions in nested blocks; numbers the sites in the order of the source."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.guards: set[int] = set()
        """Numbers of the sites that no right answer reaches."""

    def block(self, statements: list[ast.stmt], *, guarded: bool) -> list[ast.stmt]:
        """Rewrite the statements of one block; `guarded` if a handler in the same function catches their errors."""
        return [self._statement(statement, guarded=guarded) for statement in statements]

    def _statement(self, statement: ast.stmt, *, guarded: bool) -> ast.stmt:
        if isinstance(statement, ast.Assert):
            return statement if guarded else self._assertion(statement)
        # A function in a try block is defined there, and called elsewhere: its assertions are not guarded.
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            guarded = False
        caught = guarded or bool(getattr(statement, "handlers", None))
        for name in _BLOCKS:
            nested = getattr(statement, name, None)
            if nested:
                setattr(statement, name, self.block(nested, guarded=caught if name == "body" else guarded))
        for name in _CLAUSES:
            for clause in getattr(statement, name, ()):
                clause.body = self.block(clause.body, guarded=guarded)
        return statement

    def _assertion(self, statement: ast.Assert) -> ast.stmt:
        at = _Location(
            lineno=statement.lineno,
            col_offset=statement.col_offset,
            end_lineno=statement.end_lineno,
            end_col_offset=statement.end_col_offset,
        )
        if isinstance(statement.test, ast.Constant) and statement.test.value:
            return ast.Pass(**at)
        if isinstance(statement.test, ast.Constant):
            self.guards.add(len(self.lines))
        site = ast.Constant(len(self.lines), **at)
        self.lines.append(statement.lineno)
        # In a class body, names with two leading underscores are mangled unless they end with two.
        error = f"{RECORD_NAME}error__"
        report = ast.IfExp(
            statement.test, _recorder_call("passed", [site], at), _recorder_call("failed", [site], at), **at
        )
        caught = _recorder_call("raised", [site, ast.Name(error, ast.Load(), **at)], at)
        handler = ast.ExceptHandler(ast.Name("BaseException", ast.Load(), **at), error, [ast.Expr(caught, **at)], **at)
        return ast.Try([ast.Expr(report, **at)], [handler], [], [], **at)


def _recorder_call(method: str, arguments: list[ast.expr], at: _Location) -> ast.Call:
    recorder = ast.Attribute(ast.Name(RECORD_NAME, ast.Load(), **at), method, ast.Load(), **at)
    return ast.Call(recorder, arguments, [], **at)


def prepare(tree: ast.Module) -> bool:
    """Prepare test code for running in the harness; changes the tree, keeps all line numbers, and returns if it did so.

    - Handlers ask what they may catch, and mark it. Operands of ``is`` are replaced by their originals, because an
      alias is another object (`testcases.caught`).
    - Comparisons see arguments as they were before calls of the solution (`testcases.source.comparisons`).
    """
    # Most nodes of tests are literals, so those that matter are picked once.
    nodes = [node for node in walk(tree) if type(node) in _PREPARED]
    has_changed = watch_comparisons(tree, nodes)
    for node in walk(tree) if has_changed else nodes:
        if isinstance(node, ast.ExceptHandler):
            call = ast.Expr(ast.Call(ast.Name(CAUGHT_NAME, ast.Load()), [], []))
            for part in walk(call):
                ast.copy_location(part, node.body[0])
            node.body.insert(0, call)
            if node.type is not None:
                node.type = _asked("catchable", node.type)
            has_changed = True
        elif isinstance(node, ast.Compare) and any(isinstance(one, ast.Is | ast.IsNot) for one in node.ops):
            operands = [node.left, *node.comparators]
            for place, operator in enumerate(node.ops):
                pair = operands[place : place + 2]
                if isinstance(operator, ast.Is | ast.IsNot) and not any(map(_is_singleton, pair)):
                    operands[place : place + 2] = [_asked("original", operand) for operand in pair]
                    has_changed = True
            node.left, *node.comparators = operands
    return has_changed


def _is_singleton(operand: ast.expr) -> bool:
    return isinstance(operand, ast.Constant)


def _asked(method: str, value: ast.expr) -> ast.expr:
    name = ast.Name(CAUGHT_NAME, ast.Load())
    function = ast.Attribute(name, method, ast.Load())
    call = ast.Call(function, [value], [])
    for part in (name, function, call):
        ast.copy_location(part, value)
    return call


@lru_cache(maxsize=512)
def compile_marked(
    source: str, filename: str, *, bodies: frozenset[int] = frozenset(), assertions: bool = False
) -> CodeType:
    """Compile a module that is prepared for running in the harness (`prepare`).

    Args:
        source: its source.
        filename: its name in tracebacks.
        bodies: lines of the functions whose bodies report that they have run.
        assertions: whether statements with assertions report that they are reached.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: the source cannot be compiled.
    """
    tree = parse_quietly(source, filename)
    has_changed = prepare(tree) or bool(bodies) or assertions
    mark_bodies(tree, bodies)
    if assertions:
        mark_assertions(tree)
    # Compiling text takes less time than compiling a tree built in Python.
    return compile_quietly(tree if has_changed else source, filename)


@lru_cache(maxsize=512)
def compile_assertion(source: str) -> tuple[CodeType, bool]:
    """Compile a test that is run as a module; return also whether it may come to its end without an assertion.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: see `compile_marked`.
    """
    tree = parse_quietly(source)
    may_skip = may_skip_assertions(tree.body, asserting_helpers(tree) if "def " in source else frozenset())
    return compile_marked(source, "<test>", assertions=may_skip), may_skip


@lru_cache(maxsize=512)
def compile_test(source: str) -> CodeType:
    """Compile a test that is prepared for running in the harness (`prepare`).

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: see `compile_marked`.
    """
    return compile_marked(source, "<test>")
