"""Make the sandbox that a configuration asks for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from grader.config.memory import executors_in, host_memory_mb
from grader.config.settings import default_workers
from sandbox.sandbox import Sandbox, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.config.settings import GraderConfig

__all__ = ["HARNESS_PREPARER", "HARNESS_RUNNER", "IN_PROCESS_RUNNER", "make_sandbox"]

HARNESS_RUNNER = "testcases.run:run_tests"
"""Runner of the test specs that `grader.core.problems.prepare_problem` makes."""
HARNESS_PREPARER = "testcases.run:prepare"
"""Compiles the code of a test spec for that runner."""
IN_PROCESS_RUNNER = "testcases.in_process.solution:InProcessTests"
"""Runner of tests in the answer's own process, for problems that opt in."""


def make_sandbox(config: GraderConfig, environ: Mapping[str, str] | None = None) -> Sandbox:
    """Make a sandbox. No process is started yet.

    Args:
        config: the settings.
        environ: the environment, which shows whether this is Lambda; ``None``: that of this process.
    """
    environ = os.environ if environ is None else environ
    workers = config.workers or default_workers(environ)
    executors = executors_in(host_memory_mb(environ), workers, config.sandbox_limits())
    return Sandbox(
        SandboxSettings(
            runner=HARNESS_RUNNER,
            preparer=HARNESS_PREPARER,
            in_process_runner=IN_PROCESS_RUNNER,
            # Relative entries such as "" would name another folder in a process with another working directory.
            paths=tuple(path for path in sys.path if path.startswith("/")),
            workers=workers,
            spares=executors - workers,
            isolation=None if config.isolation == "auto" else config.isolation,
            require_isolation=config.require_isolation,
            preload=config.preloaded(),
            max_source_bytes=config.max_source_kb * 1024,
        )
    )
