"""Probes of the layers that a process applies by itself; they run once at the start, in forked children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.isolation import audit, functions, imports, privileges, rlimits, unreadable
from sandbox.isolation.tiers import failure_reason, start_probes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.isolation.tiers import ForkedProbe

__all__ = ["LayerProbes"]


class LayerProbes:
    """Probes of the layers that a process applies by itself, each running in a child of its own.

    Args:
        uid: user to become, if this process is root.
        grader: pid of the grader's process; ``None`` when it cannot be seen from here, which protects it.
    """

    def __init__(self, uid: int, grader: int | None) -> None:
        probes: dict[str, Callable[[], str | None]] = {
            privileges.NAME: lambda: privileges.probe(uid),
            # RLIMIT_NPROC does not bind root (getrlimit(2)): only an unprivileged child can tell whether it holds.
            rlimits.NAME: lambda: privileges.probe(uid) or rlimits.probe(),
            functions.NAME: functions.probe,
            imports.NAME: imports.probe,
            audit.NAME: audit.probe,
            unreadable.NAME: lambda: None if grader is None else unreadable.probe(uid, grader),
        }
        self._running: dict[str, ForkedProbe] = start_probes(probes)

    def reasons(self) -> dict[str, str]:
        """Wait for all children, and return why each layer does not work; empty where it does. To be called once."""
        return {name: failure_reason(probe) for name, probe in self._running.items()}
