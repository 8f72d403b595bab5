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

from grader import __version__
from grader.types import GradeStatus, sample_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.config.settings import LogSamples
    from grader.types import Grade, HostReport

__all__ = ["DIMENSION", "NAMESPACE", "BatchLog", "GradedBatch", "Origin", "batch_lines", "sample_line"]


_EQUAL_WITHIN = 1e-9
"""Rewards that differ by no more than this count as equal."""
_MAX_DEADLINE_SHARE = 1000.0
"""Cap of `GradedBatch.deadline_share`, so that a deadline of almost 0 gives a finite number."""


@dataclass(frozen=True, slots=True)
class GradedBatch:
    """The grades of one batch, with its host, time and deadline."""

    grades: Sequence[Grade]
    """Grades in the order of the samples; at least one."""
    host: HostReport
    elapsed_s: float
    """Seconds from the arrival of the event to the last grade."""
    deadline_s: float | None = None
    """Seconds that the caller granted, counted from the same moment; ``None``: no deadline."""
    request: str = ""
    """Id of the invocation; empty if there is none."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Time of the log records."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """More fields of the record of the batch."""

    @property
    def scored(self) -> list[Grade]:
        """Grades that are not unscored."""
        return [grade for grade in self.grades if grade.status is GradeStatus.SCORED and grade.reward is not None]

    @property
    def deadline_share(self) -> float | None:
        """Share of the granted time that was used, at most 1,000; ``None`` without a deadline."""
        return min(_MAX_DEADLINE_SHARE, self.elapsed_s / self.deadline_s) if self.deadline_s else None

    @property
    def spreads(self) -> list[float]:
        """Difference of the best and the worst reward of each problem with at least two scored samples.

        Trainers that compare the answers to one prompt (such as GRPO) learn nothing from a difference of 0.
        """
        groups: defaultdict[str, list[float]] = defaultdict(list)
        for grade in self.scored:
            assert grade.reward is not None
            if grade.problem:
                groups[grade.problem].append(grade.reward)
        spreads = [max(rewards) - min(rewards) for rewards in groups.values() if len(rewards) > 1]
        return [spread if spread > _EQUAL_WITHIN else 0.0 for spread in spreads]


def share_equal_to(values: Sequence[float], reference: float) -> float | None:
    """Compute the share of the values that equal a reference value; ``None`` without values."""
    return sum(abs(value - reference) <= _EQUAL_WITHIN for value in values) / len(values) if values else None


_REASON_CHARS = 300
_ANSWER_CHARS = 16_384
_MAX_TESTS = 50
_DETAIL_CHARS = 200
_DIGITS = 6


def sample_line(graded: GradedBatch, index: int, *, full: bool) -> dict[str, Any]:
    """Make the log record of one sample.

    Args:
        graded: the batch.
        index: position of the sample, from 0.
        full: True to include text of the answer and of the tests: the answer, the details of each test, and the reason
            of a scored sample, which names a test.
    """
    grade = graded.grades[index]
    is_unscored = grade.status is GradeStatus.UNSCORED
    line: dict[str, Any] = {
        "event": "sample",
        "request": graded.request,
        "id": sample_label(grade.sample_id, index),
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
    """Round a number to six digits; ``None`` if it is not finite."""
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)


def _test_record(verdict: str, name: str, detail: str) -> dict[str, str]:
    return {"verdict": verdict, "name": _truncated(name, _DETAIL_CHARS), "detail": _truncated(detail, _DETAIL_CHARS)}


def _truncated(text: str, max_chars: int) -> str:
    # Cut before the split: the text may be megabytes of blanks.
    return " ".join(text[: 4 * max_chars].split())[:max_chars]


NAMESPACE: Final = "CodeGrader"
DIMENSION: Final = "function"
"""The only dimension of the metrics: a version in it would make each deployment a new set of metrics to pay for."""
_MAX_VALUES: Final = 100
_NO_METRICS: Final = frozenset({"extraction_rule"})
"""Metrics whose values are indices of names, so that a mean has no meaning."""
_UNSCORED_TOO: Final = frozenset({"grader_error"})
"""Metrics that include the unscored samples."""
_UNITS: Final = {"ms": "Milliseconds", "mb": "Megabytes"}
"""Units by the last word of a metric's name."""
_COUNTS: Final = frozenset(
    {
        "samples", "unscored", "groups", "isolation_layers", "tests_passed", "tests_total", "timeouts",
        "policy_violation", "grader_error", "stub", "code_found", "code_truncated", "shared_process", "judge_error",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """The function that graded a batch, and its versions."""

    function: str
    """Name of the Lambda function; ``local`` elsewhere."""
    function_version: str = ""
    """Version of the Lambda function; empty elsewhere."""
    revision: str = ""
    """Revision of the source that the image was built from; empty if that is not known."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Origin:
        """Read it from the environment that Lambda and the image set."""
        return cls(
            environ.get("AWS_LAMBDA_FUNCTION_NAME") or "local",
            environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
            environ.get("IMAGE_REVISION", ""),
        )

    @property
    def versions(self) -> dict[str, str]:
        """The versions that are known, by the names of their fields in the log."""
        versions = {"function_version": self.function_version, "revision": self.revision}
        return {"grader_version": __version__} | {name: version for name, version in versions.items() if version}


def batch_lines(graded: GradedBatch, origin: Origin) -> list[dict[str, Any]]:
    """Make the log records of a batch: one, and another for each further 100 samples.

    The first record has everything but the values of the samples from the 101st on. The others, whose ``event`` is
    ``batch_rest``, have only those.

    Args:
        graded: the batch.
        origin: where it was graded.
    """
    scored = graded.scored
    rewards = [grade.reward for grade in scored if grade.reward is not None]
    spreads = graded.spreads
    functional = [grade.metric("functional") for grade in scored]
    numbers: dict[str, float | None] = {
        "samples": len(graded.grades),
        "unscored": len(graded.grades) - len(scored),
        "batch_ms": graded.elapsed_s * 1000,
        "deadline_share": graded.deadline_share,
        "zero_reward_share": share_equal_to(rewards, 0.0),
        "full_reward_share": share_equal_to(rewards, 1.0),
        "none_passed_share": share_equal_to(functional, 0.0),
        "all_passed_share": share_equal_to(functional, 1.0),
        "groups": len(spreads),
        "zero_spread_share": share_equal_to(spreads, 0.0),
        "isolation_layers": sum(layer.active for layer in graded.host.layers),
    }
    series: dict[str, Sequence[float]] = {"reward": rewards, "group_spread": spreads}
    for index, metric in enumerate(graded.grades[0].metrics):  # the order is the same in every grade
        if metric.name not in _NO_METRICS:
            counted = graded.grades if metric.name in _UNSCORED_TOO else scored
            series[metric.name] = [grade.metrics[index].value for grade in counted]
    facts = {
        "request": graded.request,
        "scored": len(scored),
        "mean_reward": rounded(sum(rewards) / len(rewards)) if rewards else None,
        "tier": graded.host.tier.value,
        "walls": [layer.name for layer in graded.host.layers if layer.active],
        "verdicts": dict(Counter(test.verdict.value for grade in graded.grades for test in grade.tests)),
        **origin.versions,
        **graded.facts,
    }
    known = {name: round(value, 4) for name, value in numbers.items() if value is not None}
    lines = [_record(graded, origin.function, {"event": "batch"} | facts, known, series, 0)]
    for start in range(_MAX_VALUES, max(map(len, series.values())), _MAX_VALUES):
        rest = {"event": "batch_rest", "request": graded.request}
        lines.append(_record(graded, origin.function, rest, {}, series, start))
    return lines


def _record(
    graded: GradedBatch,
    function: str,
    facts: dict[str, Any],
    numbers: Mapping[str, float],
    series: Mapping[str, Sequence[float]],
    start: int,
) -> dict[str, Any]:
    """Make one log event: facts, and metrics with up to 100 of their values from an index on."""
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
"""Maximum number of lines for unscored samples of a batch, if ``log_samples`` is ``off``."""


class BatchLog:
    """Writes log records as JSON lines: on Lambda to stdout, elsewhere to a logger.

    On Lambda a line must reach CloudWatch Logs unchanged to become metrics. The log handler of the runtime client
    would put it into another object, or a time and a level before it. Lines below the function's log level
    (``AWS_LAMBDA_LOG_LEVEL``) are dropped, as the handler drops its own.

    Args:
        samples: detail of the records of samples.
        environ: the environment, which shows whether this is Lambda.
    """

    def __init__(self, samples: LogSamples, environ: Mapping[str, str]) -> None:
        self._samples = samples
        self._is_lambda = _RUNTIME_API in environ
        self._origin = Origin.of(environ)
        level = environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        self._min_level = _LEVELS.index(level) if self._is_lambda and level in _LEVELS else 0

    def write(self, graded: GradedBatch) -> None:
        """Write the records of a batch. A log that cannot be written does not fail the batch."""
        at = graded.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        # json leaves DEL unescaped; see `grader.text.json_line`.
        lines = [
            (level, _encode({"timestamp": at, "level": level, **line}).replace("\x7f", "\\u007f"))
            for level, line in self._lines(graded)
            if _LEVELS.index(level) >= self._min_level
        ]
        if not self._is_lambda:
            for level, line in lines:
                _log.log(logging.WARNING if level == _WARN else logging.INFO, "%s", line)
        elif lines:
            try:
                # One write for all lines, so that lines of other threads cannot come in between.
                sys.stdout.write("".join(f"{line}\n" for _, line in lines))
                sys.stdout.flush()
            except (OSError, ValueError) as error:  # stdout is closed
                _log.warning("the log cannot be written: %s", error)

    def _lines(self, graded: GradedBatch) -> Iterator[tuple[str, dict[str, Any]]]:
        unscored = 0
        for index, grade in enumerate(graded.grades):
            is_unscored = grade.status is GradeStatus.UNSCORED
            unscored += is_unscored
            if self._samples != "off" or (is_unscored and unscored <= _MAX_UNSCORED_LINES):
                yield _WARN if is_unscored else _INFO, sample_line(graded, index, full=self._samples == "full")
        for line in batch_lines(graded, self._origin):
            yield _INFO, line
