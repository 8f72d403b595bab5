"""Which walls stand on this host. Asked once, in forked children, because some hosts kill the process that asks."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from sandbox.walls import audit, functions, imports, privileges, rlimits, unreadable
from sandbox.walls.report import KERNEL_WALLS, WallReport

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["probe_kernel_walls", "probe_walls"]


def probe_walls(uid: int, grader: int | None) -> list[WallReport]:
    """Probe the walls that a process puts up by itself, each in a child of its own.

    Args:
        uid: the user to become, when root.
        grader: pid of the process to be protected; ``None`` when it cannot even be seen.
    """
    probes: dict[str, Callable[[], str | None]] = {
        privileges.NAME: lambda: privileges.probe(uid),
        rlimits.NAME: lambda: privileges.probe(uid) or rlimits.probe(),
        functions.NAME: functions.probe,
        imports.NAME: imports.probe,
        audit.NAME: audit.probe,
        unreadable.NAME: lambda: None if grader is None else unreadable.probe(uid, grader),
    }
    return [_report(name, probe) for name, probe in probes.items()]


def probe_kernel_walls() -> list[WallReport]:
    """Probe the walls of `sandbox.walls.report.KERNEL_WALLS`; `ctypes` is loaded in a child only."""
    answer = _ask(_all_kernel_walls)
    if not answer.startswith("["):
        return [WallReport(name, stands=False, reason=answer or "the probe was killed") for name in KERNEL_WALLS]
    return [WallReport(**report) for report in json.loads(answer)]


def _all_kernel_walls() -> str:
    from sandbox.walls import landlock, namespaces, no_new_privs, orphans, seccomp  # noqa: PLC0415 - loads ctypes

    walls = (namespaces, no_new_privs, orphans, landlock, seccomp)
    return json.dumps([_report(wall.NAME, wall.probe).as_dict() for wall in walls])


def _report(name: str, probe: Callable[[], str | None]) -> WallReport:
    answer = _ask(lambda: probe() or "=")
    if answer == "=":
        return WallReport(name, stands=True)
    return WallReport(name, stands=False, reason=answer or "the probe was killed")


def _ask(question: Callable[[], str]) -> str:
    """What a function says in a forked child; the empty string when that dies of it."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            answer = question()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
            answer = f"{type(error).__name__}: {error}"
        os.write(writer, answer.encode(errors="replace")[:4000])
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answers:
        said = answers.read()
    os.waitpid(pid, 0)
    return said.decode(errors="replace")
