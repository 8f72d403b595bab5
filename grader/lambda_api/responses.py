"""Write grades as the response that the caller expects."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.lambda_api.events import Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.errors import GraderError
    from grader.types import Grade

__all__ = [
    "http_response",
    "write_error",
    "write_metrics",
    "write_options",
    "write_preprocess",
    "write_response",
]

_STATUS_BAD_REQUEST = 400
_STATUS_SERVER_ERROR = 500


def write_response(
    grades: Sequence[Grade], envelope: Envelope, *, unscored_reward: float, detailed: bool = False
) -> list[dict[str, Any]] | dict[str, Any]:
    """One result for each grade, in the same order, as trainers and the SDK's own check expect it.

    What comes out is valid whatever goes in, because nobody after us looks: the Lambda runtime writes NaN as
    ``NaN``, which is not JSON, and the check in SageMaker's SDK accepts it. Rewards are finite and in [0, 1],
    metric values finite (what is not becomes 0), ids as they came as long as JSON can say them.

    Args:
        grades: one for each sample of the batch, in its order.
        envelope: of the batch.
        unscored_reward: reward of a grade that has none, or none that is a finite number.
        detailed: whether to add what no trainer asks for: status, reason, the extraction's rule, each test's verdict.
            The reason may quote the answer and its tests.
    """
    results = [_result(grade, index, unscored_reward) for index, grade in enumerate(grades)]
    if detailed:
        results = [result | _details(grade) for result, grade in zip(results, grades, strict=True)]
    return http_response(200, results) if envelope == Envelope.HTTP else results


def write_error(error: GraderError, envelope: Envelope) -> dict[str, Any]:
    """The answer to an event that cannot be answered.

    400 for a caller's mistake, 500 for everything else.

    Raises:
        GraderError: the error itself, when the envelope is a bare list. That has no place for an error; one
            that the runtime reports is what makes a trainer retry, and then stop with its text.
    """
    if envelope != Envelope.HTTP:
        raise error
    status = _STATUS_BAD_REQUEST if isinstance(error, InputError) else _STATUS_SERVER_ERROR
    return http_response(status, {"error": str(error)})


def write_preprocess(data: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a ``preprocess`` event: what came, unchanged. The body is no JSON text."""
    return {"statusCode": 200, "body": {_encodable(str(key)): _json_safe(value, "") for key, value in data.items()}}


def write_metrics(grade: Grade, *, unscored_reward: float) -> dict[str, Any]:
    """The answer to a ``postprocess`` event: the reward, then every metric. The body is no JSON text.

    Args:
        grade: of the event's one sample.
        unscored_reward: as in `write_response`.
    """
    body = [{"metric": "reward", "value": _reward(grade.reward, unscored_reward)}]
    body += [{"metric": _encodable(metric.name), "value": _finite(metric.value)} for metric in grade.metrics]
    return {"statusCode": 200, "body": body}


def write_options() -> dict[str, Any]:
    """The answer to an ``OPTIONS`` request. It allows no other origin: no browser has business here."""
    return http_response(200, {"ok": True})


def http_response(status: int, document: Any) -> dict[str, Any]:
    """A response for a Function URL, API Gateway, or SageMaker's open-weight trainer: ``body`` is JSON text.

    Raises:
        ValueError: the document holds NaN or an infinity.
    """
    body = json.dumps(document, allow_nan=False)
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}


def _result(grade: Grade, index: int, unscored_reward: float) -> dict[str, Any]:
    metrics = [
        {"name": _encodable(metric.name), "value": _finite(metric.value), "type": metric.type.value}
        for metric in grade.metrics
    ]
    return {
        "id": _json_safe(grade.sample_id, f"sample-{index}"),
        "aggregate_reward_score": _reward(grade.reward, unscored_reward),
        "metrics_list": metrics,
    }


def _details(grade: Grade) -> dict[str, Any]:
    return {
        "status": grade.status.value,
        "reason": _encodable(grade.reason),
        "extraction_rule": grade.extraction_rule,
        "verdicts": [test.verdict.value for test in grade.tests],
    }


def _reward(reward: float | None, unscored_reward: float) -> float:
    chosen = unscored_reward if reward is None or not math.isfinite(reward) else reward
    return _finite(min(1.0, max(0.0, chosen)))


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0


def _json_safe(value: Any, otherwise: str) -> Any:
    """The value itself if any JSON writer can write it, else its text, else this other text.

    AWS's managed runtimes of Python 3.12 and later write characters as they are and encode them afterwards,
    so that a lone surrogate in one id would fail the whole batch: it becomes U+FFFD.
    """
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        try:
            return _encodable(str(value))
        except (ValueError, RecursionError):
            return otherwise
    return value


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
