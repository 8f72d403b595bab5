"""The Lambda handler, with a batch as one event."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from benchmarks.throughput.serving import serve
from grader.handler import Handler

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Workload


class WarmHandler:
    """One handler for all batches, as in a warm execution environment."""

    def __init__(self) -> None:
        self._handler: Handler | None = None

    def prepare(self, workload: Workload) -> None:
        """Create the handler; its processes start with the first event."""
        self.close()
        self._handler = Handler({**os.environ, **workload.environ})

    def judge(self, workload: Workload) -> list[bool]:
        """Handle the batch as one event."""
        assert self._handler is not None
        results = self._handler.handle(workload.event(), None)
        return [
            any(metric["name"] == "functional" and metric["value"] == 1.0 for metric in result["metrics_list"])
            for result in results
        ]

    def details(self) -> dict[str, Any]:
        """Return no details."""
        return {}

    def close(self) -> None:
        """Stop the processes."""
        if self._handler is not None:
            self._handler.close()


if __name__ == "__main__":
    handler = WarmHandler()
    try:
        serve(handler)
    finally:
        handler.close()
