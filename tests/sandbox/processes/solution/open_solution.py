"""A solution process without layers of its own, for tests of what protects the grade without them; a zygote's role."""

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
    """Prepare as `sandbox.processes.solution.solution.prepare` does, with a lockdown that does nothing."""
    lockdown.prepare = lambda: _open
    return solution.prepare(in_process_runner)


def _open(_settings: object, module: ModuleType) -> None:
    functions.revert()
    imports.revert()
    sys.modules[module.__name__] = module
