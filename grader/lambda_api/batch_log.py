"""The batch log: one JSON line for each sample, and one for each batch in CloudWatch's embedded metric format.

"Specification: Embedded metric format" of the Amazon CloudWatch User Guide: a value is a number or up to 100 numbers, a
directive names up to 100 metrics, and the log event is the JSON object and nothing else.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from grader.types import GradeStatus, sample_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.config.settings import LogSamples
    from grader.types import Grade, HostReport

__all__ = ["DIMENSION", "NAMESPACE", "BatchLog", "GradedBatch", "batch_lines", "sample_line"]


_EQUAL_WITHIN = 1e-9
"""Rewards that are no further apart are the same."""
_MAX_DEADLINE_SHARE = 1000.0
"""So that next to no time is no infinity."""


@dataclass(frozen=True, slots=True)
class GradedBatch:
    """The grades of one batch, and the circumstances."""

    grades: Sequence[Grade]
    """In the order of the samples; at least one."""
    host: HostReport
    elapsed_s: float
    """From the arrival of the event until all grades were there."""
    deadline_s: float | None = None
    """What the caller had given, counted from the same moment; ``None``: no deadline."""
    request: str = ""
    """Id of the invocation; empty where there is none."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def scored(self) -> list[Grade]:
        """The grades that say something about their answers."""
        return [grade for grade in self.grades if grade.status is GradeStatus.SCORED and grade.reward is not None]

    @property
    def deadline_share(self) -> float | None:
        """How much of the time that was given has been used, at most 1,000 times; ``None`` without a deadline."""
        return min(_MAX_DEADLINE_SHARE, self.elapsed_s / self.deadline_s) if self.deadline_s else None

    @property
    def spreads(self) -> list[float]:
        """For each problem with two scored samples or more: how far apart the best and the worst reward are.

        Trainers that compare the answers to one prompt (GRPO and its kin) learn nothing where that is 0.
        """
        groups: defaultdict[str, list[float]] = defaultdict(list)
        for grade in self.scored:
            assert grade.reward is not None
            if grade.problem:
                groups[grade.problem].append(grade.reward)
        spreads = [max(rewards) - min(rewards) for rewards in groups.values() if len(rewards) > 1]
        return [spread if spread > _EQUAL_WITHIN else 0.0 for spread in spreads]


def share_equal_to(values: Sequence[float], wanted: float) -> float | None:
    """How many of the values are as good as this one; ``None`` when there are none."""
    return sum(abs(value - wanted) <= _EQUAL_WITHIN for value in values) / len(values) if values else None


_REASON_CHARS = 300
_ANSWER_CHARS = 16_384
_MAX_TESTS = 50
_DETAIL_CHARS = 200
_DIGITS = 6


def sample_line(graded: GradedBatch, place: int, *, full: bool) -> dict[str, Any]:
    """What there is to say of the sample at a place of the batch.

    Args:
        graded: the batch.
        place: from 0.
        full: also what holds text of the answer or of the tests: the answer, what came back from each test, and the
            reason of a scored sample, which names one.
    """
    grade = graded.grades[place]
    is_unscored = grade.status is GradeStatus.UNSCORED
    line: dict[str, Any] = {
        "event": "sample",
        "request": graded.request,
        "id": sample_label(grade.sample_id, place),
        "problem": grade.problem,
        "status": grade.status.value,
        "reward": rounded(grade.reward),
        "tier": graded.host.tier.value,
        "verdicts": dict(Counter(test.verdict.value for test in grade.tests)),
    }
    line |= {metric.name: rounded(metric.value) for metric in grade.metrics}
    line["timings_ms"] = {stage: round(value, 1) for stage, value in grade.timings_ms.items()}
    if is_unscored or full:
        line["reason"] = _truncated(grade.reason, _REASON_CHARS)
    if full:
        line["answer"] = None if grade.answer is None else grade.answer[:_ANSWER_CHARS]
        line["tests"] = [_test_record(test.verdict.value, test.name, test.detail) for test in grade.tests[:_MAX_TESTS]]
    return line


def rounded(value: float | None) -> float | None:
    """A number with no more digits than anybody reads."""
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)


def _test_record(verdict: str, name: str, detail: str) -> dict[str, str]:
    return {"verdict": verdict, "name": _truncated(name, _DETAIL_CHARS), "detail": _truncated(detail, _DETAIL_CHARS)}


def _truncated(text: str, most: int) -> str:
    return " ".join(text[: 4 * most].split())[:most]


NAMESPACE: Final = "CodeGrader"
DIMENSION: Final = "function"
_MAX_VALUES: Final = 100
_NO_METRICS: Final = frozenset({"extraction_rule"})
"""Metrics of a sample whose numbers are names: no mean of them means anything."""
_UNSCORED_TOO: Final = frozenset({"grader_error"})
"""Metrics that count the unscored samples, too."""
_UNITS: Final = {"ms": "Milliseconds", "mb": "Megabytes"}
"""By the last word of a metric's name."""
_COUNTS: Final = frozenset(
    {
        "samples", "unscored", "groups", "tests_passed", "tests_total", "timeouts", "policy_violation", "grader_error",
        "stub", "code_found", "code_truncated", "shared_process", "judge_error",
    }
)  # fmt: skip


