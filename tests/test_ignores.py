"""Ignores of the tools carry their reasons."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
FOLDERS = ("grader", "sandbox", "testcases", "tests", "benchmarks", "deploy")
IGNORE = re.compile(r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w, -]+\])?)\s*(.*)$")
REASON = re.compile(r"(?:-|#|#\s*-)\s*\S.*\w")


def without_reason(source: str) -> list[int]:
    """Return the lines with an ignore that says nothing behind its codes."""
    comments = [
        token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT
    ]
    found = [(token.start[0], IGNORE.match(token.string)) for token in comments]
    return [line for line, match in found if match is not None and not REASON.match(match[1])]


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


def test_every_ignore_carries_its_reason() -> None:
    found = {str(path.relative_to(ROOT)): without_reason(path.read_text("utf-8")) for path in sources()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_an_ignore_without_a_reason_is_found() -> None:
    source = "import a  # noqa: F401\nb = c  # type: ignore[misc]\nd = 1  # noqa: E1, E2 - because\ne = '# noqa'\n"
    assert without_reason(source) == [1, 2]
    assert without_reason("x = 1  # type: ignore[attr-defined, misc]  # a module of C\n") == []
