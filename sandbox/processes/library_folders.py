"""Folders of modules that a harness can read although the user of its zygote cannot reach them.

A zygote that root started becomes an unprivileged user. That user may not be able to enter a folder on the way to the
interpreter's library, such as ``/root``, and then test code could import no module that is not loaded yet. So the
folders are opened before the privileges are dropped. A path below ``/proc/self/fd/N`` begins at the folder that the
descriptor N refers to, and needs no right to those above it (proc(5)).
"""

from __future__ import annotations

import os
import sys

from sandbox.wire.zygote_protocol import LIBRARY

__all__ = ["open_folders", "use_folders"]

_MAX_FOLDERS = 32
opened: list[str] = []
"""Folders that the zygote has opened, in the order of their descriptors; set there, read in its harnesses."""


def open_folders() -> list[str]:
    """Open the folders of ``sys.path``, from descriptor `LIBRARY` on; nothing if this process is not root.

    Returns:
        The folders, in the order of their descriptors.
    """
    if os.geteuid() != 0:
        return []
    folders: list[str] = []
    for path in sys.path[:_MAX_FOLDERS]:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            continue  # it does not exist, or is a zip archive
        os.dup2(descriptor, LIBRARY + len(folders), inheritable=False)
        os.close(descriptor)
        folders.append(path)
    return folders


def use_folders() -> list[str]:
    """Let ``sys.path`` name folders by their descriptors where this user cannot read them otherwise.

    Returns:
        The folders that are read in this way, as they are named now.
    """
    replaced = {
        path: f"/proc/self/fd/{LIBRARY + number}" for number, path in enumerate(opened) if not _is_readable(path)
    }
    if replaced:
        sys.path[:] = [replaced.get(path, path) for path in sys.path]
        sys.path_importer_cache.clear()
        for module in list(sys.modules.values()):
            folders = getattr(module, "__path__", None)  # a package that is loaded finds its modules by this
            if type(folders) is list:
                folders[:] = [_renamed(folder, replaced) for folder in folders]
    return list(replaced.values())


def _is_readable(path: str) -> bool:
    # Not listdir: test code sees files in memory there, and this must not depend on when that begins.
    return os.access(path, os.R_OK | os.X_OK)


def _renamed(folder: str, replaced: dict[str, str]) -> str:
    for path, name in replaced.items():
        if folder.startswith(f"{path}/"):
            return name + folder.removeprefix(path)
    return folder
