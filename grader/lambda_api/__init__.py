"""The AWS reward Lambda contracts: events to samples, grades to responses, and the batch log."""

from __future__ import annotations

from grader.lambda_api.events import Batch, Envelope, EventKind, read_event, resolve_envelope
from grader.lambda_api.responses import (
    http_response,
    write_error,
    write_metrics,
    write_options,
    write_preprocess,
    write_response,
)

__all__ = [
    "Batch",
    "Envelope",
    "EventKind",
    "http_response",
    "read_event",
    "resolve_envelope",
    "write_error",
    "write_metrics",
    "write_options",
    "write_preprocess",
    "write_response",
]
