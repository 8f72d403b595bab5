"""Which walls stand on this host. Asked once, in forked children, because some hosts kill the process that asks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sandbox.walls import audit, functions, imports, privileges, rlimits
from sandbox.walls.report import WallReport

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["probe_walls"]


def probe_walls(uid: int = privileges.UNPRIVILEGED_UID) -> list[WallReport]:
    """Probe every wall, each in a child of its own."""
    probes: dict[str, Callable[[], str | None]] = {
        privileges.NAME: lambda: privileges.probe(uid),
        rlimits.NAME: lambda: privileges.probe(uid) or rlimits.probe(),
        functions.NAME: functions.probe,
        imports.NAME: imports.probe,
        audit.NAME: audit.probe,
    }
    return [_probe(name, probe) for name, probe in probes.items()]


def _probe(name: str, probe: Callable[[], str | None]) -> WallReport:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            reason = probe()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the reason
            reason = f"{type(error).__name__}: {error}"
        os.write(writer, b"=" if reason is None else reason.encode(errors="replace")[:4000])
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answers:
        answer = answers.read()
    os.waitpid(pid, 0)
    if answer == b"=":
        return WallReport(name, stands=True)
    return WallReport(name, stands=False, reason=answer.decode() or "the probe was killed")
