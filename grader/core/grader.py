"""The grader: grade samples in a sandbox, for any number of callers at a time."""

from __future__ import annotations

import os
import platform
import weakref
from typing import TYPE_CHECKING, Any

from grader.config.settings import GraderConfig
from grader.core.base_grader import BaseGrader
from grader.core.grading_loop import GradingLoop
from grader.core.sandbox_factory import make_sandbox
from grader.types import HostReport
from sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.conformance.kit import AttackResult, ConformanceReport

__all__ = ["Grader"]

_ATTACK_MARGIN_S = 3.0
"""Time for attacks of the conformance kit that have begun already to end."""


class Grader(BaseGrader):
    """Grades samples. Keeps its processes between calls.

    Any number of threads and event loops may call it at a time: their samples are graded side by side, each call by its
    own deadline, and none waits for the endless answers of another. A call with few samples in the sandbox comes before
    one with many. Equal samples that are graded at the same time are graded once.

    A forked copy, and one that was pickled, has the settings and starts processes of its own at its first use.

    Args:
        config: the settings.
        environ: the environment, which shows whether this is Lambda; ``None``: that of this process.
        file_root: folder of the files that references may name, where the settings name none; ``None``: no files.
        sandbox: sandbox made of these settings (`grader.core.sandbox_factory`), for this grader alone; ``None``: the
            grader makes one.
    """

    def __init__(
        self,
        config: GraderConfig | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        file_root: Path | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self.config = config if config is not None else GraderConfig()
        self._file_root = file_root
        self._use(make_sandbox(self.config, environ) if sandbox is None else sandbox)
        _graders.add(self)

    def _use(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._loop: GradingLoop = GradingLoop(sandbox, self.config, self._file_root)
        # A grader that is dropped without having been closed leaves no thread and no processes.
        self._finalizer = weakref.finalize(self, self._loop.request_close)
        self._finalizer.atexit = False

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (self.config, self._file_root)

    @property
    def workers(self) -> int:
        """Number of answers that run at a time."""
        return self._sandbox.settings.workers

    def host(self) -> HostReport:
        """Describe the host; starts the processes if they do not run.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        """
        self._start()
        tier, layers = self._sandbox.tier, self._sandbox.layers
        if tier is None:
            raise RuntimeError("the grader was closed while it started")
        return HostReport(tier, layers, self._sandbox.settings.workers, platform.python_version(), platform.release())

    def _start(self) -> None:
        """Start the processes, unless they run."""
        self.grade_batch([])

    def check_conformance(
        self, *, deadline_s: float | None = None, on_result: Callable[[AttackResult], None] | None = None
    ) -> ConformanceReport:
        """Run every bundled attack in a sandbox built as this grader's own; see `sandbox.conformance.kit`.

        Args:
            deadline_s: seconds from now by which the report is needed, less the configured margin. Attacks that
                have not begun by then are marked so. ``None``: no deadline.
            on_result: called with each result as soon as it is there.

        Raises:
            sandbox.errors.IsolationError: the host cannot give the isolation that is demanded.
        """
        from sandbox.conformance.kit import check_conformance  # noqa: PLC0415 - rarely wanted

        if deadline_s is not None:
            deadline_s = max(0.0, deadline_s - self.config.deadline_margin_s - _ATTACK_MARGIN_S)
        return check_conformance(self._sandbox.settings, deadline_s=deadline_s, on_result=on_result)

    def leave_to_parent(self) -> None:
        """Leave processes, threads and locks to the process that this one was forked from; called after each fork."""
        self._finalizer.detach()
        _left_behind.append(self._loop)
        self._loop.abandon()
        self._use(Sandbox(self._sandbox.settings))


_graders: weakref.WeakSet[Grader] = weakref.WeakSet()
_left_behind: list[GradingLoop] = []
"""Loops of the process that this one was forked from. Their coroutines must not be closed here, nor by the garbage
collector: they would clear up what belongs to that process."""


def _after_fork_in_child() -> None:
    for grader in list(_graders):
        grader.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork_in_child)


def _unpickle(config: GraderConfig, file_root: Path | None) -> Grader:
    return Grader(config, file_root=file_root)
