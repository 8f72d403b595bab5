"""Parsing the Python of a reference. It is the data set's, and trusted; its text is parsed, never run."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from testcases.errors import InvalidFieldError
from testcases.source.pytest_collection import collect
from testcases.source.pytest_unsupported import unsupported_features

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bound_names", "defined_names", "find_prompt_code", "parse", "parse_assertion", "parse_check", "parse_suite"]

_FENCED = re.compile(r"^```(?:python|py)?[ \t]*\n(.*?)^```", re.DOTALL | re.MULTILINE | re.IGNORECASE)


def parse(source: str, field: str) -> ast.Module:
    """Parse the Python of `field`.

    Raises:
        InvalidFieldError: it is no Python, or more than the parser can take.
    """
    try:
        with warnings.catch_warnings():  # bad escape sequences do no harm
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        where = f" (line {error.lineno})" if error.lineno else ""
        raise InvalidFieldError(field, f"is not valid Python: {error.msg}{where}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte, a lone surrogate, deep nesting
        raise InvalidFieldError(field, f"is not valid Python: {type(error).__name__}") from None


def parse_assertion(source: str, field: str) -> ast.Module:
    """Parse a test that fails by raising.

    Raises:
        InvalidFieldError: it is no Python, or no more than expressions, which pass whatever their values are.
    """
    tree = parse(source, field)
    if all(isinstance(statement, ast.Expr) for statement in tree.body):
        raise InvalidFieldError(field, "asserts nothing")
    return tree


def parse_check(source: str, field: str) -> ast.Module:
    """Parse a test that defines ``check(candidate)``.

    Raises:
        InvalidFieldError: it is no Python, or does not define it.
    """
    tree = parse(source, field)
    if "check" not in defined_names(tree):
        raise InvalidFieldError(field, "must define check(candidate)")
    return tree


def parse_suite(source: str, field: str, *, shared: bool = False) -> ast.Module:
    """Parse a pytest or unittest module.

    Args:
        source: of the module.
        field: its path, for errors.
        shared: whether it is to run in one process with the answer.

    Raises:
        InvalidFieldError: it is no Python, defines no test that says anything of an answer, or uses what cannot be had.
    """
    tree = parse(source, field)
    if collect(source).count == 0:
        raise InvalidFieldError(
            field, "defines no test: no function or method whose name starts with test, and that runs"
        )
    for line, feature in unsupported_features(source, shared=shared):
        way_out = "" if unsupported_features(source, shared=True) else '; isolation "shared" can run it'
        raise InvalidFieldError(field, f"line {line}: {feature}{way_out}")
    return tree


def defined_names(tree: ast.Module) -> set[str]:
    """Names of the functions and classes defined at the top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {statement.name for statement in tree.body if isinstance(statement, kinds)}


def bound_names(tree: ast.AST) -> set[str]:
    """Names bound anywhere: imported, assigned, defined, or taken as a parameter."""
    return set(_bindings(tree))


def _bindings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


def find_prompt_code(text: str, *, entry_point: str | None = None) -> str:
    """The Python in a prompt: the text itself, or the first fenced block that will do; empty for prose.

    Args:
        text: a prompt, code or prose.
        entry_point: function the code must define; None takes any code that defines or imports something.
    """
    for candidate in (text, *_FENCED.findall(text)):
        if _is_code(candidate, entry_point):
            return str(candidate)
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
    """Names bound anywhere in a source; none when it is no Python."""
    try:
        return frozenset(bound_names(parse(source, "source")))
    except InvalidFieldError:
        return frozenset()
