"""The two ways a caller wraps what it sends and wants back."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Envelope", "EventKind"]


class Envelope(StrEnum):
    """How the answer is wrapped.

    The event does not always tell: the pre-flight check of SageMaker's RLVR trainer sends a bare list in
    both cases, wants a bare list back for Nova models, and a status-code object for open-weight models.
    That is why it is a setting, and why ``auto`` is only its default.
    """

    AUTO = "auto"
    """Whatever the event suggests: see `resolve_envelope`."""
    LIST = "list"
    """A bare JSON list: Bedrock, SageMaker Nova training and evaluation."""
    HTTP = "http"
    """``{"statusCode", "headers", "body"}`` with the list as JSON text in ``body``: SageMaker open-weight
    RLVR, Function URLs, API Gateway."""


class EventKind(StrEnum):
    """What the caller wants."""

    GRADE = "grade"
    """One result for each sample: answer with `write_response`."""
    PREPROCESS = "preprocess"
    """First half of Nova's bring-your-own-metrics: answer with `write_preprocess`."""
    POSTPROCESS = "postprocess"
    """Second half of it, with exactly one sample: answer with `write_metrics`."""
    OPTIONS = "options"
    """A browser's question before a cross-origin request: answer with `write_options`."""
    DOCTOR = "doctor"
    """``{"grader": "doctor"}``: the caller asks how the grader itself is."""
