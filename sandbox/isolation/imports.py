"""Isolation layer: an answer can import only modules that were loaded before it.

Stops: creating built-in modules again, with the functions that were removed from them. It also turns a puzzling error
of the file system into an ImportError that names the module and the setting that allows it.
Absence: never; it is plain Python.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

__all__ = ["EXIT_CODE", "HIDDEN", "NAME", "apply", "is_exit_for_modules", "probe", "revert", "seal"]

NAME = "imports"
EXIT_CODE = 87
"""Exit code of a process of the small zygote that needs a module which the zygote beside it may have."""
_leave = os._exit
"""Looked up here, once: an answer may have replaced it."""

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


class LeavingFinder(RefusingFinder):
    """The only finder in the small zygote: it ends the process for what might be there in another one."""

    # Whether it is there is not known here, and all that the answer has done so far is done again. An exception would
    # not do: the answer may handle it.
    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> NoReturn:
        """End the process, or refuse a module that no answer finds."""
        if name.partition(".")[0] not in HIDDEN:
            _leave(EXIT_CODE)
        RefusingFinder.find_spec(name, path, target)


def apply(*, leave: bool = False) -> object:
    """Leave one finder, which refuses all modules, and hide modules that answers have no use for.

    Args:
        leave: whether an import ends the process, which is forked by the small zygote, instead of being refused.

    Returns:
        The state that `revert` restores. While the caller keeps it, `seal` in a forked child frees nothing, and so
        copies no pages.
    """
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in HIDDEN}
    _undo.append((list(sys.meta_path), list(sys.path_hooks), list(sys.path), hidden))
    sys.meta_path[:] = [LeavingFinder if leave else RefusingFinder]
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.path.clear()
    return _undo[0]


def is_exit_for_modules(status: int) -> bool:
    """Return whether `LeavingFinder` has ended a process, by its wait status, unless the answer pretends so."""
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == EXIT_CODE


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
