"""Inspection of a source: the analysis that decides whether it may run, and its style. The source is never run."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from pyflakes.checker import Checker

from sandbox.processes.analyzer.code_lines import (
    code_lines,
    has_dead_code,
    line_units,
    remove_dead_code,
    runs_text,
    weighed_lines,
)
from sandbox.processes.analyzer.entry_point import defines, is_stub
from sandbox.processes.analyzer.literals import returns_literal
from sandbox.processes.analyzer.parsing import fresh_tree, parse_source, plain_text, tree_of
from sandbox.processes.analyzer.policy import check_policy
from sandbox.processes.analyzer.style import compare_formatting, disarm_directives, format_source
from sandbox.wire.analysis import Analysis, AnalysisRequest, AnalysisStatus, Finding, StyleFacts, one_line

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from sandbox.processes.analyzer.code_lines import CodeLine

__all__ = ["MAX_BYTES", "MAX_FINDINGS", "inspect_source", "measure_style"]

MAX_BYTES = 65536
MAX_FINDINGS = 100

_LINE_END = re.compile(r"\r\n?")


def inspect_source(request: AnalysisRequest, *, max_bytes: int = MAX_BYTES) -> Analysis:
    """Analyze a source: parse and compile it, check it against the policy, and look for the entry point.

    Never raises, whatever the source is. But the compiler may crash, or a limit may kill the process. The caller then
    reports the status ``EXHAUSTED``.

    Args:
        request: the source, its policy and its entry point.
        max_bytes: largest source, in UTF-8, that is given to the parser.

    Returns:
        The analysis, without style. Unless the status is ``OK``, only status and detail are set.
    """
    parsed = parse_source(request.source, max_bytes)
    if parsed.tree is None:
        return Analysis(parsed.status, parsed.detail)
    if request.literal and not returns_literal(parsed.tree, request.entry_point):
        return Analysis(AnalysisStatus.SYNTAX_ERROR, "the predicted value is not a literal")
    return Analysis(
        parsed.status,
        violations=check_policy(parsed.tree, request.policy, request.allow_imports),
        defines_entry_point=defines(parsed.tree, request.entry_point),
        is_stub=is_stub(parsed.tree, request.entry_point),
        code=parsed.code,
    )


def measure_style(source: str) -> StyleFacts | None:
    """Measure how a source is written; directives such as ``fmt: off`` and ``noqa`` change nothing.

    Line ends, a byte order mark, and blank lines before and after the code count as transport, not as style.

    Only lines with code count; neither comments nor text do, nor what never runs.

    Returns:
        The facts, or ``None`` if the style cannot be seen: the source runs text as code, or black or pyflakes cannot
        read it, because it is not Python, or too deep for them.
    """
    try:
        tree = tree_of(source)
        if _may_run_text(source) and runs_text(tree):
            return None
        findings = _lint(_without_dead_code(source, tree))
        text = disarm_directives(_LINE_END.sub("\n", plain_text(source)))
        lines = weighed_lines(text, tree)
        formatted = format_source(text)
        comparison = compare_formatting(lines, lines if formatted == text else code_lines(formatted))
    except Exception:  # noqa: BLE001 - linters stumble over odd but valid sources in ways of their own
        return None
    return StyleFacts(
        sum(line.counts and bool(line.text) for line in lines),
        comparison.changed_lines,
        comparison.similarity,
        findings,
        _units_of(findings, lines, line_units(tree, text.count("\n") + 1)) if findings else (),
    )


def _may_run_text(source: str) -> bool:
    # Python reads letters in other forms, such as wide ones, as the plain ones.
    return not source.isascii() or any(word in source for word in ("exec", "eval", "compile"))


def _without_dead_code(source: str, tree: ast.Module) -> ast.Module:
    if not has_dead_code(tree):
        return tree
    # A tree of its own, because the other one is shared.
    own = fresh_tree(source)
    remove_dead_code(own)
    return own


def _units_of(
    findings: Sequence[Finding], lines: Sequence[CodeLine], units: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """Return for each finding the index of the function that it is in, and the number of lines that this has."""
    size = Counter(line.unit for line in lines if line.counts and line.text)
    indices = [units[finding.line] if finding.line < len(units) else 0 for finding in findings]
    return tuple((index, size[index]) for index in indices)


def _lint(tree: ast.Module) -> tuple[Finding, ...]:
    """Return the findings of pyflakes, in the order of the lines."""
    # Explicit, because the default depends on the environment variable PYFLAKES_DOCTEST.
    messages = sorted(Checker(tree, withDoctest=False).messages, key=lambda message: (message.lineno, message.col))
    return tuple(
        Finding(type(message).__name__, message.lineno, one_line(message.message % message.message_args))
        for message in messages[:MAX_FINDINGS]
    )
