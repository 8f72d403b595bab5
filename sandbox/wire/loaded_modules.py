"""Modules that values are made with, and what happens where a process has not loaded one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_where_missing", "loaded_module"]

_when_missing: list[Callable[[], object]] = []


def call_where_missing(leave: Callable[[], object]) -> None:
    """Have a function called for each module that is asked for and not there.

    Processes of the small zygote have fewer modules than others. They end by it, and what they did is done again where
    the module is (`sandbox.isolation.imports.LeavingFinder`).
    """
    _when_missing[:] = [leave]


def loaded_module(name: str) -> Any:
    """Return a module if it is loaded here, otherwise ``None``."""
    module = sys.modules.get(name)
    if module is None:
        for leave in _when_missing:
            leave()
    return module
