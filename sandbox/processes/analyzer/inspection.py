"""The analyst's two questions about a source: may it run, and how is it written. It is read, never run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyflakes.checker import Checker

from sandbox.processes.analyzer.entry_point import defines, is_stub
from sandbox.processes.analyzer.parsing import parse_source, plain_text, tree_of
from sandbox.processes.analyzer.policy import check_policy
from sandbox.processes.analyzer.style import closeness, formatted, without_directives
from sandbox.wire.analysis import Analysis, AnalysisRequest, Finding, StyleFacts, one_line

if TYPE_CHECKING:
    import ast

__all__ = ["MAX_BYTES", "MAX_FINDINGS", "inspect_source", "measure_style"]

MAX_BYTES = 65536
MAX_FINDINGS = 100

_LINE_END = re.compile(r"\r\n?")


def inspect_source(request: AnalysisRequest, *, max_bytes: int = MAX_BYTES) -> Analysis:
    """Read a source: does it parse and compile, does the policy let it run, does it define what it should.

    Never raises, whatever the source is. The process may be killed in it, by a crash of the compiler or by a limit:
    the caller then knows that the source is exhausting.

    Args:
        request: the source, and what to look for.
        max_bytes: largest source, in UTF-8, that is given to the parser.

    Returns:
        The findings, without style. Unless the status is ``OK``, only status and detail say anything.
    """
    reading = parse_source(request.source, max_bytes)
    if reading.tree is None:
        return Analysis(reading.status, reading.detail)
    return Analysis(
        reading.status,
        violations=check_policy(reading.tree, request.policy, request.allow_imports),
        defines_entry_point=defines(reading.tree, request.entry_point),
        is_stub=is_stub(reading.tree, request.entry_point),
    )


def measure_style(source: str) -> StyleFacts | None:
    """Measure how a source is written; directives such as ``fmt: off`` and ``noqa`` change nothing.

    Line ends, a byte order mark, and blank lines before and after the code count as transport, not as style.

    Returns:
        The facts, or ``None`` when black or pyflakes cannot read the source: it is no Python, or too deep for them.
    """
    try:
        findings = _lint(tree_of(source))
        text = without_directives(_LINE_END.sub("\n", plain_text(source)))
        close = closeness(text, formatted(text))
    except Exception:  # noqa: BLE001 - linters stumble over odd but valid sources in ways of their own
        return None
    lines = sum(bool(line.strip()) for line in text.split("\n"))
    return StyleFacts(lines, close.changed_lines, close.similarity, findings)


def _lint(tree: ast.Module) -> tuple[Finding, ...]:
    """What pyflakes finds, in the order of the lines."""
    messages = sorted(Checker(tree, withDoctest=False).messages, key=lambda message: (message.lineno, message.col))
    return tuple(
        Finding(type(message).__name__, message.lineno, one_line(message.message % message.message_args))
        for message in messages[:MAX_FINDINGS]
    )
