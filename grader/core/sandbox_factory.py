"""Make the sandbox that a configuration asks for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from grader.config.settings import default_workers
from sandbox.sandbox import Sandbox, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.config.settings import GraderConfig

__all__ = ["HARNESS_RUNNER", "IN_PROCESS_RUNNER", "make_sandbox"]

HARNESS_RUNNER = "testcases.run:run_tests"
"""What puts answers to the exams that `grader.core.problems.prepare_problem` makes."""
IN_PROCESS_RUNNER = "testcases.in_process.solution:InProcessTests"
"""What holds tests in the answer's own process, where a problem asks for that."""


def make_sandbox(config: GraderConfig, environ: Mapping[str, str] | None = None) -> Sandbox:
    """A sandbox, of which no process has been started.

    Args:
        config: the settings.
        environ: the environment, which tells of Lambda; ``None`` is this process's.
    """
    return Sandbox(
        SandboxSettings(
            runner=HARNESS_RUNNER,
            in_process_runner=IN_PROCESS_RUNNER,
            paths=tuple(path for path in sys.path if path.startswith("/")),
            workers=config.workers or default_workers(os.environ if environ is None else environ),
            isolation=None if config.isolation == "auto" else config.isolation,
            require_isolation=config.require_isolation,
            preload=config.preloaded(),
            max_source_bytes=config.max_source_kb * 1024,
        )
    )
