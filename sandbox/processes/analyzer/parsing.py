"""Reading a source: text in, tree or reason out."""

from __future__ import annotations

import ast
import functools
import warnings
from dataclasses import dataclass

from sandbox.wire.analysis import AnalysisStatus, one_line

__all__ = ["ParseResult", "parse_source", "plain_text", "tree_of"]

FILENAME = "<answer>"


@dataclass(frozen=True, slots=True)
class ParseResult:
    """A source that was read, or why it was not."""

    status: AnalysisStatus
    detail: str = ""
    tree: ast.Module | None = None
    """Set when the status is ``OK``; shared, so never to be changed."""


def parse_source(source: str, max_bytes: int) -> ParseResult:
    """Parse and compile a source as text: a coding cookie has no say, a byte order mark is dropped.

    Never raises. May be killed: there are sources on which the compiler crashes, or takes seconds.
    """
    refusal = _refuse_unparsed(source, max_bytes)
    if refusal is not None:
        return refusal
    try:
        tree = tree_of(source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the compiler warns of in an answer is no fault of it
            compile(tree, FILENAME, "exec", dont_inherit=True)
    except SyntaxError as error:
        place = f"line {error.lineno}: " if error.lineno else ""
        return ParseResult(AnalysisStatus.SYNTAX_ERROR, one_line(f"{place}{error.msg}"))
    except ValueError as error:
        return ParseResult(AnalysisStatus.SYNTAX_ERROR, one_line(str(error)))
    except (RecursionError, MemoryError, OverflowError, SystemError) as error:
        # SystemError: what CPython 3.11 and 3.12 make of some recursion errors (python/cpython#106905)
        detail = f"too deep or too large for the parser: {type(error).__name__}: {error}"
        return ParseResult(AnalysisStatus.EXHAUSTED, one_line(detail))
    return ParseResult(AnalysisStatus.OK, tree=tree)


@functools.lru_cache(maxsize=1)
def tree_of(source: str) -> ast.Module:
    """The tree of a source; the last one is kept, because one source is looked at several times in a row.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError: there is no tree.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the compiler warns of in an answer is no fault of it
        return ast.parse(plain_text(source), FILENAME)


def plain_text(source: str) -> str:
    """``source`` without a byte order mark."""
    return source.removeprefix("\ufeff")


def _refuse_unparsed(source: str, max_bytes: int) -> ParseResult | None:
    """Why a source is not even parsed; ``None`` when it is."""
    if len(source) > max_bytes:
        return ParseResult(AnalysisStatus.TOO_LARGE, f"{len(source)} characters, more than {max_bytes} bytes")
    try:
        size = len(source.encode())
    except UnicodeEncodeError as error:
        return ParseResult(
            AnalysisStatus.SYNTAX_ERROR, f"line {_line(source, error.start)}: a lone surrogate is no character"
        )
    if size > max_bytes:
        return ParseResult(AnalysisStatus.TOO_LARGE, f"{size} bytes, more than {max_bytes}")
    if "\0" in source:
        return ParseResult(AnalysisStatus.SYNTAX_ERROR, f"line {_line(source, source.index(chr(0)))}: a null character")
    return None


def _line(source: str, place: int) -> int:
    return source.count("\n", 0, place) + 1
