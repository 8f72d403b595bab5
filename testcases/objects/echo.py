"""What the answer prints, where test code listens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testcases.candidate import Candidate

__all__ = ["Echo"]


class Echo:
    """Writes what the answer has written to what test code has put in the place of ``sys.stdout`` and ``stderr``."""

    def __init__(self) -> None:
        self._quiet = sys.stdout, sys.stderr
        self._generation = 0
        self._passed = [0, 0]

    def skip(self, candidate: Candidate) -> None:
        """Have nothing that was written up to now be new."""
        written, errors = candidate.written
        self._generation, self._passed = candidate.generation, [len(written), len(errors)]

    def pass_on(self, candidate: Candidate) -> None:
        """Write what is new."""
        if candidate.generation != self._generation:
            self._generation, self._passed = candidate.generation, [0, 0]
        for place, (written, stream) in enumerate(zip(candidate.written, (sys.stdout, sys.stderr), strict=True)):
            start, self._passed[place] = self._passed[place], len(written)
            if start < len(written) and stream is not self._quiet[place]:
                stream.write(bytes(written[start:]).decode("utf-8", "replace"))
