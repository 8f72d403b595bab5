"""A solution process without walls, for tests of what holds when all of them have fallen; a zygote's role."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING, Any

from sandbox.processes import solution
from sandbox.walls import functions, imports

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["prepare"]

_kept: list[object] = []
"""Hooks that are not put up: the end of one ends the process."""


def prepare() -> Callable[[int], Callable[[], Any]]:
    """As `sandbox.processes.solution.prepare`."""
    solution._put_up_walls = _open
    return solution.prepare()


def _open(_settings: object, module: ModuleType, _base_bytes: int, hook: object) -> None:
    _kept.append(hook)
    functions.take_down()
    imports.take_down()
    sys.modules[module.__name__] = module
    vars(module)["__builtins__"] = builtins
