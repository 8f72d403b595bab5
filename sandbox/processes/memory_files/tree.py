"""A tree of directories and files in memory, with the errors of a real file system, and with limits."""

from __future__ import annotations

import errno
import stat
import time
from dataclasses import dataclass
from os import strerror
from typing import TypeAlias

__all__ = ["CurrentTree", "Directory", "File", "Node", "Tree", "TreeLimits", "current", "file_error"]

_now_ns = time.time_ns
"""Bound here, because test code may patch the module `time`."""
_DIRECTORIES = ("bin", "dev", "etc", "home", "opt", "root", "run", "tmp", "usr", "var", "var/tmp")
_WORKING_DIRECTORY = "run"
_WRITABLE, _READABLE = 0o200, 0o400


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """Limits on the files of one run."""

    total_bytes: int = 16 << 20
    """Size of all files together."""
    nodes: int = 1024
    """Number of files and directories, without those that every run has."""
    path_chars: int = 1024
    name_chars: int = 255
    depth: int = 32
    """Number of directories that a file can be in."""


class _Entry:
    """What files and directories have in common."""

    __slots__ = ("mode", "mtime_ns", "name", "number", "parent")

    def __init__(self, parent: Directory | None, name: str, number: int, mode: int) -> None:
        self.parent = parent
        self.name = name
        self.number = number
        self.mode = mode
        self.mtime_ns = _now_ns()


class File(_Entry):
    """A file. It has no parent once it was removed; streams that have it open can still use it."""

    __slots__ = ("data",)

    def __init__(self, parent: Directory | None, name: str, number: int, mode: int) -> None:
        super().__init__(parent, name, number, mode)
        self.data = bytearray()

    @property
    def kind(self) -> int:
        """The bits of its type in ``st_mode``."""
        return stat.S_IFREG


class Directory(_Entry):
    """A directory."""

    __slots__ = ("entries",)

    def __init__(self, parent: Directory | None, name: str, number: int, mode: int) -> None:
        super().__init__(parent, name, number, mode)
        self.entries: dict[str, Node] = {}

    @property
    def kind(self) -> int:
        """The bits of its type in ``st_mode``."""
        return stat.S_IFDIR


Node: TypeAlias = File | Directory


def file_error(number: int, *paths: object) -> OSError:
    """Return the error that a system call with these paths raises."""
    if len(paths) > 1:
        return OSError(number, strerror(number), paths[0], None, paths[1])
    return OSError(number, strerror(number), *paths)


