"""The zygote: a clean, single-threaded fork server.

It imports what its children need, drops its privileges, and from then on only forks
(`sandbox.processes.zygote.fork_server`). It never sees an answer or a test: a child gets one connected descriptor, and
everything else comes over that.

A forked child shares the zygote's pages until one of the two writes to them (fork(2), copy-on-write). Each page that is
copied costs a page fault, and a run has hundreds. So whatever can be prepared is prepared here, once, and children
change as little as they can.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import io
import json
import os
import posix
import resource
import socket
import sys
from typing import TYPE_CHECKING, Any

from sandbox.isolation import functions, imports, layer_probes, privileges
from sandbox.processes import library_folders, safe_buffers
from sandbox.processes.loading import load_object
from sandbox.processes.small_zygote import SmallZygote, fork_small_zygote
from sandbox.processes.zygote.fork_server import ForkServer
from sandbox.wire.small_modules import SMALL_MODULES
from sandbox.wire.zygote_protocol import CHANNEL, SOLUTION

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

_SKIPPED_MODULES = ("ssl",)
"""Modules that preloaded modules import if they can, and do without: large, and of no use to any child."""


def main() -> Any:
    """Run a zygote.

    ``argv``, from 1:

    * its configuration, as JSON;
    * the pid of the grader's process, or nothing if that cannot be seen from here;
    * for each kernel layer a line: its name, and why it is not active.

    Keys of the configuration:

    * ``control``: descriptor of the socket to its parent;
    * ``preload``: names of modules to load;
    * ``roles``: by letter, ``module:function`` or ``module:function|argument``, which makes the program that a child in
      that role runs;
    * ``harness``: letter of the role that may ask for solution processes;
    * ``small``: ``module:function`` that makes the program of the small zygote's children; empty if there is none;
    * ``uid``: user to become, if root;
    * ``tag``: value of a resource limit by which all descendants can be found;
    * ``probe``: whether to probe the other layers, too.

    The first message is JSON: ``pid``, ``small`` (pid of the small zygote or 0), ``layers`` (reports of the layers) and
    ``missing`` (modules that could not be loaded); or ``error``.

    Returns:
        In the zygote, never. In a child whose program runs on `sandbox.processes.base_frame`: the argument of its
        `run`. Other children end here.
    """
    config, grader, layers = (sys.argv.pop(1) for _ in range(3))
    # The title for ps(1), the grader's pid and paths, which are of no interest to an answer.
    sys._xoptions.clear()
    sys.orig_argv[:] = ["python3", "solution.py"]
    zygote, programs = _prepare(json.loads(config), int(grader) if grader else None, _parse_reasons(layers))
    role = zygote.serve()
    # Only a child gets here, and the frames that served requests are gone from its stack.
    take = programs[role](CHANNEL)
    if take is None:
        os._exit(0)
    return take


def _parse_reasons(lines: str) -> dict[str, str]:
    return {name: why for name, _, why in (line.partition(" ") for line in lines.splitlines())}


def _prepare(config: dict[str, Any], grader: int | None, layers: dict[str, str]) -> tuple[ForkServer, dict[str, Any]]:
    """Make the fork server, and the programs of its children by the letters of their roles."""
    # What is no longer needed is freed when this function returns. Otherwise each child would free it, page by page.
    control = socket.socket(fileno=config["control"])
    os.register_at_fork = _ignore_at_fork_hooks
    active = {name for name, why in layers.items() if not why}
    small: SmallZygote | None = None
    try:
        # First, because each probe forks this process while it is small, and runs beside what follows.
        probes = layer_probes.LayerProbes(config["uid"], grader) if config["probe"] else None
        children_list = _open_children_list() if "orphans" in active else -1
        if config["small"]:
            small_program = _load_small(config["small"])
            small = fork_small_zygote()
            if small.pid == 0:
                control.close()
                return _prepare_small(config, small_program, small, children_list, use_pidfd="seccomp" in active)
        missing = _preload(config["preload"])
        programs = {letter: _make_program(target) for letter, target in config["roles"].items()}
        if probes is not None:
            layers = probes.reasons() | layers
        # Last, because root may be needed for each of the others, such as to read modules or to raise a limit.
        folders = library_folders.open_folders() if config["harness"] else []
        _tag_self(config["tag"])
        privileges.drop(config["uid"])
        if small is not None:
            small.wait_until_ready()
    except Exception as error:  # noqa: BLE001 - the parent reports whatever keeps a zygote from starting
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"[:2000]}).encode())
        sys.exit(1)
    reports = [{"name": name, "active": not why, "reason": why} for name, why in layers.items()]
    hello = {"pid": os.getpid(), "layers": reports, "missing": missing, "small": small.pid if small is not None else 0}
    control.send(json.dumps(hello).encode())
    library_folders.opened = folders
    zygote = ForkServer(
        control,
        config["harness"],
        children_list,
        folder_count=len(folders),
        use_pidfd="seccomp" in active,
        small=small,
    )
    _close_up(zygote, programs, has_files=bool(config["harness"]))
    return zygote, programs


def _load_small(target: str) -> Callable[[], Any]:
    """Load the modules of the small zygote, and return what makes its program."""
    for name in SMALL_MODULES:
        _load(name)
    from sandbox.processes.memory_files import install  # noqa: F401, PLC0415 - loaded here, and used in both

    make: Callable[[], Any] = load_object(target)
    return make


def _prepare_small(
    config: dict[str, Any], make_program: Callable[[], Any], link: SmallZygote, children_list: int, *, use_pidfd: bool
) -> tuple[ForkServer, dict[str, Any]]:
    """Make the small zygote's fork server and program, in its process."""
    try:
        programs = {SOLUTION: make_program()}
        _tag_self(config["tag"])
        privileges.drop(config["uid"])
    except Exception as error:  # noqa: BLE001 - as above
        link.say_ready(f"{type(error).__name__}: {error}")
        os._exit(1)
    zygote = ForkServer(link.channel, "", children_list, folder_count=0, use_pidfd=use_pidfd, own_pid=os.getpid())
    _close_up(zygote, programs, has_files=True, is_small=True)
    link.say_ready()
    return zygote, programs


