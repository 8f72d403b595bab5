"""The forwarding of what the solution prints to streams of test code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testcases.solution_client import SolutionClient

__all__ = ["StdoutForwarder"]


class StdoutForwarder:
    """Forwards the solution's output to streams that test code has assigned to ``sys.stdout`` and ``sys.stderr``."""

    def __init__(self) -> None:
        self._originals = sys.stdout, sys.stderr
        self._generation = 0
        self._forwarded = [0, 0]
        """Number of bytes of each stream that were forwarded, or skipped."""

    def skip(self, client: SolutionClient) -> None:
        """Skip all output so far."""
        output, errors = client.written
        self._generation, self._forwarded = client.generation, [len(output), len(errors)]

    def forward_new(self, client: SolutionClient) -> None:
        """Forward the output since the last call."""
        if client.generation != self._generation:
            self._generation, self._forwarded = client.generation, [0, 0]
        streams = zip(client.written, (sys.stdout, sys.stderr), self._originals, strict=True)
        for index, (written, stream, original) in enumerate(streams):
            start, self._forwarded[index] = self._forwarded[index], len(written)
            if start < len(written) and stream is not original:  # test code captures it
                stream.write(bytes(written[start:]).decode("utf-8", "replace"))
