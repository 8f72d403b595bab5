"""Puts the functions for files in memory in the place of the real ones, once for a zygote and all that it forks."""

from __future__ import annotations

import builtins
import io
import os
import sys
from typing import Any

from sandbox.processes.memory_files import streams
from sandbox.processes.memory_files.functions import FUNCTIONS, DirEntry

__all__ = ["install"]

_COPIES = {"bz2": "_builtin_open", "tokenize": "_builtin_open", "tarfile": "bltn_open"}
"""Names by which modules have bound the built-in function ``open`` for themselves."""
_FAST_COPIES = {
    "shutil": ("_USE_CP_SENDFILE", "_USE_CP_COPY_FILE_RANGE", "_HAS_FCOPYFILE", "_use_fd_functions"),
    "pathlib._os": ("_copy_file_range", "_sendfile", "_ficlone", "_fcopyfile"),
}
"""Flags and functions of modules for ways of copying that need descriptors of the kernel."""


def install() -> None:
    """Replace the functions, for this process and its children; in modules of the library where these are loaded."""
    # Modules that look the functions up when they use them (`os.stat(...)`) need no more. Some have bound them when
    # they were imported; `posix` keeps the real ones, because the import system uses that module.
    open_ = streams.open
    builtins.open = io.open = open_
    real_scandir = os.scandir
    for name, function in FUNCTIONS.items():
        setattr(os, name, function)
    os.DirEntry = DirEntry  # type: ignore[misc,assignment]  # a class with the same methods
    for module, name in _COPIES.items():
        if module in sys.modules:
            setattr(sys.modules[module], name, open_)
    for module, names in _FAST_COPIES.items():
        for name in names:
            if hasattr(sys.modules.get(module), name):
                setattr(sys.modules[module], name, None)
    # A default argument, bound when `tempfile` was imported: of `close` in CPython 3.11, of `cleanup` from 3.12 on.
    # By its name, since `os` has lost the real function by now.
    closer: Any = getattr(sys.modules.get("tempfile"), "_TemporaryFileCloser", None)
    for method in () if closer is None else (closer.close, getattr(closer, "cleanup", closer.close)):
        method.__defaults__ = tuple(
            FUNCTIONS["unlink"] if getattr(default, "__name__", "") == "unlink" else default
            for default in method.__defaults__ or ()
        )
    globber: Any = getattr(sys.modules.get("glob"), "_StringGlobber", None)
    if globber is not None and vars(globber).get("scandir") is not None and globber.scandir is real_scandir:
        globber.scandir = staticmethod(FUNCTIONS["scandir"])
