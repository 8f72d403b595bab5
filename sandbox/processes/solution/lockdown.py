"""Puts up the walls that a solution process has of its own, the last thing before the answer."""

from __future__ import annotations

import _sitebuiltins
import builtins
import gc
import sys
from typing import TYPE_CHECKING

from sandbox.isolation import audit, functions, imports, rlimits
from sandbox.processes.solution import marshal_shim, preallocated_threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from sandbox.wire.protocol import LoadSettings

__all__ = ["prepare"]

_QUITTERS = tuple(_sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)") for name in ("exit", "quit"))
"""What the module ``site`` would have made."""


def prepare() -> Callable[[LoadSettings, ModuleType], None]:
    """What encloses a child of this process; the module is where the answer will be."""
    base_bytes, hard, hook = rlimits.address_space_bytes(), rlimits.hard_limits(), audit.make_hook()

    def lock_down(settings: LoadSettings, module: ModuleType) -> None:
        preallocated_threads.preallocate(settings.threads)
        del sys.modules["resource"]  # the zygote's own wait4(2) needs it
        builtins.exit, builtins.quit = _QUITTERS
        marshal_shim.install()
        gc.enable()
        sys.modules[module.__name__] = module
        limits = rlimits.ResourceLimits(settings.cpu_s, settings.memory_mb)
        rlimits.apply(limits, base_bytes=base_bytes + settings.threads * preallocated_threads.STACK_BYTES, hard=hard)
        functions.seal()
        imports.seal()
        audit.apply(hook)

    return lock_down
