"""Make the sandbox that a configuration asks for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from grader.config.settings import default_lanes
from sandbox.sandbox import Sandbox, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.config.settings import GraderConfig

__all__ = ["CONDUCTOR", "INSIDER", "sandbox_of"]

CONDUCTOR = "testcases.run:conduct"
"""What puts answers to the exams that `grader.core.problems.prepare_problem` makes."""
INSIDER = "testcases.in_process.solution:Inside"
"""What holds tests in the answer's own process, where a problem asks for that."""


def sandbox_of(config: GraderConfig, environ: Mapping[str, str] | None = None) -> Sandbox:
    """A sandbox, of which no process has been started.

    Args:
        config: the settings.
        environ: the environment, which tells of Lambda; ``None`` is this process's.
    """
    return Sandbox(
        SandboxSettings(
            conductor=CONDUCTOR,
            insider=INSIDER,
            paths=tuple(path for path in sys.path if path.startswith("/")),
            lanes=config.lanes or default_lanes(os.environ if environ is None else environ),
            isolation=None if config.isolation == "auto" else config.isolation,
            require_isolation=config.require_isolation,
            preload=config.preloaded(),
            max_source_bytes=config.max_source_kb * 1024,
        )
    )
