"""Compute the scores, the reward and the metrics of one answer from its analysis and its test results.

``docs/style.md`` explains the style score to users.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grader.config.settings import Credit, RewardPreset, StyleGate
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
    """The parts of a reward, each in [0, 1]."""

    syntax: float
    functional: float
    style: float


ZERO_PARTS = RewardParts(0.0, 0.0, 0.0)
"""Parts of an answer that earns nothing."""


def functional_credit(share: float, credit: Credit, *, constant_share: float = 0.0) -> float:
    """Compute the functional part, in [0, 1].

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
            # Tests that a constant passes show nothing, and the quotient below would divide by zero.
            if constant_share >= 1.0:
                return 0.0
            return max(0.0, (share - constant_share) / (1.0 - constant_share))


def weighted_reward(parts: RewardParts, config: RewardConfig) -> float:
    """Compute the reward of the parts, finite and in [0, 1]: their weighted sum, or what the preset makes of it."""
    if config.preset is RewardPreset.BINARY:
        return float(parts.functional >= 1.0 and math.isfinite(parts.functional))
    if config.preset is RewardPreset.DENSE:
        return min(1.0, max(0.0, parts.functional)) if math.isfinite(parts.functional) else 0.0
    style = parts.style
    if config.style_gate is StyleGate.FUNCTIONAL and parts.functional <= 0.0:
        style = 0.0
    # Clamped and finite whatever the weights: trainers multiply rewards, and one NaN spoils a whole training step.
    total = config.syntax * parts.syntax + config.functional * parts.functional + config.style * style
    if config.preset is RewardPreset.GATED:
        # A product, not a threshold: with one, a single easy test would still buy the whole of syntax and style.
        total *= parts.functional
    return min(1.0, max(0.0, total)) if math.isfinite(total) else 0.0


SYNTAX_SCORES: Mapping[AnalysisStatus, float] = {
    AnalysisStatus.OK: 1.0,
    AnalysisStatus.SYNTAX_ERROR: 0.0,
    AnalysisStatus.TOO_LARGE: 0.0,
    AnalysisStatus.EXHAUSTED: 0.0,
    AnalysisStatus.INTERNAL: 0.0,
}
"""Syntax score by status. ``INTERNAL`` is a fault of the grader: the sample is unscored, whatever its score."""


def syntax_score(analysis: Analysis) -> float:
    """Return 1 if the answer parses and compiles within its limits, else 0.

    `withholding_reason` is not considered here: the caller decides whether the answer earns this score.
    """
    return SYNTAX_SCORES[analysis.status]