def batch_lines(graded: GradedBatch, function: str) -> list[dict[str, Any]]:
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
        "zero_reward_share": share_equal_to(rewards, 0.0),
        "full_reward_share": share_equal_to(rewards, 1.0),
        "none_passed_share": share_equal_to(of_tests, 0.0),
        "all_passed_share": share_equal_to(of_tests, 1.0),
        "groups": len(spreads),
        "zero_spread_share": share_equal_to(spreads, 0.0),
    }
    series: dict[str, Sequence[float]] = {"reward": rewards, "group_spread": spreads}
    for place, metric in enumerate(graded.grades[0].metrics):  # which have the same order in every grade
        if metric.name not in _NO_METRICS:
            of = graded.grades if metric.name in _UNSCORED_TOO else scored
            series[metric.name] = [grade.metrics[place].value for grade in of]
    facts = {
        "request": graded.request,
        "scored": len(scored),
        "mean_reward": rounded(sum(rewards) / len(rewards)) if rewards else None,
        "tier": graded.host.tier.value,
        "walls": [layer.name for layer in graded.host.layers if layer.active],
        "verdicts": dict(Counter(test.verdict.value for grade in graded.grades for test in grade.tests)),
    }
    known = {name: round(value, 4) for name, value in numbers.items() if value is not None}
    lines = [_record(graded, function, {"event": "batch"} | facts, known, series, 0)]
    for start in range(_MAX_VALUES, max(map(len, series.values())), _MAX_VALUES):
        rest = {"event": "batch_rest", "request": graded.request}
        lines.append(_record(graded, function, rest, {}, series, start))
    return lines


def _record(
    graded: GradedBatch,
    function: str,
    facts: dict[str, Any],
    numbers: Mapping[str, float],
    series: Mapping[str, Sequence[float]],
    start: int,
) -> dict[str, Any]:
    """One log event: facts, and metrics with their values from a place on."""
    some = {name: values[start : start + _MAX_VALUES] for name, values in series.items()}
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


_log = logging.getLogger("grader.monitoring.journal")  # operators filter on it: docs/operations.md
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_RUNTIME_API: Final = "AWS_LAMBDA_RUNTIME_API"
_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_INFO: Final = "INFO"
_WARN: Final = "WARN"
_MAX_UNSCORED_LINES: Final = 20
"""Lines of unscored samples in a batch, where samples have no line of their own."""


class BatchLog:
    """Writes lines of JSON, each of them whole: on Lambda to stdout, elsewhere to the log of this module.

    On Lambda a line must reach CloudWatch Logs as it is, or no metric is made of it; the runtime client's log handler
    puts it inside of another object, or a time and a level before it. Lines are dropped below the level that the
    function sets (``AWS_LAMBDA_LOG_LEVEL``), as Lambda does it with lines that come by the handler.

    Args:
        samples: how much is said of each sample.
        environ: the environment, which tells of Lambda.
    """

    def __init__(self, samples: LogSamples, environ: Mapping[str, str]) -> None:
        self._samples = samples
        self._raw = _RUNTIME_API in environ
        self._function = environ.get("AWS_LAMBDA_FUNCTION_NAME") or "local"
        level = environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        self._least = _LEVELS.index(level) if self._raw and level in _LEVELS else 0

    def tell(self, graded: GradedBatch) -> None:
        """Write all there is to say of a batch. Failing to is no error of the batch's."""
        at = graded.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = [
            (level, _encode({"timestamp": at, "level": level, **line}).replace("\x7f", "\\u007f"))
            for level, line in self._lines(graded)
            if _LEVELS.index(level) >= self._least
        ]
        if not self._raw:
            for level, line in lines:
                _log.log(logging.WARNING if level == _WARN else logging.INFO, "%s", line)
        elif lines:
            try:
                sys.stdout.write("".join(f"{line}\n" for _, line in lines))  # which is flushed at each write
                sys.stdout.flush()
            except (OSError, ValueError) as error:  # there is no stdout any more
                _log.warning("the log cannot be written: %s", error)

    def _lines(self, graded: GradedBatch) -> Iterator[tuple[str, dict[str, Any]]]:
        complaints = 0
        for place, grade in enumerate(graded.grades):
            is_unscored = grade.status is GradeStatus.UNSCORED
            complaints += is_unscored
            if self._samples != "off" or (is_unscored and complaints <= _MAX_UNSCORED_LINES):
                yield _WARN if is_unscored else _INFO, sample_line(graded, place, full=self._samples == "full")
        for line in batch_lines(graded, self._function):
            yield _INFO, line
