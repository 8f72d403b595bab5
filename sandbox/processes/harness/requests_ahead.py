"""Requests that are sent before the tests make them: those that they make of any answer.

An exchange of messages costs more than most calls. So requests that the runner foresees go to the process in one
message, and its replies wait in the channel until the tests ask. What was foreseen is never believed: a request is
compared, byte for byte, with the one that was sent. If they differ, the process has done what no test asked for. Then
all tests start over with a process that gets one request at a time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sandbox.wire.framing import frame

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RequestsAhead"]


class RequestsAhead:
    """Requests in the order in which tests are going to make them, in batches.

    Args:
        batches: encoded requests; those of one batch are sent together, no sooner than the last reply to the batch
            before it was taken.
        are_all: True if the tests make no other requests.
    """

    def __init__(self, batches: Iterable[Iterable[bytes]] = (), *, are_all: bool = False) -> None:
        self._batches = deque(deque(map(frame, batch)) for batch in batches if batch)
        self._are_all = are_all
        self._is_last = False
        """True if the process ends by itself after what it was sent."""
        self.are_sent = False
        """True while requests of the first batch were sent that the tests have not made yet."""

    def first(self) -> bytes:
        """Return the messages that go to a new process with the first one: the batch that is next, or its rest."""
        self.are_sent = bool(self._batches)
        self._is_last = self.last_count > 0
        return b"".join(self._batches[0]) if self._batches else b""

    @property
    def last_count(self) -> int:
        """Number of requests that the process is going to get in all, if it gets all of them at first; otherwise 0."""
        return len(self._batches[0]) if self._are_all and len(self._batches) == 1 else 0

    @property
    def are_left(self) -> bool:
        """True if tests are expected to make more requests."""
        return bool(self._batches)

    def take(self, message: bytes) -> bytes | None:
        """Take the next request, which a test makes now.

        Returns:
            What to send; empty if it was sent before. ``None`` if a different request was sent before, or none is taken
            any more.
        """
        if not self._batches or self._batches[0][0] != message:
            if self.are_sent or self._is_last:
                return None
            self._batches.clear()
            return message
        batch = self._batches[0]
        to_send = b"" if self.are_sent else b"".join(batch)
        batch.popleft()
        self.are_sent = bool(batch)
        if not batch:
            self._batches.popleft()
        return to_send
