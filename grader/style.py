"""The style score: what black and pyflakes found, as one number. ``docs/style.md`` tells it to users."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from grader.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.analysis import StyleFacts

__all__ = ["DEFAULT_WEIGHTS", "LINT_WEIGHTS", "LintWeight", "StyleWeights", "lint_penalty", "style_score"]


@dataclass(frozen=True, slots=True)
class LintWeight:
    """What one finding of a kind costs."""

    weight: float
    """Penalty, at least 0; a penalty of 1 takes about two thirds of the lint part of a short answer."""
    reason: str


LINT_WEIGHTS: Mapping[str, LintWeight] = MappingProxyType(
    {
        "UndefinedName": LintWeight(1.0, "fails as soon as the line runs"),
        "UndefinedLocal": LintWeight(1.0, "fails as soon as the line runs"),
        "UndefinedExport": LintWeight(0.5, "fails on import of the name"),
        "PercentFormat*": LintWeight(0.5, "fails or prints the wrong text"),
        "StringDotFormat*": LintWeight(0.5, "fails or prints the wrong text"),
        "InvalidPrintSyntax": LintWeight(0.5, "fails: a habit of Python 2"),
        "RaiseNotImplemented": LintWeight(0.5, "raises a TypeError instead"),
        "MultiValueRepeatedKey*": LintWeight(0.5, "one of the two values is lost"),
        "IfTuple": LintWeight(0.5, "always true"),
        "AssertTuple": LintWeight(0.5, "always true"),
        "IsLiteral": LintWeight(0.5, "true or false by accident"),
        "RedefinedWhileUnused": LintWeight(0.4, "the first definition is dead code"),
        "ImportShadowedByLoopVar": LintWeight(0.3, "one name, two meanings"),
        "ForwardAnnotationSyntaxError": LintWeight(0.3, "an annotation that no tool can read"),
        "ImportStarUsed": LintWeight(0.3, "hides where names come from"),
        "ImportStarUsage": LintWeight(0.02, "follows from a star import, once for every name"),
        "UnusedVariable": LintWeight(0.2, "dead code"),
        "UnusedAnnotation": LintWeight(0.2, "dead code"),
        "UnusedIndirectAssignment": LintWeight(0.2, "dead code"),
        "UnusedImport": LintWeight(0.15, "dead code, if harmless"),
        "FStringMissingPlaceholders": LintWeight(0.1, "a needless prefix"),
        "TStringMissingPlaceholders": LintWeight(0.1, "a needless prefix"),
    }
)
"""Penalty of a finding by pyflakes' message class; a star at the end stands for all classes that start so."""


@dataclass(frozen=True, slots=True)
class StyleWeights:
    """How the facts become a score.

    Raises:
        ConfigError: a value is out of its range.
    """

    format_share: float = 0.5
    """Part of the score that black decides, in [0, 1]; pyflakes decides the rest."""
    short_lines: int = 20
    """At least 1. Up to so many lines a finding costs its full weight; in longer answers, proportionally less."""
    unknown_weight: float = 0.25
    """Penalty, at least 0, of findings that `LINT_WEIGHTS` does not list."""

    def __post_init__(self) -> None:
        if not 0 <= self.format_share <= 1:
            raise ConfigError(f"style.format_share is {self.format_share}; it must be in [0, 1]")
        if self.short_lines < 1:
            raise ConfigError(f"style.short_lines is {self.short_lines}; it must be at least 1")
        if not 0 <= self.unknown_weight < math.inf:
            raise ConfigError(f"style.unknown_weight is {self.unknown_weight}; it must be at least 0, and finite")


DEFAULT_WEIGHTS = StyleWeights()


def style_score(facts: StyleFacts | None, weights: StyleWeights = DEFAULT_WEIGHTS) -> float:
    """Score in [0, 1]: exactly 1 when black changes nothing and pyflakes finds nothing.

    Another finding never raises it, a closer format never lowers it, and both change it smoothly.

    Args:
        facts: what was measured; ``None``, what could not be measured, earns 0.
        weights: how the facts count.
    """
    if facts is None:
        return 0.0
    unformatted = 1.0 - min(1.0, max(0.0, facts.similarity))
    unclean = -math.expm1(-lint_penalty(facts, weights))
    loss = weights.format_share * unformatted + (1.0 - weights.format_share) * unclean
    return min(1.0, max(0.0, 1.0 - loss))


def lint_penalty(facts: StyleFacts, weights: StyleWeights = DEFAULT_WEIGHTS) -> float:
    """Sum of what the findings cost, by the size of the source; 0 when there are none."""
    cost = math.fsum(_weight(finding.kind, weights) for finding in facts.findings)
    return cost / max(1.0, facts.lines / weights.short_lines)


def _weight(kind: str, weights: StyleWeights) -> float:
    known = LINT_WEIGHTS.get(kind)
    if known is None:
        families = (LINT_WEIGHTS[name] for name in LINT_WEIGHTS if name.endswith("*") and kind.startswith(name[:-1]))
        known = next(families, None)
    return weights.unknown_weight if known is None else known.weight
