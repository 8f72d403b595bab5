"""Parses a source into a syntax tree, or finds the reason why there is none."""

from __future__ import annotations

import ast
import functools
import marshal
import warnings
from dataclasses import dataclass

from sandbox.wire.analysis import AnalysisStatus, one_line

__all__ = ["ParseResult", "fresh_tree", "parse_source", "plain_text", "tree_of"]

FILENAME = "<answer>"


@dataclass(frozen=True, slots=True)
class ParseResult:
    """The tree of a source, or the reason why there is none."""

    status: AnalysisStatus
    detail: str = ""
    tree: ast.Module | None = None
    """Set if the status is ``OK``. It is shared, so it must not be changed."""
    code: bytes = b""
    """The compiled source, marshalled, if the status is ``OK``."""


def parse_source(source: str, max_bytes: int) -> ParseResult:
    """Parse and compile a source. It is text already: a coding cookie is ignored, a byte order mark is dropped.

    Never raises. The process may be killed: there are sources on which the compiler crashes, or takes seconds.
    """
    refusal = _refuse_unparsed(source, max_bytes)
    if refusal is not None:
        return refusal
    try:
        tree = tree_of(source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning does not keep an answer from running
            # Some errors are found by the compiler only, such as `return` outside a function.
            code = marshal.dumps(compile(tree, FILENAME, "exec", dont_inherit=True))
    except SyntaxError as error:
        location = f"line {error.lineno}: " if error.lineno else ""
        return ParseResult(AnalysisStatus.SYNTAX_ERROR, one_line(f"{location}{error.msg}"))
    except ValueError as error:
        return ParseResult(AnalysisStatus.SYNTAX_ERROR, one_line(str(error)))
    except (RecursionError, MemoryError, OverflowError, SystemError) as error:
        # CPython 3.11 and 3.12 raise SystemError for some recursion errors (python/cpython#106905).
        detail = f"too deep or too large for the parser: {type(error).__name__}: {error}"
        return ParseResult(AnalysisStatus.EXHAUSTED, one_line(detail))
    return ParseResult(AnalysisStatus.OK, tree=tree, code=code)


@functools.lru_cache(maxsize=1)
def tree_of(source: str) -> ast.Module:
    """Return the syntax tree of a source; the last one is cached, because analysis and style both need it.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError: there is no tree.
    """
    return fresh_tree(source)


def fresh_tree(source: str) -> ast.Module:
    """Return a syntax tree that the caller may change.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError: there is no tree.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning does not keep an answer from running
        return ast.parse(plain_text(source), FILENAME)


def plain_text(source: str) -> str:
    """Return a source without its byte order mark."""
    return source.removeprefix("\ufeff")


def _refuse_unparsed(source: str, max_bytes: int) -> ParseResult | None:
    """Return the result for a source that must not be given to the parser; ``None`` for others."""
    # Characters first: encoding a huge text would cost what the limit is to save.
    if len(source) > max_bytes:
        return ParseResult(AnalysisStatus.TOO_LARGE, f"{len(source)} characters, more than {max_bytes} bytes")
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        return ParseResult(
            AnalysisStatus.SYNTAX_ERROR, f"line {_line(source, error.start)}: a lone surrogate is not a character"
        )
    if size > max_bytes:
        return ParseResult(AnalysisStatus.TOO_LARGE, f"{size} bytes, more than {max_bytes}")
    if "\0" in source:
        return ParseResult(AnalysisStatus.SYNTAX_ERROR, f"line {_line(source, source.index(chr(0)))}: a null character")
    return None


def _line(source: str, index: int) -> int:
    return source.count("\n", 0, index) + 1
