"""A solution process without layers of its own, for tests of what protects the grade without them; a zygote's role."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sandbox.isolation import functions, imports
from sandbox.processes.solution import lockdown, process

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["prepare", "prepare_small"]


def prepare(in_process_runner: str) -> Callable[[int], Callable[[], Any]]:
    """Prepare as `sandbox.processes.solution.process.prepare` does, with a lockdown that does nothing."""
    lockdown.prepare = lambda _: _open
    return process.prepare(in_process_runner)


def prepare_small() -> Callable[[int], Callable[[], Any]]:
    """Do the same in a small zygote."""
    lockdown.prepare_small = lambda: _open
    functions.seal = imports.seal = lambda: None
    return process.prepare_small()


def _open(_settings: object, module: ModuleType) -> None:
    functions.revert()
    imports.revert()
    sys.modules[module.__name__] = module
