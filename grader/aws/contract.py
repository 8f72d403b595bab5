"""What callers send and what they get back: the one door to AWS's reward Lambda contracts.

There are four shapes of events and two of responses for the same reward Lambda, and the documentation does
not agree with itself on where the reference is. Everything that knows about that is behind this door;
``docs/events.md`` lists it for users.
"""

from __future__ import annotations

from grader.aws.envelope import Envelope, EventKind
from grader.aws.events import Batch, read_event, resolve_envelope
from grader.aws.responses import (
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
