"""Make the requests of remote grading, and read the responses."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from grader.aws.lambda_function import PAYLOAD_BYTES
from grader.extraction import ExtractionRule
from grader.text import one_line
from grader.types import Grade, GradeStatus, Metric, MetricType, TestResult
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "MAX_SAMPLES_BYTES",
    "NotSendableError",
    "RequestItem",
    "ResponseError",
    "batches",
    "read_response",
    "read_result",
    "request_payload",
]


_HEAD: Final = b'{"grader": "grade", "batch": ['
_TAIL: Final = b"]}"
_MARGIN: Final = 64 * 1024
"""Bytes below the limit, as Lambda does not document what else counts towards it."""
MAX_SAMPLES_BYTES: Final = PAYLOAD_BYTES - _MARGIN - len(_HEAD) - len(_TAIL)
"""Maximum number of bytes of the samples of one request together, commas included."""


class NotSendableError(Exception):
    """A sample that cannot be sent. The text is for people, without a subject."""


@dataclass(frozen=True, slots=True)
class RequestItem:
    """One sample of a request."""

    line: int
    """Line number of the sample in the file, from 1; unique."""
    id: Any
    """Id of the sample, as `grader.types.Sample.id`."""
    text: bytes
    """The sample as JSON, with that id."""

    @classmethod
    def of(cls, document: Mapping[str, Any], *, line: int, sample_id: Any) -> Self:
        """Make the item of a sample.

        Raises:
            NotSendableError: it is too large for any request, or cannot be written as JSON.
        """
        try:
            # The row as it is, and not the sample that was read of it: the function reads it by its own rules.
            text = _to_json({**document, "id": sample_id})
        except ValueError:
            raise NotSendableError(
                "holds NaN or an infinity, which Lambda refuses as broken JSON; write it as text, or grade it here"
            ) from None
        except RecursionError:
            raise NotSendableError("is nested too deeply to be sent") from None
        if len(text) > MAX_SAMPLES_BYTES:
            raise NotSendableError(
                f"is {len(text) / 1e6:.1f} MB as it is sent, and a request to Lambda holds "
                f"{MAX_SAMPLES_BYTES / 1e6:.1f} MB; keep "
                "its tests elsewhere (docs/store.md), or grade it here"
            )
        return cls(line, sample_id, text)


def batches(items: Iterable[RequestItem], *, max_items: int) -> Iterator[list[RequestItem]]:
    """Yield items in groups that fit into one request each, in their order.

    Args:
        items: the items.
        max_items: maximum number of items of a group, at least 1.
    """
    group: list[RequestItem] = []
    size = 0
    for item in items:
        needed = len(item.text) + 1  # the comma
        if group and (len(group) >= max_items or size + needed > MAX_SAMPLES_BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += needed
    if group:
        yield group


def request_payload(items: Sequence[RequestItem]) -> bytes:
    """Return the event that asks for the grades of these items."""
    return _HEAD + b",".join(item.text for item in items) + _TAIL


def _to_json(document: Any) -> bytes:
    try:
        # UTF-8 and not escapes, which are two to three times as long for other scripts
        return json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can express
        return json.dumps(document, allow_nan=False).encode()


_OK: Final = 200


class ResponseError(Exception):
    """A response without the results that were asked for. The text is for people."""


def read_response(payload: bytes, items: Sequence[RequestItem]) -> list[Grade]:
    """Return the grades of items, in their order, from a response in any envelope.

    Args:
        payload: payload of the response.
        items: items of the request. Results in another order are sorted by their ids, where these are unique.

    Raises:
        ResponseError: an item has no result, or more than one.
    """
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        raise ResponseError(
            f"the response is not JSON: {one_line(payload[:200].decode(errors='replace'), 80)}"
        ) from None
    results = _unwrap_results(document)
    if len(results) != len(items):
        raise ResponseError(f"{len(results)} results came back for {len(items)} samples")
    sent = [_comparable_id(item.id) for item in items]
    received = [_comparable_id(_result_id(result)) for result in results]
    # AWS's contract names each result by its id, and other functions may return them in another order.
    if sent != received:
        by_id = dict(zip(received, results, strict=True))
        if len(by_id) != len(results) or set(sent) != set(received):
            raise ResponseError("results came back for other samples than those that were sent")
        results = [by_id[key] for key in sent]
    return [read_result(result, sample_id=item.id) for item, result in zip(items, results, strict=True)]


def read_result(result: Any, *, sample_id: Any) -> Grade:
    """Return the grade of a result, with or without details.

    Args:
        result: a result of `grader.lambda_api.write_response`, or of another function that follows AWS's contract.
        sample_id: id of the sample.

    Raises:
        ResponseError: it is not a result.
    """
    if not isinstance(result, Mapping):
        raise ResponseError(f"a result is of type {type(result).__name__}, not an object")
    reward = _require_number(result.get("aggregate_reward_score"), "aggregate_reward_score")
    metrics = tuple(map(_metric, _require_list(result.get("metrics_list") or [], "metrics_list")))
    values = {metric.name: metric.value for metric in metrics}
    # A function of another author gives neither status nor details.
    status = _status(result.get("status"), values)
    return Grade(
        sample_id=sample_id,
        status=status,
        reward=reward if status is GradeStatus.SCORED else None,
        metrics=metrics,
        tests=tuple(TestResult(_verdict(name)) for name in _require_list(result.get("verdicts", []), "verdicts")),
        reason=_require_text(result.get("reason", ""), "reason"),
        problem=_require_text(result.get("problem", ""), "problem"),
        extraction_rule=_rule(result.get("extraction_rule"), values),
    )


def _unwrap_results(document: Any) -> list[Any]:
    if isinstance(document, Mapping) and "statusCode" in document:
        body = document.get("body")
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except (ValueError, RecursionError):
                raise ResponseError("the body of the response is not JSON") from None
        if document["statusCode"] != _OK:
            message = body.get("error", "") if isinstance(body, Mapping) else ""
            status = one_line(document["statusCode"], 20)
            raise ResponseError(f"the response has status {status}: {one_line(message)}")
        document = body
    if not isinstance(document, list):
        raise ResponseError(f"the response is of type {type(document).__name__}, not a list of results")
    return document


def _result_id(result: Any) -> Any:
    return result.get("id") if isinstance(result, Mapping) else None


def _comparable_id(value: Any) -> str:
    """Return a text of an id that is equal for ids that are the same."""
    # lone surrogates are replaced here, as they may have been on the way
    return (
        json.dumps(value, sort_keys=True, ensure_ascii=False)
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )


def _require_number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ResponseError(f"a result's {name} is {one_line(value, 40)!r}, not a finite number")
    return float(value)


def _require_text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ResponseError(f"a result's {name} is of type {type(value).__name__}, not text")
    return value


def _require_list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ResponseError(f"a result's {name} is of type {type(value).__name__}, not a list")
    return value


def _metric(value: Any) -> Metric:
    if not isinstance(value, Mapping):
        raise ResponseError(f"a metric is of type {type(value).__name__}, not an object")
    name = _require_text(value.get("name"), "metric's name")
    kind = MetricType.REWARD if value.get("type") == MetricType.REWARD else MetricType.METRIC
    return Metric(name, _require_number(value.get("value"), f"metric {one_line(name, 40)}"), kind)


def _status(value: Any, metrics: Mapping[str, float]) -> GradeStatus:
    """Return the status, or where there is none, the one that the metric ``grader_error`` implies."""
    if value is None:
        return GradeStatus.UNSCORED if metrics.get("grader_error") else GradeStatus.SCORED
    try:
        return GradeStatus(value)
    except ValueError:
        raise ResponseError(f"a result's status is {one_line(value, 40)!r}, not scored or unscored") from None


def _verdict(value: Any) -> Verdict:
    try:
        return Verdict(value)
    except ValueError:
        raise ResponseError(f"a result's verdict is {one_line(value, 40)!r}, which does not exist") from None


def _rule(value: Any, metrics: Mapping[str, float]) -> str:
    """Return the extraction rule, or where there is none, the one with the index in the metric."""
    if value is not None:
        return _require_text(value, "extraction_rule")
    rules, index = list(ExtractionRule), metrics.get("extraction_rule", -1.0)
    return rules[int(index)].value if index.is_integer() and 0 <= index < len(rules) else ""