def withholding_reason(analysis: Analysis) -> str:
    """Return the reason why syntax and style are withheld, in one line; empty if they are not.

    An answer earns neither if it does not compile, violates the policy, does not define the entry point, or if its
    entry point is a stub. Otherwise half of the reward could be had for a neat empty function.
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
    """The penalty for one kind of finding."""

    weight: float
    """At least 0; a penalty of 1 takes about two thirds of the lint part of a short answer."""
    reason: str
    """Effect of the finding on the code."""


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
"""Penalties by message class of pyflakes; a star at the end matches all classes with that prefix."""


@dataclass(frozen=True, slots=True)
class StyleWeights:
    """Weights that turn style facts into a score.

    Raises:
        ConfigError: a value is out of range.
    """

    format_share: float = 0.5
    """Share of the score that the format decides, in [0, 1]; the findings of pyflakes decide the rest."""
    short_lines: int = 20
    """At least 1. Up to this number of lines a finding costs its full weight, in longer answers proportionally less."""
    unknown_weight: float = 0.25
    """Penalty of findings that `LINT_WEIGHTS` does not list; at least 0."""

    def __post_init__(self) -> None:
        if not 0 <= self.format_share <= 1:
            raise ConfigError(f"style.format_share is {self.format_share}; it must be in [0, 1]")
        if self.short_lines < 1:
            raise ConfigError(f"style.short_lines is {self.short_lines}; it must be at least 1")
        if not 0 <= self.unknown_weight < math.inf:
            raise ConfigError(f"style.unknown_weight is {self.unknown_weight}; it must be at least 0, and finite")


DEFAULT_WEIGHTS = StyleWeights()


def style_score(facts: StyleFacts | None, weights: StyleWeights = DEFAULT_WEIGHTS) -> float:
    """Compute the style score, in [0, 1]: exactly 1 if black changes nothing and pyflakes finds nothing.

    Another finding never raises the score, a closer format never lowers it, and both change it smoothly.

    Args:
        facts: the measured facts; ``None``: they could not be measured, which scores 0.
        weights: the weights of the facts.
    """
    if facts is None:
        return 0.0
    unformatted = 1.0 - min(1.0, max(0.0, facts.similarity))
    # 1 - exp(-penalty): each further finding costs less, and no number of them costs more than the whole part.
    unclean = -math.expm1(-lint_penalty(facts, weights))
    loss = weights.format_share * unformatted + (1.0 - weights.format_share) * unclean
    return min(1.0, max(0.0, 1.0 - loss))


def lint_penalty(facts: StyleFacts, weights: StyleWeights = DEFAULT_WEIGHTS) -> float:
    """Compute the penalty of the findings, scaled by the size of the functions that have them; 0 without findings.

    It is the largest penalty of the worst functions together. Functions without findings cannot lower it, so nobody can
    hide findings behind neat code.
    """
    units = facts.units or ((0, facts.lines),) * len(facts.findings)
    costs: dict[tuple[int, int], list[float]] = {}
    for finding, unit in zip(facts.findings, units, strict=True):
        costs.setdefault(unit, []).append(_finding_weight(finding.kind, weights))
    penalty, cost, lines = 0.0, [], 0
    worst_first = sorted(costs.items(), key=lambda item: math.fsum(item[1]) / max(1, item[0][1]), reverse=True)
    for (_, unit_lines), unit_costs in worst_first:
        cost += unit_costs
        lines += unit_lines
        # fsum is exact, so the order of the findings cannot change the last digit of a reward.
        penalty = max(penalty, math.fsum(cost) / max(1.0, lines / weights.short_lines))
    return penalty


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
"""Metrics that every sample has; the first three are of type ``Reward``."""


@dataclass(frozen=True, slots=True)
class MetricInputs:
    """Inputs of the metrics besides the tests and the parts of the reward."""

    extraction_rule: ExtractionRule = ExtractionRule.NONE
    code_truncated: bool = False
    policy_violation: bool = False
    stub: bool = False
    grader_error: bool = False
    isolation_tier: int = 0
    """Rank of the tier, from 1 for the lowest; 0: the sandbox has not started."""
    shared_process: bool = False
    """True if the tests ran in the answer's own process, so that a pass is weaker evidence."""
    cpu_ms: float = 0.0
    peak_mb: float = 0.0
    duration_ms: float = 0.0


def build_metrics(
    parts: RewardParts, tests: Sequence[TestResult], inputs: MetricInputs, *, code_found: bool
) -> tuple[Metric, ...]:
    """Make the metrics of a sample, in the order of `METRIC_NAMES`."""
    verdicts = [test.verdict for test in tests]
    values = (
        parts.syntax,
        parts.functional,
        parts.style,
        verdicts.count(Verdict.PASSED),
        len(verdicts),
        verdicts.count(Verdict.TIMEOUT),
        inputs.policy_violation or Verdict.POLICY in verdicts,
        code_found,
        inputs.code_truncated,
        inputs.stub,
        list(ExtractionRule).index(inputs.extraction_rule),
        inputs.grader_error,
        inputs.isolation_tier,
        inputs.shared_process,
        inputs.cpu_ms,
        inputs.peak_mb,
        inputs.duration_ms,
    )
    rewards = 3
    return tuple(
        Metric(name, float(value), MetricType.REWARD if index < rewards else MetricType.METRIC)
        for index, (name, value) in enumerate(zip(METRIC_NAMES, values, strict=True))
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
