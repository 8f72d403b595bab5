"""Check whether batches of rows fit into a request to a Lambda function."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from grader.aws.lambda_function import PAYLOAD_BYTES
from grader.text import json_line

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REQUEST_BYTES", "OversizedRow", "PayloadStats"]

REQUEST_BYTES = PAYLOAD_BYTES
_ENVELOPE_BYTES = 256
"""Bytes of the brackets, and of the HTTP event around a batch."""
_TURN = {"role": "assistant", "content": ""}
_MAX_WORST = 100


@dataclass(frozen=True, slots=True)
class OversizedRow:
    """A row that is too large: a request cannot hold a whole batch of rows of its size."""

    place: str
    id: str
    bytes: int
    """Bytes of the row as it is sent, with its completion."""
    fitting: int
    """Number of such rows that fit into one request; 0 when not even one does."""


@dataclass(slots=True)
class PayloadStats:
    """Sums up the sizes of rows as they are sent for grading.

    Args:
        batch_size: samples in one request, at least 1.
        completion_bytes: bytes reserved for the completion of each, as JSON.
        as_text: True if requests hold the batch as JSON text inside of JSON, as an HTTP event does.
    """

    batch_size: int
    completion_bytes: int
    as_text: bool = False
    is_limited: bool = True
    """False for trainers that send no requests to a function: then every row fits."""
    rows: int = 0
    total: int = 0
    """Bytes of all rows, each with its completion."""
    largest: int = 0
    """Bytes of the largest row, with its completion."""
    too_large: int = 0
    worst: list[OversizedRow] = field(default_factory=list)
    """First rows that are too large."""

    @property
    def share(self) -> int:
        """Bytes that each sample of a batch may have."""
        return (REQUEST_BYTES - _ENVELOPE_BYTES) // self.batch_size

    def bytes_of(self, row: Mapping[str, Any]) -> int:
        """Return the bytes of a row in a request, with a completion."""
        # The completion is one more turn, and its text is counted by completion_bytes.
        name = "messages" if "messages" in row else "prompt"
        turns = row.get(name)
        text = json_line({**row, name: [*turns, _TURN]} if isinstance(turns, list) else row)
        # as JSON text in JSON, quotes and backslashes are escaped a second time
        return len(json.dumps(text) if self.as_text else text) + len(", ") + self.completion_bytes

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Return True if a batch of nothing but such rows would fit."""
        return not self.is_limited or self.bytes_of(row) <= self.share

    def add(self, row: Mapping[str, Any], *, place: str, name: str) -> None:
        """Count one more row."""
        size = self.bytes_of(row)
        self.rows += 1
        self.total += size
        self.largest = max(self.largest, size)
        if self.is_limited and size > self.share:
            self.too_large += 1
            # Only the first: a data set of millions of rows may have them all too large.
            if len(self.worst) < _MAX_WORST:
                self.worst.append(OversizedRow(place, name, size, (REQUEST_BYTES - _ENVELOPE_BYTES) // size))

    @property
    def mean_batch(self) -> int:
        """Bytes of a batch of average rows."""
        return self.total * self.batch_size // self.rows + _ENVELOPE_BYTES if self.rows else 0

    @property
    def largest_batch(self) -> int:
        """Bytes of a batch of copies of the largest row, as a group of answers to one prompt is."""
        return self.largest * self.batch_size + _ENVELOPE_BYTES

    @property
    def safe_batch_size(self) -> int:
        """Batch size at which every batch fits; 0 when there is a row that fits into none."""
        return (REQUEST_BYTES - _ENVELOPE_BYTES) // max(1, self.largest)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values; sizes in bytes."""
        return {
            "limit": REQUEST_BYTES,
            "batch_size": self.batch_size,
            "mean_batch": self.mean_batch,
            "largest_batch": self.largest_batch,
            "safe_batch_size": self.safe_batch_size,
            "too_large": self.too_large,
            "worst": [asdict(row) for row in self.worst],
        }
