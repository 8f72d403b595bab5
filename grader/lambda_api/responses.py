"""Write grades as the responses that callers expect."""

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
    """Write one result for each grade, in the same order, as trainers and the SDK's own check expect it.

    The response is valid JSON for any grades, because no later step checks it: the Lambda runtime writes NaN as
    ``NaN``, which is not JSON, and the check in SageMaker's SDK accepts it. Rewards are finite and in [0, 1], metric
    values are finite (others become 0), and ids are returned unchanged if they are JSON values.

    Args:
        grades: one for each sample of the batch, in its order.
        envelope: form of the response.
        unscored_reward: reward of a grade that has none, or not a finite one.
        detailed: True to add fields that trainers do not use: status, reason, extraction rule, verdicts. The reason
            may quote the answer and its tests.
    """
    results = [_result(grade, index, unscored_reward) for index, grade in enumerate(grades)]
    if detailed:
        results = [result | _details(grade) for result, grade in zip(results, grades, strict=True)]
    return http_response(200, results) if envelope == Envelope.HTTP else results


def write_error(error: GraderError, envelope: Envelope) -> dict[str, Any]:
    """Write the response to an event that cannot be graded: status 400 for a caller's mistake, else 500.

    Raises:
        GraderError: the error itself, if the envelope is a bare list, which has no field for an error. The runtime
            reports the exception, and the trainer retries, and then stops with its text.
    """
    if envelope != Envelope.HTTP:
        raise error
    status = _STATUS_BAD_REQUEST if isinstance(error, InputError) else _STATUS_SERVER_ERROR
    return http_response(status, {"error": str(error)})


def write_preprocess(data: Mapping[str, Any]) -> dict[str, Any]:
    """Write the response to a ``preprocess`` event: its data, unchanged. The body is an object, not JSON text."""
    return {"statusCode": 200, "body": {_encodable(str(key)): _json_safe(value, "") for key, value in data.items()}}


def write_metrics(grade: Grade, *, unscored_reward: float) -> dict[str, Any]:
    """Write the response to a ``postprocess`` event: the reward and the metrics. The body is a list, not JSON text.

    Args:
        grade: grade of the event's only sample.
        unscored_reward: as in `write_response`.
    """
    body = [{"metric": "reward", "value": _reward(grade.reward, unscored_reward)}]
    body += [{"metric": _encodable(metric.name), "value": _finite(metric.value)} for metric in grade.metrics]
    return {"statusCode": 200, "body": body}


def write_options() -> dict[str, Any]:
    """Write the response to an ``OPTIONS`` request. It allows no other origin, because browsers are not callers."""
    return http_response(200, {"ok": True})


def http_response(status: int, document: Any) -> dict[str, Any]:
    """Make a response for a Function URL, API Gateway, or SageMaker's open-weight trainer: ``body`` is JSON text.

    Raises:
        ValueError: the document contains NaN or an infinity.
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
        "problem": grade.problem,
        "extraction_rule": grade.extraction_rule,
        "verdicts": [test.verdict.value for test in grade.tests],
    }


def _reward(reward: float | None, unscored_reward: float) -> float:
    # min and max do not stop NaN, so it is replaced before.
    chosen = unscored_reward if reward is None or not math.isfinite(reward) else reward
    return _finite(min(1.0, max(0.0, chosen)))


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0


def _json_safe(value: Any, default: str) -> Any:
    """Return a value that every JSON writer can write: the value itself, or else its text, or else the default.

    AWS's managed runtimes of Python 3.12 and later do not escape characters, and encode the text afterwards. A lone
    surrogate in one id would fail the whole batch there, so it becomes U+FFFD.
    """
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        try:
            return _encodable(str(value))
        except (ValueError, RecursionError):
            return default
    return value


def _encodable(text: str) -> str:
    # UTF-16 has surrogate pairs: encoding joins the halves of a pair, and decoding replaces those that are alone.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
