"""Wall: only modules that were loaded before the answer can be imported.

Stops: re-creating built-in modules afresh, with the functions that were taken out of them; and turns what would be an odd
error of the file system into an ImportError that names the module and the way to allow it.
Absence: never; it is plain Python.
"""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["HIDDEN", "NAME", "probe", "put_up"]

NAME = "imports"

HIDDEN: tuple[str, ...] = ("sandbox", "testcases", "resource", "select", "selectors", "socket", "_socket", "subprocess",
                           "_posixsubprocess", "ssl", "_ssl", "ctypes", "_ctypes", "multiprocessing")  # fmt: skip
"""Loaded in the process because something else needs them; an answer cannot import them."""


class Refuser:
    """The only finder that is left: it finds nothing."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> NoReturn:  # noqa: ARG002 - the protocol
        """Refuse."""
        raise ModuleNotFoundError(
            f"No module named {name!r} in the sandbox: answers can import the preloaded standard library only "
            f"(setting: preload)",
            name=name,
        )


def put_up() -> None:
    """Leave `Refuser` as the only finder, and hide what answers have no business with; cannot be undone."""
    for name in [name for name in sys.modules if name.partition(".")[0] in HIDDEN]:
        del sys.modules[name]
    sys.meta_path[:] = [Refuser()]
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.path.clear()


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    put_up()
    try:
        __import__("xmlrpc")
    except ImportError:
        return None
    return "a module that was not loaded can be imported"
