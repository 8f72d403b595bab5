"""The launcher: puts up the kernel's walls, and then becomes the zygote.

The kernel's walls are inherited by every process that is forked and survive exec(2), so they are put up once, before
the zygote. Python needs `ctypes` for them, which must not be in the memory of a process that an answer's is forked
from: so the launcher becomes a fresh interpreter afterwards. Where none of these walls can stand, it becomes the
zygote as it is.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any, NoReturn

from sandbox.walls.probe import probe_kernel_walls
from sandbox.walls.report import Tier, limit_to, unasked

__all__ = ["main"]

_ZYGOTE = (
    "import sys; sys.path[:0] = sys.argv.pop(1).split('\\n'); "
    "from sandbox.processes import ground, zygote; ground.stand(zygote.main())"
)


def main() -> Any:
    """Launch a zygote; the configuration is the JSON in ``argv[2]``, and ``argv[1]`` says where modules are found.

    Returns what `sandbox.processes.zygote.main` does.

    Keys, besides those of `sandbox.processes.zygote.main`: ``isolation`` (the tier to stay within, or null),
    ``processes`` (whether the zygote gets a pid namespace where the tier has one). Where it does, this process stays as
    the zygote's parent, and its first message is JSON: ``zygote``, the zygote's pid as the host counts.
    """
    paths, config = sys.argv[1], json.loads(sys.argv[2])
    isolation = None if config["isolation"] is None else Tier(config["isolation"])
    walls = limit_to(isolation, unasked() if isolation is Tier.RLIMIT else probe_kernel_walls())
    config["walls"] = [wall.as_dict() for wall in walls]
    standing = {wall.name for wall in walls if wall.stands}
    if standing:
        try:
            _become_zygote(paths, config, standing)
        except OSError as error:
            with socket.socket(fileno=config["control"]) as channel:
                channel.send(json.dumps({"error": f"a wall that can stand cannot be put up: {error}"}).encode())
            sys.exit(1)
    sys.argv[1:] = [json.dumps(config)]
    from sandbox.processes.zygote import main as zygote  # noqa: PLC0415 - only where it is not started anew

    return zygote()


def _become_zygote(paths: str, config: dict[str, Any], standing: set[str]) -> NoReturn:
    from sandbox.walls import kernel, landlock, namespaces, no_new_privs, orphans, seccomp  # noqa: PLC0415 - ctypes

    interpreter = os.open(sys.executable, os.O_PATH)
    os.dup2(interpreter, seccomp.INTERPRETER, inheritable=False)
    os.close(interpreter)
    if namespaces.NAME in standing:
        namespaces.enter(processes=config["processes"])
        if config["processes"]:
            config["grader"] = None
            _continue_as_first_process(config["control"])
        namespaces.furnish(processes=config["processes"])
    if orphans.NAME in standing:
        orphans.put_up()
    no_new_privs.put_up()
    if landlock.NAME in standing:
        landlock.put_up(paths.split("\n"))
    if seccomp.NAME in standing:
        seccomp.put_up()
    flags = sys.orig_argv[1 : sys.orig_argv.index("-c")]
    arguments = [sys.executable, *flags, "-c", _ZYGOTE, paths, json.dumps(config)]
    kernel.execute(seccomp.INTERPRETER, arguments, [f"{name}={value}" for name, value in os.environ.items()])
    raise AssertionError


def _continue_as_first_process(control: int) -> None:
    """Go on in a child, which is the first process of its namespace; this one ends when that does."""
    pid = os.fork()
    if pid == 0:
        return
    with socket.socket(fileno=control) as channel:
        channel.send(json.dumps({"zygote": pid}).encode())
    _, status = os.waitpid(pid, 0)
    os._exit(abs(os.waitstatus_to_exitcode(status)))
