"""A solution process without walls, for tests of what holds when all of them have fallen; a zygote's role."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sandbox.isolation import functions, imports
from sandbox.processes.solution import lockdown, solution

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["prepare"]


def prepare(in_process_runner: str) -> Callable[[int], Callable[[], Any]]:
    """As `sandbox.processes.solution.solution.prepare`."""
    lockdown.prepare = lambda: _open
    return solution.prepare(in_process_runner)


def _open(_settings: object, module: ModuleType) -> None:
    functions.revert()
    imports.revert()
    sys.modules[module.__name__] = module
