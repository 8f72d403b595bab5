"""Wall: only modules that were loaded before the answer can be imported.

Stops: re-creating built-in modules afresh, with the functions that were taken out of them; and turns what would be an
odd error of the file system into an ImportError that names the module and the way to allow it. Absence: never; it is
plain Python.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

__all__ = ["HIDDEN", "NAME", "apply", "probe", "revert", "seal"]

NAME = "imports"

HIDDEN: frozenset[str] = frozenset(
    {
        "sandbox", "testcases", "select", "selectors", "socket", "_socket", "subprocess", "_posixsubprocess",
        "ssl", "_ssl", "ctypes", "_ctypes", "multiprocessing", "fcntl",
    }
)  # fmt: skip
"""Loaded in the process because something else needs them; an answer cannot import them."""

_undo: list[tuple[list[Any], list[Any], list[str], dict[str, Any]]] = []
"""What `revert` puts back: finders, hooks, paths and hidden modules; empty once sealed."""


class Refuser:
    """The only finder that is left: it finds nothing."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> NoReturn:  # noqa: ARG004 - the protocol
        """Refuse."""
        raise ModuleNotFoundError(
            f"No module named {name!r} in the sandbox: answers can import the preloaded standard library only "
            f"(setting: preload)",
            name=name,
        )


def apply() -> object:
    """Leave `Refuser` as the only finder, and hide what answers have no business with.

    Returns what it takes to undo that; whoever holds it spares `seal` the work of taking it apart.
    """
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in HIDDEN}
    _undo.append((list(sys.meta_path), list(sys.path_hooks), list(sys.path), hidden))
    sys.meta_path[:] = [Refuser]
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.path.clear()
    return _undo[0]


def revert() -> None:
    """Undo it; for processes that run no answer."""
    sys.meta_path[:], sys.path_hooks[:], sys.path[:], hidden = _undo.pop()
    sys.modules.update(hidden)


def seal() -> None:
    """Make taking it down impossible."""
    _undo.clear()


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    apply()
    try:
        __import__("xmlrpc")
    except ImportError:
        return None
    return "a module that was not loaded can be imported"
