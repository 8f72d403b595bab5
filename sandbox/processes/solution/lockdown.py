"""Lockdown: applies the isolation layers of a solution process, as the last thing before the answer is compiled."""

from __future__ import annotations

import _sitebuiltins
import builtins
import gc
import sys
from typing import TYPE_CHECKING

from sandbox.isolation import audit, functions, imports, rlimits
from sandbox.processes.solution import marshal_shim

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from sandbox.wire.protocol import LoadSettings

__all__ = ["prepare", "prepare_small"]

_QUITTERS = tuple(_sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)") for name in ("exit", "quit"))
"""Objects as the module ``site`` makes them. It is not imported here (option -S), and programs use them."""

_HIDDEN = "resource"
"""Module that os.wait4 imports to make its result, so the zygote has to have it. An answer must not; one that names it
gets a replacement, which is loaded afterwards."""


def prepare(extend: Callable[[LoadSettings], int]) -> Callable[[LoadSettings, ModuleType], None]:
    """Prepare what can be prepared before the fork, and return a function that locks a child down.

    Its second argument is the module that the answer will be loaded into.

    Args:
        extend: provides threads and modules that few answers need, and returns the address space that they take.
    """
    # Measured here once instead of in each child; a child has the same address space and limits as the zygote.
    base_bytes, hard, hook = rlimits.address_space_bytes(), rlimits.hard_limits(), audit.make_hook()

    def lock_down(settings: LoadSettings, module: ModuleType) -> None:
        # The order matters.
        # - Threads first: RLIMIT_NPROC=0 allows none, and their stacks count as address space.
        # - setrlimit(2) before the audit hook, which ends a process that calls it.
        # - Sealing before the hook, and nothing of ours after it: from then on a mistake of ours ends the process.
        del sys.modules[_HIDDEN]
        extra_bytes = extend(settings)
        builtins.exit, builtins.quit = _QUITTERS
        marshal_shim.install()
        # Answers make reference cycles, and count on weak references and finalizers.
        gc.enable()
        sys.modules[module.__name__] = module
        limits = rlimits.ResourceLimits(settings.cpu_s, settings.memory_mb)
        rlimits.apply(limits, base_bytes=base_bytes + extra_bytes, hard=hard)
        functions.seal()
        imports.seal()
        audit.apply(hook)

    return lock_down


def prepare_small() -> Callable[[LoadSettings, ModuleType], None]:
    """Do as `prepare` in the small zygote, which forks nothing but such children.

    So all that holds for a zygote as well is applied to it: some limits, replaced functions, and later the seals
    (`sandbox.processes.zygote.zygote`).
    """
    base_bytes, hook = rlimits.address_space_bytes(), audit.make_hook()
    apply_limits = rlimits.apply_early(rlimits.hard_limits())
    builtins.exit, builtins.quit = _QUITTERS
    marshal_shim.install()
    modules, enable_collector, apply_hook = sys.modules, gc.enable, audit.apply

    def lock_down(settings: LoadSettings, module: ModuleType) -> None:
        # The order matters, as above.
        del modules[_HIDDEN]
        enable_collector()
        modules[module.__name__] = module
        apply_limits(settings.cpu_s, base_bytes + settings.memory_mb * (1 << 20))
        apply_hook(hook)

    return lock_down