def _close_up(zygote: ForkServer, programs: dict[str, Any], *, has_files: bool, is_small: bool = False) -> None:
    """Take away what children must not have, and freeze the rest."""
    os.register_at_fork = posix.register_at_fork
    # These two are applied here, once, because that writes to the dicts of all modules. Children that run no answer
    # revert them.
    functions.apply()
    if has_files:  # a zygote of answers and their tests; analyzers touch no files
        # Not at the top: it imports random, whose hook would seed every child anew.
        from sandbox.processes.memory_files.install import install as install_memory_files  # noqa: PLC0415 - as above

        install_memory_files()
        safe_buffers.install(io.open)
    # A list that contains itself is freed only by the collector, and never once it is frozen. So children do not free
    # the fork server, which would copy pages and close descriptors that they have reused by then; nor the programs,
    # with all that was prepared for them, which took more than a third of the page faults of an answer's process.
    immortal: list[Any] = [zygote, programs, imports.apply(leave=is_small)]
    if is_small:  # it forks no process that reverts them
        functions.seal()
        imports.seal()
    vars(sys.modules["__main__"]).clear()
    vars(sys.modules["__main__"]).update(__name__="__main__", __builtins__=builtins)
    immortal.append(immortal)
    # gc.freeze keeps collections in children away from all that exists now, because visiting an object writes to its
    # header. There is no gc.collect before: it finds little, and leaves holes in pages, which children would then fill
    # and so copy (https://docs.python.org/3/library/gc.html#gc.freeze).
    gc.freeze()
    gc.disable()


def _open_children_list() -> int:
    """Open the kernel's list of this process's children; -1 if it has none (CONFIG_PROC_CHILDREN, proc(5))."""
    # Opened once: what is read from it is current each time, and without privileges it might not be opened later.
    try:
        return os.open(f"/proc/self/task/{os.getpid()}/children", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _tag_self(tag: int) -> None:
    # RLIMIT_MSGQUEUE is of use to nothing else here: POSIX message queues cannot be opened. It is inherited by every
    # descendant, cannot be raised again, and can be read by others in /proc/PID/limits.
    try:
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (tag, tag))
    except (OSError, ValueError):
        return  # the host allows less; the reaper then knows descendants by their session only


def _ignore_at_fork_hooks(**_: Any) -> None:
    """Replace `os.register_at_fork` while modules are loaded.

    Hooks would run in each child, and write to memory. None is needed: this process has one thread, so no lock is held
    during a fork; and the random generator shall be in the same state in each child.
    """


def _preload(names: list[str]) -> list[str]:
    """Load modules, and return the names of those that could not be loaded."""
    for name in _SKIPPED_MODULES:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # makes the import system raise ImportError
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
    make = load_object(path)
    return make(argument) if argument else make()
