"""Scores, the reward and the metrics of one answer, from what was observed.

``docs/style.md`` explains the style score to users.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grader.config.settings import Credit, StyleGate
from grader.errors import ConfigError
from grader.extraction import ExtractionRule
from grader.types import Grade, GradeStatus, Metric, MetricType
from sandbox.types import AnalysisStatus
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.config.settings import RewardConfig
    from grader.types import TestResult
    from sandbox.types import Analysis, StyleFacts

__all__ = [
    "DEFAULT_WEIGHTS",
    "LINT_WEIGHTS",
    "METRIC_NAMES",
    "SYNTAX_SCORES",
    "LintWeight",
    "MetricInputs",
    "RewardParts",
    "StyleWeights",
    "build_metrics",
    "functional_credit",
    "lint_penalty",
    "style_score",
    "syntax_score",
    "unscored_grade",
    "weighted_reward",
    "withholding_reason",
]


@dataclass(frozen=True, slots=True)
class RewardParts:
    """What is weighed: each in [0, 1]."""

    syntax: float
    functional: float
    style: float


ZERO_PARTS = RewardParts(0.0, 0.0, 0.0)
"""What a refused answer gets."""


def functional_credit(share: float, credit: Credit, *, constant_share: float = 0.0) -> float:
    """What the functional part is worth, in [0, 1].

    Args:
        share: share of the tests' weights that was earned, in [0, 1] (`testcases.compare.credit.earned_share`).
        credit: the mode.
        constant_share: the share that the best constant answer would earn, in [0, 1].
    """
    match credit:
        case Credit.FRACTION:
            return share
        case Credit.ALL:
            return 1.0 if share == 1.0 else 0.0
        case Credit.ABOVE_CONSTANT:
            if constant_share >= 1.0:
                return 0.0
            return max(0.0, (share - constant_share) / (1.0 - constant_share))


def weighted_reward(parts: RewardParts, config: RewardConfig) -> float:
    """The weighted sum, finite and in [0, 1]."""
    style = parts.style
    if config.style_gate is StyleGate.FUNCTIONAL and parts.functional <= 0.0:
        style = 0.0
    total = config.syntax * parts.syntax + config.functional * parts.functional + config.style * style
    return min(1.0, max(0.0, total)) if math.isfinite(total) else 0.0


SYNTAX_SCORES: Mapping[AnalysisStatus, float] = {
    AnalysisStatus.OK: 1.0,
    AnalysisStatus.SYNTAX_ERROR: 0.0,
    AnalysisStatus.TOO_LARGE: 0.0,
    AnalysisStatus.EXHAUSTED: 0.0,
    AnalysisStatus.INTERNAL: 0.0,
}
"""Score of every status. After ``INTERNAL``, which says nothing about the answer, the sample is to be unscored."""


def syntax_score(analysis: Analysis) -> float:
    """1 when the answer parses and compiles within its limits, else 0; before the gate."""
    return SYNTAX_SCORES[analysis.status]


def withholding_reason(analysis: Analysis) -> str:
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
    cost = math.fsum(_finding_weight(finding.kind, weights) for finding in facts.findings)
    return cost / max(1.0, facts.lines / weights.short_lines)


def _finding_weight(kind: str, weights: StyleWeights) -> float:
    known = LINT_WEIGHTS.get(kind)
    if known is None:
        families = (LINT_WEIGHTS[name] for name in LINT_WEIGHTS if name.endswith("*") and kind.startswith(name[:-1]))
        known = next(families, None)
    return weights.unknown_weight if known is None else known.weight


METRIC_NAMES: tuple[str, ...] = (
    "syntax", "functional", "style",
    "tests_passed", "tests_total", "timeouts", "policy_violation", "code_found", "code_truncated", "stub",
    "extraction_rule", "grader_error", "isolation_tier", "shared_process", "cpu_ms", "peak_mb", "duration_ms",
)  # fmt: skip
"""Every sample has these; the first three are of type ``Reward``."""


@dataclass(frozen=True, slots=True)
class MetricInputs:
    """What is known of a sample besides its tests and parts."""

    extraction_rule: ExtractionRule = ExtractionRule.NONE
    code_truncated: bool = False
    policy_violation: bool = False
    stub: bool = False
    grader_error: bool = False
    isolation_tier: int = 0
    """1 is the lowest tier; 0 when nothing ran."""
    shared_process: bool = False
    """Tests were held in the answer's own process: what passed is weaker evidence."""
    cpu_ms: float = 0.0
    peak_mb: float = 0.0
    duration_ms: float = 0.0


def build_metrics(
    parts: RewardParts, tests: Sequence[TestResult], seen: MetricInputs, *, code_found: bool
) -> tuple[Metric, ...]:
    """The metrics of a sample, in the order of `METRIC_NAMES`."""
    verdicts = [test.verdict for test in tests]
    values = (
        parts.syntax,
        parts.functional,
        parts.style,
        verdicts.count(Verdict.PASSED),
        len(verdicts),
        verdicts.count(Verdict.TIMEOUT),
        seen.policy_violation or Verdict.POLICY in verdicts,
        code_found,
        seen.code_truncated,
        seen.stub,
        list(ExtractionRule).index(seen.extraction_rule),
        seen.grader_error,
        seen.isolation_tier,
        seen.shared_process,
        seen.cpu_ms,
        seen.peak_mb,
        seen.duration_ms,
    )
    rewards = 3
    return tuple(
        Metric(name, float(value), MetricType.REWARD if place < rewards else MetricType.METRIC)
        for place, (name, value) in enumerate(zip(METRIC_NAMES, values, strict=True))
    )


def unscored_grade(sample_id: Any, reason: str) -> Grade:
    """Make the grade of a sample that cannot be read, or whose tests cannot."""
    return Grade(
        sample_id=sample_id,
        status=GradeStatus.UNSCORED,
        reward=None,
        metrics=build_metrics(ZERO_PARTS, (), MetricInputs(grader_error=True), code_found=False),
        reason=reason,
    )
