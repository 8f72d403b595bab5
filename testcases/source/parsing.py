"""Parse and compile Python of a data set, and find the names in it. Nothing is run here."""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from testcases.errors import InvalidFieldError
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType

__all__ = [
    "NOT_PYTHON",
    "bound_names",
    "bound_names_in",
    "compile_quietly",
    "defined_names",
    "find_prompt_code",
    "free_names",
    "imported_modules",
    "parse",
    "parse_assertion",
    "parse_check",
    "parse_quietly",
    "try_parse",
]

# A null byte is a SyntaxError or a ValueError by version; a lone surrogate is a UnicodeEncodeError, a ValueError. Deep
# nesting ends in a RecursionError or, where the parser's own stack is full, in a MemoryError.
NOT_PYTHON: Final = (SyntaxError, ValueError, RecursionError, MemoryError)
"""Errors of `ast.parse` and `compile` for text that is not Python, or more than they can take."""

_BUILTINS = frozenset(vars(builtins))

_FENCED = re.compile(r"^```(?:python|py)?[ \t]*\n(.*?)^```", re.DOTALL | re.MULTILINE | re.IGNORECASE)


def parse_quietly(source: str, filename: str = "<unknown>") -> ast.Module:
    """Parse Python without warnings.

    Parsing warns of bad escape sequences, of ``x is 1`` and the like. Neither is a fault of the answer, and under
    ``-W error`` a warning would take the place of the tree.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: see `NOT_PYTHON`.
    """
    with warnings.catch_warnings():
        # Warnings are about the data set's code, such as invalid escapes in it, and nobody here can mend that.
        warnings.simplefilter("ignore")
        return ast.parse(source, filename)


# A few, because several readers look at the tests of a problem one after the other. Whoever changes a tree parses anew.
@lru_cache(maxsize=16)
def _shared_tree(source: str) -> ast.Module:
    return parse_quietly(source)


def try_parse(source: str) -> ast.Module | None:
    """Parse Python without warnings, for a reader: the tree is shared, and must not be changed.

    Returns:
        The tree; ``None`` for text that is not Python.
    """
    try:
        return _shared_tree(source)
    except NOT_PYTHON:
        return None


def compile_quietly(source: str | ast.Module, filename: str) -> CodeType:
    """Compile a module without warnings, and without the ``__future__`` imports of the module that calls.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: see `NOT_PYTHON`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `parse_quietly`
        return compile(source, filename, "exec", dont_inherit=True)


def parse(source: str, field: str) -> ast.Module:
    """Parse the Python of `field`, for a reader: the tree is shared, and must not be changed.

    Raises:
        InvalidFieldError: it is not Python, or more than the parser can take.
    """
    try:
        return _shared_tree(source)
    except SyntaxError as error:
        line = f" (line {error.lineno})" if error.lineno else ""
        raise InvalidFieldError(field, f"is not valid Python: {error.msg}{line}") from None
    except NOT_PYTHON as error:
        raise InvalidFieldError(field, f"is not valid Python: {type(error).__name__}") from None


def parse_assertion(source: str, field: str) -> ast.Module:
    """Parse a test that fails by raising an error.

    Raises:
        InvalidFieldError: it is not Python, or consists of expressions, which pass whatever their values are.
    """
    tree = parse(source, field)
    if all(isinstance(statement, ast.Expr) for statement in tree.body):
        raise InvalidFieldError(field, "asserts nothing")
    return tree


def parse_check(source: str, field: str) -> ast.Module:
    """Parse a test that defines ``check(candidate)``.

    Raises:
        InvalidFieldError: it is not Python, or does not define it.
    """
    tree = parse(source, field)
    if "check" not in defined_names(tree):
        raise InvalidFieldError(field, "must define check(candidate)")
    return tree


def defined_names(tree: ast.Module) -> set[str]:
    """Return the names of the functions and classes defined at the top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {statement.name for statement in tree.body if isinstance(statement, kinds)}


def bound_names(tree: ast.AST) -> set[str]:
    """Return the names bound anywhere: imported, assigned, defined, or used as a parameter."""
    return set(_bindings(walk(tree)))


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name is not None:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest is not None:
            yield node.rest


def find_prompt_code(text: str, *, entry_point: str | None = None) -> str:
    """Return the Python in a prompt: the text itself, or the first fenced block that is code; empty for prose.

    Args:
        text: a prompt, code or prose.
        entry_point: function that the code must define; ``None`` accepts any code that binds a name.
    """
    # Prose of one word parses as Python, so code is what binds a name (see _is_code).
    for source in (text, *_FENCED.findall(text)):
        if _is_code(source, entry_point):
            return str(source)
    return ""


def _is_code(text: str, entry_point: str | None) -> bool:
    try:
        tree = parse(text, "prompt")
    except InvalidFieldError:
        return False
    if entry_point is not None:
        return entry_point in defined_names(tree)
    return bool(bound_names(tree))


def bound_names_in(source: str) -> frozenset[str]:
    """Return the names bound anywhere in a source; none when it is not Python."""
    tree = try_parse(source)
    return frozenset() if tree is None else frozenset(bound_names(tree))


@lru_cache(maxsize=512)
def free_names(source: str) -> frozenset[str]:
    """Return the names that test code uses and does not bind itself; none when it is not Python."""
    tree = try_parse(source)
    if tree is None:
        return frozenset()
    # One pass by exact types: every new problem waits for it.
    used: set[str] = set()
    others: list[ast.AST] = []
    for node in walk(tree):
        if type(node) is ast.Name and type(node.ctx) is not ast.Store:
            used.add(node.id)
        elif type(node) is not ast.Constant:
            others.append(node)
    return frozenset(used.difference(_bindings(others), _BUILTINS))


def imported_modules(source: str) -> frozenset[str]:
    """Return the names of the modules that a source imports, or may import from a package; none if it is not Python."""
    tree = try_parse(source)
    names: set[str] = set()
    for node in () if tree is None else walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names} | {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)
