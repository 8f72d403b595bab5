"""The lines of one batch, in the embedded metric format: CloudWatch makes metrics of what they hold.

"Specification: Embedded metric format" of the Amazon CloudWatch User Guide: a value is a number or up to 100 numbers, a
directive names up to 100 metrics, and the log event is the JSON object and nothing else.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from grader.monitoring.graded import share_of
from grader.monitoring.samples import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.monitoring.graded import Graded

__all__ = ["DIMENSION", "NAMESPACE", "batch_lines"]

NAMESPACE: Final = "CodeGrader"
DIMENSION: Final = "function"
_MOST_VALUES: Final = 100
_NO_METRICS: Final = frozenset({"extraction_rule"})
"""Metrics of a sample whose numbers are names: no mean of them means anything."""
_OF_EVERY_SAMPLE: Final = frozenset({"grader_error"})
"""Metrics that count the unscored samples, too."""
_UNITS: Final = {"ms": "Milliseconds", "mb": "Megabytes"}
"""By the last word of a metric's name."""
_COUNTS: Final = frozenset(
    {
        "samples", "unscored", "groups", "tests_passed", "tests_total", "timeouts", "policy_violation", "grader_error",
        "stub", "code_found", "code_truncated", "shared_process", "judge_error",
    }
)  # fmt: skip


def batch_lines(graded: Graded, function: str) -> list[dict[str, Any]]:
    """What there is to say of a batch: one line with all of it, and more where it has more than 100 samples.

    The first says everything but the numbers of the samples from the 101st on; those, and nothing that has been said,
    are in the others, whose ``event`` is ``batch_rest``.

    Args:
        graded: the batch.
        function: what grades: the metrics' only dimension.
    """
    scored = graded.scored
    rewards = [grade.reward for grade in scored if grade.reward is not None]
    spreads = graded.spreads
    of_tests = [grade.metric("functional") for grade in scored]
    numbers: dict[str, float | None] = {
        "samples": len(graded.grades),
        "unscored": len(graded.grades) - len(scored),
        "batch_ms": graded.elapsed_s * 1000,
        "deadline_share": graded.deadline_share,
        "zero_reward_share": share_of(rewards, 0.0),
        "full_reward_share": share_of(rewards, 1.0),
        "none_passed_share": share_of(of_tests, 0.0),
        "all_passed_share": share_of(of_tests, 1.0),
        "groups": len(spreads),
        "zero_spread_share": share_of(spreads, 0.0),
    }
    series: dict[str, Sequence[float]] = {"reward": rewards, "group_spread": spreads}
    for place, metric in enumerate(graded.grades[0].metrics):  # which have the same order in every grade
        if metric.name not in _NO_METRICS:
            of = graded.grades if metric.name in _OF_EVERY_SAMPLE else scored
            series[metric.name] = [grade.metrics[place].value for grade in of]
    facts = {
        "request": graded.request,
        "scored": len(scored),
        "mean_reward": rounded(sum(rewards) / len(rewards)) if rewards else None,
        "tier": graded.host.tier.value,
        "walls": [wall.name for wall in graded.host.walls if wall.stands],
        "verdicts": dict(Counter(test.verdict.value for grade in graded.grades for test in grade.tests)),
    }
    known = {name: round(value, 4) for name, value in numbers.items() if value is not None}
    lines = [_record(graded, function, {"event": "batch"} | facts, known, series, 0)]
    for start in range(_MOST_VALUES, max(map(len, series.values())), _MOST_VALUES):
        rest = {"event": "batch_rest", "request": graded.request}
        lines.append(_record(graded, function, rest, {}, series, start))
    return lines


def _record(
    graded: Graded,
    function: str,
    facts: dict[str, Any],
    numbers: Mapping[str, float],
    series: Mapping[str, Sequence[float]],
    start: int,
) -> dict[str, Any]:
    """One log event: facts, and metrics with their values from a place on."""
    some = {name: values[start : start + _MOST_VALUES] for name, values in series.items()}
    lists = {name: [round(value, 4) for value in values if math.isfinite(value)] for name, values in some.items()}
    metrics = {**numbers, **{name: values for name, values in lists.items() if values}}
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[DIMENSION]],
        "Metrics": [{"Name": name, "Unit": _unit(name)} for name in metrics],
    }
    aws = {"Timestamp": int(graded.at.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return {**facts, DIMENSION: function, **metrics, "_aws": aws}


def _unit(name: str) -> str:
    if name in _COUNTS:
        return "Count"
    return _UNITS.get(name.rpartition("_")[2], "None")
