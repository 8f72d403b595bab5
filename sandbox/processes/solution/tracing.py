"""Trace functions that are taken away where there is none.

The audit layer ends a process that calls `sys.settrace`, whatever the argument. Harmless libraries, such as `doctest`,
restore what `sys.gettrace` has returned before, which is ``None``.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["install"]


def install() -> None:
    """Replace the functions that set a trace function by such as do nothing where nothing changes."""
    for module, name in ((sys, "settrace"), (sys, "setprofile"), (threading, "settrace"), (threading, "setprofile")):
        setattr(module, name, _unless_unchanged(getattr(module, name), getattr(sys, name.replace("set", "get"))))


def _unless_unchanged(set_function: Callable[[Any], None], get_function: Callable[[], Any]) -> Callable[[Any], None]:
    def setter(function: Any, /) -> None:
        if function is not None or get_function() is not None:
            set_function(function)

    setter.__name__ = setter.__qualname__ = set_function.__name__
    return setter
