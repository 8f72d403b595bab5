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
"""Brackets, and what HTTP puts around a batch."""
_TURN = {"role": "assistant", "content": ""}
_MAX_WORST = 100


@dataclass(frozen=True, slots=True)
class OversizedRow:
    """A row of which a batch may hold too few."""

    place: str
    id: str
    bytes: int
    """Of the row as it is sent, with its completion."""
    fitting: int
    """How many such rows fit into one request; 0 when not even one does."""


@dataclass(slots=True)
class PayloadStats:
    """Adds up what rows need when they are sent for grading.

    Args:
        batch_size: samples in one request, at least 1.
        completion_bytes: room for the model's text of each, as JSON.
        as_text: whether requests hold the batch as JSON text inside of JSON, as an HTTP event does.
    """

    batch_size: int
    completion_bytes: int
    as_text: bool = False
    rows: int = 0
    total: int = 0
    """Bytes of all rows, each with its completion."""
    largest: int = 0
    """Bytes of the largest row, with its completion."""
    too_large: int = 0
    worst: list[OversizedRow] = field(default_factory=list)
    """The first of those that are too large."""

    @property
    def share(self) -> int:
        """Bytes each sample of a batch may have."""
        return (REQUEST_BYTES - _ENVELOPE_BYTES) // self.batch_size

    def bytes_of(self, row: Mapping[str, Any]) -> int:
        """What a row needs in a request, once the model has answered."""
        name = "messages" if "messages" in row else "prompt"
        text = json_line({**row, name: [*row[name], _TURN]})
        return len(json.dumps(text) if self.as_text else text) + len(", ") + self.completion_bytes

    def fits(self, row: Mapping[str, Any]) -> bool:
        """Whether a batch of nothing but such rows would fit."""
        return self.bytes_of(row) <= self.share

    def add(self, row: Mapping[str, Any], *, place: str, name: str) -> None:
        """Count one more row."""
        size = self.bytes_of(row)
        self.rows += 1
        self.total += size
        self.largest = max(self.largest, size)
        if size > self.share:
            self.too_large += 1
            if len(self.worst) < _MAX_WORST:
                self.worst.append(OversizedRow(place, name, size, (REQUEST_BYTES - _ENVELOPE_BYTES) // size))

    @property
    def mean_batch(self) -> int:
        """Bytes of a batch of average rows."""
        return self.total * self.batch_size // self.rows + _ENVELOPE_BYTES if self.rows else 0

    @property
    def largest_batch(self) -> int:
        """Bytes of a batch of copies of the largest row: a group of answers to one prompt is that."""
        return self.largest * self.batch_size + _ENVELOPE_BYTES

    @property
    def safe_batch_size(self) -> int:
        """Samples of which any batch fits; 0 when there is a row that fits into none."""
        return (REQUEST_BYTES - _ENVELOPE_BYTES) // max(1, self.largest)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it; sizes in bytes."""
        return {
            "limit": REQUEST_BYTES,
            "batch_size": self.batch_size,
            "mean_batch": self.mean_batch,
            "largest_batch": self.largest_batch,
            "safe_batch_size": self.safe_batch_size,
            "too_large": self.too_large,
            "worst": [asdict(row) for row in self.worst],
        }
