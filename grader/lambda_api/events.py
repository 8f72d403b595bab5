"""Read a whole event into a batch of samples.

There are four shapes of events for the same reward function, and the AWS documentation is inconsistent on the place of
the reference. ``docs/events.md`` lists the shapes for users.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from grader.errors import EventError
from grader.lambda_api.samples import looks_like_sample, read_metrics_sample, read_sample

if TYPE_CHECKING:
    from grader.types import BadSample, Sample

__all__ = ["ROLLOUT_KEYS", "Batch", "Envelope", "EventKind", "read_event", "resolve_envelope"]


class Envelope(StrEnum):
    """Forms of a response.

    The event does not always show which one is expected: the pre-flight check of SageMaker's RLVR trainer sends a
    bare list in any case, but expects a bare list for Nova models and a status-code object for open-weight models.
    Therefore the envelope is a setting, and ``auto`` only its default.
    """

    AUTO = "auto"
    """Chosen by the event; see `resolve_envelope`."""
    LIST = "list"
    """A bare JSON list: Bedrock, SageMaker Nova training and evaluation."""
    HTTP = "http"
    """``{"statusCode", "headers", "body"}`` with the list as JSON text in ``body``: SageMaker open-weight
    RLVR, Function URLs, API Gateway."""


class EventKind(StrEnum):
    """Kinds of requests."""

    GRADE = "grade"
    """One result for each sample; the response is made by `write_response`."""
    PREPROCESS = "preprocess"
    """First half of Nova's bring-your-own-metrics; the response is made by `write_preprocess`."""
    POSTPROCESS = "postprocess"
    """Second half of it, with exactly one sample; the response is made by `write_metrics`."""
    OPTIONS = "options"
    """Pre-flight request of a browser (CORS); the response is made by `write_options`."""
    DOCTOR = "doctor"
    """``{"grader": "doctor"}``: a report on the grader's host and isolation."""


_KNOWN_SHAPES = (
    'send a list of samples, one sample, {"batch": [...]}, {"trajectories": [...]}, or any of these in {"body": ...}'
)
_MAX_KEYS_NAMED = 8
ROLLOUT_KEYS = ("rolloutId", "trajectoryId", "trajectory_id")
"""Names of the id of a rollout in the metadata of a request of a multi-turn RL job."""
_JOB_KEYS = ("jobArn", "job_arn", "jobId")
_GRADED_FIELDS = frozenset({"completion", "messages", "model_response", "reference_answer", "response", "reward_model"})
"""Fields of samples that a request for a rollout never has: there is no answer yet."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The content of one event."""

    samples: tuple[Sample | BadSample, ...]
    """Samples in the order of the event: one for ``postprocess``, none for kinds without samples."""
    envelope: Envelope
    """``list`` or ``http``."""
    kind: EventKind = EventKind.GRADE
    data: Mapping[str, Any] = field(default_factory=dict)
    """Data that a ``preprocess`` event gets back, or options of a ``doctor`` event; else empty."""
    detailed: bool = False
    """True if the caller is a tool of this grader, which expects more fields in each result."""


def resolve_envelope(event: Any, envelope: Envelope = Envelope.AUTO) -> Envelope:
    """Return the envelope of the response to an event, known or not; never ``auto``.

    An explicit setting takes precedence. Otherwise it is ``http`` for events from a Function URL or API Gateway
    (``requestContext``, ``httpMethod``, ``body``), and for bring-your-own-metrics, whose responses have a status code.
    It is ``list`` for all others.
    """
    if envelope != Envelope.AUTO:
        return envelope
    return Envelope.HTTP if _came_by_http(event) or _wants_metrics(event) else Envelope.LIST


def read_event(event: Any, *, envelope: Envelope = Envelope.AUTO, max_samples: int = 4096) -> Batch:
    """Read the samples of an event, in order.

    Shapes (from "Setting up reward functions" of Amazon Bedrock; "Implementing reward functions",
    "Evaluate with Preset and Custom Scorers" and the open-weight samples of Amazon SageMaker AI): a list of
    samples, a single sample, ``{"batch": [...]}``, ``{"trajectories": [...]}``; any of these as object or
    JSON text, also in base64, in the ``body`` of an HTTP event; the ``process_type`` events of Nova's
    bring-your-own-metrics; ``{"grader": "doctor"}``; ``{"grader": "grade", "batch": [...]}``, which
    ``grader grade --on`` sends, and whose results have more fields.

    A sample that cannot be read does not fail the batch: it becomes a `BadSample` at its position.

    Args:
        event: the event as decoded by the Lambda runtime.
        envelope: form of the response; see `resolve_envelope`.
        max_samples: maximum number of samples in a batch.

    Raises:
        EventError: the event has none of these shapes, or too many samples.
    """
    resolved = resolve_envelope(event, envelope)
    document = event
    if _came_by_http(event):
        if _method(event) == "OPTIONS":
            return Batch((), resolved, EventKind.OPTIONS)
        document = _body(event)
    if _is_rollout(document):
        raise EventError(
            "event: a rollout of a SageMaker multi-turn RL job (AgentRFT), which wants an agent and not a grade: give "
            "that job a function with the handler grader.rollout.lambda_handler (docs/rollout.md)"
        )
    # A sample may have columns called batch or process_type, so the fields of a sample decide first.
    if isinstance(document, Mapping) and not looks_like_sample(document):
        return _read_wrapper(document, resolved, max_samples)
    if isinstance(document, Mapping):
        return _grade_batch([document], resolved, max_samples)
    if isinstance(document, (list, tuple)):
        return _grade_batch(document, resolved, max_samples)
    raise EventError(f"event: of type {type(document).__name__}; {_KNOWN_SHAPES}")


