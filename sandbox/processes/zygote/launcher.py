"""The launcher: puts up the kernel's walls, and then becomes the zygote.

The kernel's walls are inherited by every process that is forked and survive exec(2), so they are put up once, before
the zygote. Python needs `ctypes` for them, which must not be in the memory of a process that an answer's is forked
from: so the launcher becomes a fresh interpreter afterwards. Where none of these walls can stand, it becomes the
zygote as it is.

Every start waits for it, so it and what it imports do without the modules that take the interpreter long to load.
"""

from __future__ import annotations

import os
import sys

from sandbox.isolation.tiers import limit_to, not_probed, probe_kernel_layers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any, NoReturn

__all__ = ["main"]

_ZYGOTE = (
    "import gc; gc.disable(); import sys; sys.path += sys.argv.pop(1).split('\\n'); "
    "from sandbox.processes import base_frame; from sandbox.processes.zygote import zygote; "
    "base_frame.run(zygote.main())"
)


def main() -> Any:
    """Launch a zygote. Returns what `sandbox.processes.zygote.zygote.main` does.

    ``argv``, from 1: where modules are found, a path a line; the descriptor ``control``; the tier to stay within, or
    nothing; whether the zygote gets a pid namespace where the tier has one: something, or nothing; pid of the process
    to be protected; the configuration of the zygote. Where it gets a pid namespace, this process stays as the zygote's
    parent, and its first message is JSON: ``zygote``, the zygote's pid as the host counts.
    """
    paths, control, isolation, processes, grader, config = sys.argv[1:]
    layers = limit_to(isolation or None, not_probed() if isolation == "rlimit" else probe_kernel_layers())
    standing = {name for name, why in layers.items() if not why}
    told = "\n".join(f"{name} {why}" for name, why in layers.items())
    if standing:
        try:
            _apply_layers(standing, paths.split("\n"), int(control), processes=bool(processes))
            hidden = bool(processes) and "namespaces" in standing
            _become_zygote([paths, config, "" if hidden else grader, told])
        except OSError as error:
            _refuse(int(control), error)
    sys.argv[1:] = [config, grader, told]
    from sandbox.processes.zygote.zygote import main as zygote  # noqa: PLC0415 - only where it is not started anew

    return zygote()


def _apply_layers(standing: Collection[str], paths: list[str], control: int, *, processes: bool) -> None:
    from sandbox.isolation import landlock, namespaces, no_new_privs, orphans, seccomp  # noqa: PLC0415 - ctypes

    interpreter = os.open(sys.executable, os.O_PATH)
    os.dup2(interpreter, seccomp.INTERPRETER, inheritable=False)
    os.close(interpreter)
    if namespaces.NAME in standing:
        namespaces.enter(processes=processes)
        if processes:
            _continue_as_first_process(control)
        namespaces.make_mounts(processes=processes)
    if orphans.NAME in standing:
        orphans.apply()
    no_new_privs.apply()
    if landlock.NAME in standing:
        landlock.apply(paths)
    if seccomp.NAME in standing:
        seccomp.apply()


def _become_zygote(arguments: list[str]) -> NoReturn:
    from sandbox.isolation import seccomp, system_calls  # noqa: PLC0415 - ctypes

    flags = sys.orig_argv[1 : sys.orig_argv.index("-c")]
    command = [sys.executable, *flags, "-c", _ZYGOTE, *arguments]
    system_calls.execute(seccomp.INTERPRETER, command, [f"{name}={value}" for name, value in os.environ.items()])
    raise AssertionError


def _continue_as_first_process(control: int) -> None:
    """Go on in a child, which is the first process of its namespace; this one ends when that does."""
    pid = os.fork()
    if pid == 0:
        return
    os.write(control, b'{"zygote": %d}' % pid)
    os.close(control)
    _, status = os.waitpid(pid, 0)
    os._exit(abs(os.waitstatus_to_exitcode(status)))


def _refuse(control: int, error: OSError) -> NoReturn:
    import json  # noqa: PLC0415 - slow to import, and hardly ever wanted

    os.write(control, json.dumps({"error": f"a wall that can stand cannot be put up: {error}"}).encode())
    sys.exit(1)
