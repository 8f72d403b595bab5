"""The launcher: applies the kernel layers, and then becomes the zygote.

Kernel layers are inherited by every process that is forked and survive exec(2), so they are applied once, before the
zygote. Python needs `ctypes` to apply them, which must not be in the memory of a process that solution processes are
forked from: so the launcher executes a fresh interpreter afterwards. Where no kernel layer works, it becomes the zygote
as it is.

Every start waits for the launcher, so it and what it imports do without modules that take long to load.
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

# The garbage collector is off from the first statement on: a collection writes to the header of every object, and after
# a fork that would copy nearly every page. Processes that need it turn it on again.
_ZYGOTE = (
    "import gc; gc.disable(); import os, sys; "
    "sys.argv[1:2] = os.fsdecode(os.read(int(sys.argv[1]), 1 << 17)).split('\\0'); "
    "sys.path += sys.argv.pop(1).split('\\n'); "
    "from sandbox.processes import base_frame; from sandbox.processes.zygote import zygote; "
    "base_frame.run(zygote.main())"
)


def main() -> Any:
    """Launch a zygote; return what `sandbox.processes.zygote.zygote.main` returns.

    ``argv``, from 1; all but the first item was the first packet over ``control``:

    * the descriptor ``control``;
    * paths where modules are found, one a line;
    * the tier to stay within, or an empty string;
    * ``own pids`` if the zygote gets a pid namespace where the tier has one, else an empty string;
    * the pid of the grader's process.

    The second packet has the paths again, and the zygote's configuration. It stays in the socket if another
    interpreter is executed, which needs both, and reads them by itself.

    If the zygote gets a pid namespace, this process stays as its parent, and the first message over ``control`` is
    JSON: ``zygote``, the zygote's pid as the host counts.
    """
    control, paths, isolation, own_pids, grader = sys.argv[1:]
    layers = limit_to(isolation or None, not_probed() if isolation == "rlimit" else probe_kernel_layers())
    to_apply = {name for name, why in layers.items() if not why}
    reasons = "\n".join(f"{name} {why}" for name, why in layers.items())
    if to_apply:
        try:
            _apply_layers(to_apply, paths.split("\n"), int(control), own_pids=bool(own_pids))
            hidden = bool(own_pids) and "namespaces" in to_apply
            _become_zygote([control, "" if hidden else grader, reasons])
        except OSError as error:
            _refuse(int(control), error)
    _, config = os.fsdecode(os.read(int(control), 1 << 17)).split("\0")
    sys.argv[1:] = [config, grader, reasons]
    from sandbox.processes.zygote.zygote import main as zygote  # noqa: PLC0415 - only where it is not started anew

    return zygote()


def _apply_layers(names: Collection[str], paths: list[str], control: int, *, own_pids: bool) -> None:
    from sandbox.isolation import landlock, namespaces, no_new_privs, orphans, seccomp  # noqa: PLC0415 - ctypes

    # The filter will allow execveat(2) from this descriptor only. O_PATH works also for an interpreter that may be run
    # but not read (open(2)), which hides the memory of its processes (sandbox.isolation.unreadable).
    interpreter = os.open(sys.executable, os.O_PATH)
    os.dup2(interpreter, seccomp.INTERPRETER, inheritable=False)
    os.close(interpreter)
    # The order matters: a layer can forbid what another one needs.
    # - Namespaces need unshare(2) and mount(2): the filter refuses both, and Landlock refuses changes to mounts.
    # - unshare(2) moves only later children into a pid namespace, so the rest goes on in a child (pid_namespaces(7)).
    # - The settings of orphans are not inherited: they come after that fork, and before the filter, which limits prctl.
    # - Landlock and the filter are refused to an unprivileged process without no_new_privs. The filter is last.
    if namespaces.NAME in names:
        namespaces.enter(own_pids=own_pids)
        if own_pids:
            _continue_as_first_process(control)
        namespaces.make_mounts(own_pids=own_pids)
    if orphans.NAME in names:
        orphans.apply()
    no_new_privs.apply()
    if landlock.NAME in names:
        landlock.apply(paths)
    if seccomp.NAME in names:
        seccomp.apply()


def _become_zygote(arguments: list[str]) -> NoReturn:
    from sandbox.isolation import seccomp, system_calls  # noqa: PLC0415 - ctypes

    # The interpreter's own options, such as -I, are not in sys.argv; the zygote must start with the same ones.
    flags = sys.orig_argv[1 : sys.orig_argv.index("-c")]
    command = [sys.executable, *flags, "-c", _ZYGOTE, *arguments]
    system_calls.execute(seccomp.INTERPRETER, command, [f"{name}={value}" for name, value in os.environ.items()])
    raise AssertionError


def _continue_as_first_process(control: int) -> None:
    """Continue in a child, the first process of the pid namespace; this process stays until the child ends."""
    pid = os.fork()
    if pid == 0:
        return
    # The child sees only its pid in the namespace, which is 1. The grader needs the one that the host counts.
    os.write(control, b'{"zygote": %d}' % pid)
    os.close(control)
    _, status = os.waitpid(pid, 0)
    os._exit(abs(os.waitstatus_to_exitcode(status)))


def _refuse(control: int, error: OSError) -> NoReturn:
    import json  # noqa: PLC0415 - slow to import, and hardly ever needed

    # Layers that were probed successfully fail now. To go on without them would be weaker isolation than reported.
    os.write(control, json.dumps({"error": f"an isolation layer that works here cannot be applied: {error}"}).encode())
    sys.exit(1)
