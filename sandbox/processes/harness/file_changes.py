"""Changes of files that cross between test code and an answer, with a limit on how many."""

from __future__ import annotations

from typing import Any

from sandbox.errors import ValueCodecError
from sandbox.processes.memory_files.exchange import apply_changes, content_bytes, take_changes
from sandbox.processes.memory_files.tree import TreeLimits, current
from sandbox.wire.framing import frame
from sandbox.wire.protocol import FILES
from sandbox.wire.replies import SolutionStatus
from sandbox.wire.values import encode

__all__ = ["FileChanges"]

_MAX_BYTES = 4 * TreeLimits().total_bytes
"""Bytes of changed files in one sample. They are sent whole, and again with each request that changes them."""


class FileChanges:
    """The files of a run, as the harness and the answer's process have changed them."""

    def __init__(self) -> None:
        self._bytes = 0

    @staticmethod
    def message() -> bytes:
        """Return a message with what test code has done to the files of the run since the last one, if anything."""
        changes = take_changes(current.tree)
        return frame(encode([FILES, changes])) if changes is not None else b""

    def adopt(self, changes: Any) -> tuple[SolutionStatus, str] | None:
        """Apply changes that the process has made to its files; return why they cannot be, if so."""
        self._bytes += content_bytes(changes)
        if self._bytes > _MAX_BYTES:
            return SolutionStatus.OUTPUT_LIMIT, "wrote more to files than it may"
        try:
            apply_changes(current.tree, changes)
        except ValueCodecError as error:
            return SolutionStatus.CRASHED, str(error)
        return None
