"""Which walls a process can put up by itself on this host. Asked once, in forked children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.isolation import audit, functions, imports, privileges, rlimits, unreadable
from sandbox.isolation.tiers import failure_reason, start_probes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.isolation.tiers import ForkedProbe

__all__ = ["LayerProbes"]


class LayerProbes:
    """The probes of the walls that a process puts up by itself, each at work in a child of its own.

    Args:
        uid: the user to become, when root.
        grader: pid of the process to be protected; ``None`` when it cannot even be seen.
    """

    def __init__(self, uid: int, grader: int | None) -> None:
        probes: dict[str, Callable[[], str | None]] = {
            privileges.NAME: lambda: privileges.probe(uid),
            rlimits.NAME: lambda: privileges.probe(uid) or rlimits.probe(),
            functions.NAME: functions.probe,
            imports.NAME: imports.probe,
            audit.NAME: audit.probe,
            unreadable.NAME: lambda: None if grader is None else unreadable.probe(uid, grader),
        }
        self._asked: dict[str, ForkedProbe] = start_probes(probes)

    def reasons(self) -> dict[str, str]:
        """Why each wall cannot stand, empty when it can, once all children are done. To be called once."""
        return {name: failure_reason(asked) for name, asked in self._asked.items()}