class Tree:
    """The files of one run, as one process sees them.

    Methods raise the `OSError` that the system call of the same name raises. Paths are texts, absolute or relative to
    the working directory; there are no links.
    """

    initial_nodes = 1 + len(_DIRECTORIES)
    """Number of directories that every tree has."""

    def __init__(self, limits: TreeLimits | None = None) -> None:
        self.limits = limits or TreeLimits()
        self.used_bytes = 0
        self.changed: dict[str, None] = {}
        """Absolute paths whose content, existence or metadata has changed; a dict, for its order."""
        self.moved = False
        """True if the working directory was changed."""
        self.is_new = True
        """True as long as nothing was ever changed, by whichever process."""
        self._numbers = 1
        self._nodes = 0
        self.root = Directory(None, "", 1, 0o755)
        for path in _DIRECTORIES:
            self.make_directory(f"/{path}", 0o777)
        self._nodes = 0
        self.changed.clear()
        self.is_new = True
        self.working: Directory = self._directory(f"/{_WORKING_DIRECTORY}")

    # Lookups

    def _directory(self, path: str) -> Directory:
        node = self.find(path)
        if isinstance(node, File):
            raise file_error(errno.ENOTDIR, path)
        return node

    def find(self, path: str) -> Node:
        """Return the file or directory of a path."""
        _, _, node = self.locate(path)
        if node is None:
            raise file_error(errno.ENOENT, path)
        return node

    def locate(self, path: str) -> tuple[Directory, str, Node | None]:
        """Return the directory that a path is in, its last part, and what is there; the part is empty for the root."""
        if "\0" in path:
            raise ValueError("embedded null byte")
        here: Node = self.root if path.startswith("/") else self.working
        parts = self._parts(path)
        for position, part in enumerate(parts):
            if isinstance(here, File):
                raise file_error(errno.ENOTDIR, path)
            if part == "..":
                here = here.parent or here
                continue
            found = here.entries.get(part)
            if position == len(parts) - 1:
                if isinstance(found, File) and path.endswith("/"):
                    raise file_error(errno.ENOTDIR, path)
                return here, part, found
            if found is None:
                raise file_error(errno.ENOENT, path)
            here = found
        if isinstance(here, File):
            raise file_error(errno.ENOTDIR, path)
        return here.parent or here, here.name, here

    def _parts(self, path: str) -> list[str]:
        if not path:
            raise file_error(errno.ENOENT, path)
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if len(path) > self.limits.path_chars or any(len(part) > self.limits.name_chars for part in parts):
            raise file_error(errno.ENAMETOOLONG, path)
        return parts

    def path_of(self, node: Node) -> str | None:
        """Return the absolute path of a node; ``None`` if it was removed."""
        names: list[str] = []
        here: Node | None = node
        while here is not None and here is not self.root:
            names.append(here.name)
            here = here.parent
        return None if here is None else "/" + "/".join(reversed(names))

    @property
    def working_path(self) -> str:
        """The absolute path of the working directory."""
        path = self.path_of(self.working)
        if path is None:
            raise file_error(errno.ENOENT)
        return path

    # Changes

    def touch(self, node: Node) -> None:
        """Record that a node has changed."""
        self.is_new = False
        path = self.path_of(node)
        if path is not None:
            self.changed[path] = None

    def _add(self, path: str, parent: Directory, name: str, node: Node) -> None:
        if self._nodes >= self.limits.nodes:
            raise file_error(errno.ENOSPC, path)
        if self.path_of(parent) is None:
            raise file_error(errno.ENOENT, path)
        depth, above = 1, parent.parent
        while above is not None:
            depth, above = depth + 1, above.parent
        if depth > self.limits.depth:
            raise file_error(errno.ENAMETOOLONG, path)
        self._nodes += 1
        parent.entries[name] = node
        parent.mtime_ns = node.mtime_ns
        self.touch(node)

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def open_node(self, path: str, *, create: bool, exclusive: bool, mode: int = 0o644) -> Node:
        """Return what is at a path, or a new file there."""
        parent, name, node = self.locate(path)
        if node is not None:
            if create and exclusive:
                raise file_error(errno.EEXIST, path)
            return node
        if not create:
            raise file_error(errno.ENOENT, path)
        if path.endswith("/"):
            raise file_error(errno.EISDIR, path)
        file = File(parent, name, self._next_number(), mode)
        self._add(path, parent, name, file)
        return file

    def make_directory(self, path: str, mode: int = 0o755) -> None:
        """Make a directory."""
        parent, name, node = self.locate(path)
        if node is not None:
            raise file_error(errno.EEXIST, path)
        self._add(path, parent, name, Directory(parent, name, self._next_number(), mode))

    def remove(self, path: str) -> None:
        """Remove a file."""
        parent, name, node = self.locate(path)
        if node is None:
            raise file_error(errno.ENOENT, path)
        if isinstance(node, Directory):
            raise file_error(errno.EISDIR, path)
        self._unlink(parent, name, node)

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory."""
        parent, name, node = self.locate(path)
        if node is None:
            raise file_error(errno.ENOENT, path)
        if isinstance(node, File):
            raise file_error(errno.ENOTDIR, path)
        if node is self.root:
            raise file_error(errno.EBUSY, path)
        if node.entries:
            raise file_error(errno.ENOTEMPTY, path)
        self._unlink(parent, name, node)

    def _unlink(self, parent: Directory, name: str, node: Node) -> None:
        self.touch(node)
        del parent.entries[name]
        parent.mtime_ns = _now_ns()
        node.parent = None
        self._nodes -= 1
        if isinstance(node, File):
            self.used_bytes -= len(node.data)

    def remove_all(self, path: str) -> None:
        """Remove a file, or a directory with everything in it; do nothing if there is none."""
        try:
            parent, name, node = self.locate(path)
        except OSError:
            return
        if node is None or node is self.root:
            return
        if isinstance(node, Directory):
            for entry in list(node.entries):
                self.remove_all(f"{path}/{entry}")
        self._unlink(parent, name, node)

    def rename(self, source: str, target: str) -> None:
        """Rename a file or directory; a file or an empty directory that is at the target is replaced."""
        parent, name, node = self.locate(source)
        if node is None:
            raise file_error(errno.ENOENT, source, target)
        new_parent, new_name, there = self.locate(target)
        if there is node:
            return
        above: Directory | None = new_parent
        while above is not None:
            if above is node:
                raise file_error(errno.EINVAL, source, target)
            above = above.parent
        if there is not None:
            if isinstance(there, Directory) and isinstance(node, File):
                raise file_error(errno.EISDIR, source, target)
            if isinstance(node, Directory) and isinstance(there, File):
                raise file_error(errno.ENOTDIR, source, target)
            if isinstance(there, Directory) and there.entries:
                raise file_error(errno.ENOTEMPTY, source, target)
            self._unlink(new_parent, new_name, there)
        self.touch(node)
        del parent.entries[name]
        new_parent.entries[new_name] = node
        node.parent, node.name = new_parent, new_name
        self._touch_all(node)

    def _touch_all(self, node: Node) -> None:
        self.touch(node)
        if isinstance(node, Directory):
            for entry in node.entries.values():
                self._touch_all(entry)

    def change_directory(self, path: str) -> None:
        """Change the working directory."""
        self.working = self._directory(path)
        self.moved, self.is_new = True, False

    # Contents

    def write(self, file: File, position: int, data: bytes | memoryview) -> int:
        """Write at a position; the gap before it is filled with zeros."""
        size = len(data)
        if position > len(file.data):
            self.resize(file, position)
        self._grow(file, max(0, position + size - len(file.data)))
        file.data[position : position + size] = data
        self._written(file)
        return size

    def resize(self, file: File, size: int) -> None:
        """Cut a file, or fill it up with zeros."""
        missing = size - len(file.data)
        self._grow(file, missing)
        if missing > 0:
            file.data += bytes(missing)
        else:
            del file.data[size:]
        self._written(file)

    def _grow(self, file: File, count: int) -> None:
        # Before the memory is used. A file that was removed counts for the process only.
        size = self.used_bytes if file.parent is not None else len(file.data)
        if count > 0 and size + count > self.limits.total_bytes:
            raise file_error(errno.ENOSPC)
        if file.parent is not None:
            self.used_bytes += count

    def _written(self, file: File) -> None:
        file.mtime_ns = _now_ns()
        self.touch(file)

    def check_access(self, node: Node, path: object, *, reads: bool, writes: bool) -> None:
        """Raise a `PermissionError` if the mode of a file does not allow an access."""
        wanted = _READABLE * reads | _WRITABLE * writes
        if node.mode & wanted != wanted:
            raise file_error(errno.EACCES, path)


class CurrentTree:
    """The tree of the present run."""

    def __init__(self) -> None:
        self.tree = Tree()

    def reset(self) -> None:
        """Begin a run without files."""
        if not self.tree.is_new:
            self.tree = Tree()


current = CurrentTree()
"""The tree that the functions of this process work on."""
