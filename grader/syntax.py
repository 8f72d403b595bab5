"""The syntax score, and the gate to the credit that needs no test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.analysis import AnalysisStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.analysis import Analysis

__all__ = ["SCORES", "earns_style", "syntax_score", "withheld_because"]

SCORES: Mapping[AnalysisStatus, float] = {
    AnalysisStatus.OK: 1.0,
    AnalysisStatus.SYNTAX_ERROR: 0.0,
    AnalysisStatus.TOO_LARGE: 0.0,
    AnalysisStatus.EXHAUSTED: 0.0,
    AnalysisStatus.INTERNAL: 0.0,
}
"""Score of every status. After ``INTERNAL``, which says nothing about the answer, the sample is to be unscored."""


def syntax_score(analysis: Analysis) -> float:
    """1 when the answer parses and compiles within its limits, else 0; before the gate."""
    return SCORES[analysis.status]


def earns_style(analysis: Analysis) -> bool:
    """Whether the answer may earn syntax and style at all: it says something that could be right."""
    return not withheld_because(analysis)


def withheld_because(analysis: Analysis) -> str:
    """Why syntax and style are withheld, in a line for people; empty when they are not.

    Text that does not compile, that the policy refuses, that lacks the entry point, or whose entry point is a stub
    earns neither: otherwise half the reward would come from writing nothing, neatly.
    """
    if analysis.status is not AnalysisStatus.OK:
        return analysis.detail or f"not read: {analysis.status}"
    if analysis.violations:
        first = analysis.violations[0]
        return f"policy: line {first.line}: {first.message}"
    if not analysis.defines_entry_point:
        return "the entry point is not defined"
    if analysis.is_stub:
        return "the entry point does nothing"
    return ""
