"""The zygote: a clean, single-threaded fork server.

It imports what its children need, gives up its privileges, and then only forks
(`sandbox.processes.zygote.fork_server`).
It never sees an answer or a test: a child gets one connected descriptor, and everything else comes over that.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import json
import os
import posix
import resource
import socket
import sys
from typing import Any

from sandbox.isolation import functions, imports, layer_probes, privileges
from sandbox.processes.zygote.fork_server import ForkServer
from sandbox.wire.zygote_protocol import CHANNEL

__all__ = ["main"]

_SKIPPED_MODULES = ("ssl",)
"""What modules to preload would load if it were there, and do without: large, and of no use to any child."""


def main() -> Any:
    """Run a zygote; its configuration is the JSON in ``argv[1]``.

    Returns only in a child whose program stands on `ground`: what that takes.

    ``argv[2]`` is the pid of the process that has this one started; empty when that cannot be seen from here.
    ``argv[3]`` has a line for each of the kernel's walls: its name, and why it does not stand.

    Keys: ``control`` (descriptor), ``preload`` (module names), ``roles`` (letter to ``module:function`` or
    ``module:function|argument``: what makes the program that a child in that role runs), ``harness`` (letter of the
    role that may ask for solutions), ``uid`` (to become, when root), ``mark`` (a resource limit by which every
    descendant can be told), ``probe`` (whether to probe the other walls, too). Its first message is JSON: ``pid``,
    ``layers``, ``missing`` (modules that could not be loaded); or ``error``.
    """
    config, grader, layers = (sys.argv.pop(1) for _ in range(3))
    zygote, entries = _prepare(json.loads(config), int(grader) if grader else None, _parse_reasons(layers))
    role = zygote.serve()
    # Only a child gets here, and the frames that served requests are gone from its stack.
    take = entries[role](CHANNEL)
    if take is None:
        os._exit(0)
    return take


def _parse_reasons(lines: str) -> dict[str, str]:
    """Why each wall does not stand; empty when it does."""
    return {name: why for name, _, why in (line.partition(" ") for line in lines.splitlines())}


def _prepare(config: dict[str, Any], grader: int | None, layers: dict[str, str]) -> tuple[ForkServer, dict[str, Any]]:
    """The server, and the programs of its children by the letters of their roles.

    What is let go of here, no child needs to take apart.
    """
    control = socket.socket(fileno=config["control"])
    os.register_at_fork = _ignore_at_fork_hooks
    try:
        # While this process is small: it is forked for each, and the children are at work beside what follows.
        probing = layer_probes.LayerProbes(config["uid"], grader) if config["probe"] else None
        missing = _preload(config["preload"])
        entries = {letter: _make_program(target) for letter, target in config["roles"].items()}
        if probing is not None:
            layers = probing.reasons() | layers
        standing = {name for name, why in layers.items() if not why}
        offspring = _open_children_list() if "orphans" in standing else -1
        _tag_self(config["tag"])
        privileges.drop(config["uid"])
    except Exception as error:  # noqa: BLE001 - whatever keeps a zygote from starting is told to its parent
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"[:2000]}).encode())
        sys.exit(1)
    reports = [{"name": name, "active": not why, "reason": why} for name, why in layers.items()]
    control.send(json.dumps({"pid": os.getpid(), "walls": reports, "missing": missing}).encode())
    os.register_at_fork = posix.register_at_fork
    zygote = ForkServer(control, config["harness"], offspring, killing_by_descriptor="seccomp" in standing)
    functions.apply()
    # What holds itself and is then frozen stays for good: a child need not take it apart, and closes no descriptor.
    kept: list[Any] = [zygote, imports.apply()]
    vars(sys.modules["__main__"]).clear()
    vars(sys.modules["__main__"]).update(__name__="__main__", __builtins__=builtins)
    kept.append(kept)
    # Not collected before: what little there is to find is not worth the time, and leaves holes in pages that children
    # would write to.
    gc.freeze()
    gc.disable()
    return zygote, entries


def _open_children_list() -> int:
    """The kernel's list of this process's children (proc(5), ``/proc/PID/task/TID/children``), if it keeps one."""
    try:
        return os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _tag_self(tag: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (tag, tag))
    except (OSError, ValueError):
        return  # the host allows less; descendants can then be told by their session only


def _ignore_at_fork_hooks(**_: Any) -> None:
    """In the place of `os.register_at_fork`.

    This process has one thread, so no lock needs to be made anew in a child; and a random generator that is not seeded
    anew is the same in each.
    """


def _preload(names: list[str]) -> list[str]:
    """Load modules; those that could not be loaded."""
    for name in _SKIPPED_MODULES:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # "cannot be imported", to the import system
    try:
        return [name for name in names if not _load(name)]
    finally:
        for name in [name for name in _SKIPPED_MODULES if sys.modules[name] is None]:
            del sys.modules[name]


def _load(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _make_program(target: str) -> Any:
    path, _, argument = target.partition("|")
    module, _, function = path.partition(":")
    make = getattr(importlib.import_module(module), function)
    return make(argument) if argument else make()