def _read_wrapper(document: Mapping[Any, Any], envelope: Envelope, max_samples: int) -> Batch:
    if document.get("grader") == "doctor":
        return Batch((), envelope, EventKind.DOCTOR, {"attack": document.get("attack") is True})
    if "process_type" in document:
        return _read_metrics(document, envelope)
    for name in ("batch", "trajectories"):
        if name in document:
            samples = document[name]
            if not isinstance(samples, (list, tuple)):
                raise EventError(f"event: {name} is of type {type(samples).__name__}, not a list of samples")
            return _grade_batch(samples, envelope, max_samples, detailed=document.get("grader") == "grade")
    # The keys show most mistakes at a glance; values are left out, because they may be answers or tests.
    keys = [ascii(key[:40]) for key in document if isinstance(key, str)][:_MAX_KEYS_NAMED]
    raise EventError(f"event: an object of no known shape, with the keys {', '.join(keys) or 'none'}; {_KNOWN_SHAPES}")


def _read_metrics(document: Mapping[Any, Any], envelope: Envelope) -> Batch:
    process, data = document["process_type"], document.get("data")
    if process not in ("preprocess", "postprocess"):
        raise EventError("event: process_type is neither preprocess nor postprocess")
    if not isinstance(data, Mapping):
        raise EventError(f"event: data is of type {type(data).__name__}, not an object")
    if process == "preprocess":
        return Batch((), envelope, EventKind.PREPROCESS, data)
    return Batch((read_metrics_sample(data),), envelope, EventKind.POSTPROCESS)


def _grade_batch(samples: Sequence[Any], envelope: Envelope, max_samples: int, *, detailed: bool = False) -> Batch:
    if len(samples) > max_samples:
        raise EventError(
            f"event: {len(samples)} samples in one batch, at most {max_samples} are accepted; "
            "lower the trainer's lambda_batch_size"
        )
    return Batch(tuple(read_sample(raw, index) for index, raw in enumerate(samples)), envelope, detailed=detailed)


def _is_rollout(document: Any) -> bool:
    """Return True for a request for a rollout, which has a prompt like a sample, but the ids of a job besides."""
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    return (
        isinstance(metadata, Mapping)
        and any(metadata.get(key) for key in ROLLOUT_KEYS)
        and any(metadata.get(key) for key in _JOB_KEYS)
        and _GRADED_FIELDS.isdisjoint(document)
    )


def _came_by_http(event: Any) -> bool:
    if not isinstance(event, Mapping):
        return False
    if "requestContext" in event or "httpMethod" in event:
        return True
    # A dataset may have a column called body; a sample with it is not a web request.
    return "body" in event and not looks_like_sample(event)


def _wants_metrics(event: Any) -> bool:
    return isinstance(event, Mapping) and "process_type" in event and not looks_like_sample(event)


def _method(event: Mapping[Any, Any]) -> str:
    context = event.get("requestContext")
    http = context.get("http") if isinstance(context, Mapping) else None
    method = http.get("method") if isinstance(http, Mapping) else event.get("httpMethod")
    return method.upper() if isinstance(method, str) else ""


def _body(event: Mapping[Any, Any]) -> Any:
    body = event.get("body")
    # Events written by hand may have an object here instead of JSON text.
    if not isinstance(body, str):
        if body is None:
            raise EventError(f"event: body is empty; {_KNOWN_SHAPES}")
        return body
    if event.get("isBase64Encoded") is True:
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        except ValueError:
            raise EventError("event: isBase64Encoded is true, but body is not base64 of UTF-8 text") from None
    if not body.strip():
        raise EventError(f"event: body is empty; {_KNOWN_SHAPES}")
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        raise EventError(f"event: body is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise EventError("event: body is JSON nested too deeply") from None
    except ValueError:
        raise EventError("event: body is JSON with an integer of too many digits") from None
