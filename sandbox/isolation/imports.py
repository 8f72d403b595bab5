"""Isolation layer: an answer can import only modules that were loaded before it.

Stops: creating built-in modules again, with the functions that were removed from them. It also turns a puzzling error
of the file system into an ImportError that names the module and the setting that allows it.
Absence: never; it is plain Python.
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
"""Modules that are loaded because something else needs them; an answer cannot import them."""

_undo: list[tuple[list[Any], list[Any], list[str], dict[str, Any]]] = []
"""State that `revert` restores: finders, hooks, paths and hidden modules; empty once sealed."""


class RefusingFinder:
    """The only finder that is left; it refuses every module."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> NoReturn:  # noqa: ARG004 - the protocol
        """Refuse the module."""
        raise ModuleNotFoundError(
            f"No module named {name!r} in the sandbox: answers can import the preloaded standard library only "
            f"(setting: preload)",
            name=name,
        )


def apply() -> object:
    """Leave `RefusingFinder` as the only finder, and hide modules that answers have no use for.

    Returns:
        The state that `revert` restores. While the caller keeps it, `seal` in a forked child frees nothing, and so
        copies no pages.
    """
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in HIDDEN}
    _undo.append((list(sys.meta_path), list(sys.path_hooks), list(sys.path), hidden))
    sys.meta_path[:] = [RefusingFinder]
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.path.clear()
    return _undo[0]


def revert() -> None:
    """Undo `apply`; for processes that run no answer."""
    sys.meta_path[:], sys.path_hooks[:], sys.path[:], hidden = _undo.pop()
    sys.modules.update(hidden)


def seal() -> None:
    """Make `revert` impossible."""
    _undo.clear()


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    apply()
    try:
        __import__("xmlrpc")
    except ImportError:
        return None
    return "a module that was not loaded can be imported"
