"""The functions of `os` that work on paths and descriptors, for files in memory."""

from __future__ import annotations

import errno
import os
import stat
from posixpath import join
from typing import TYPE_CHECKING, Any

from sandbox.processes.memory_files.streams import descriptors, is_visible, open_path, path_text
from sandbox.processes.memory_files.tree import Directory, File, current, file_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

    from sandbox.processes.memory_files.tree import Node

__all__ = ["FUNCTIONS", "DirEntry"]

# The real functions, for descriptors of the kernel, and for real files that may be read.
_real_read, _real_write, _real_close, _real_lseek = os.read, os.write, os.close, os.lseek
_real_fstat, _real_isatty = os.fstat, os.isatty
_real_stat, _real_lstat, _real_listdir, _real_scandir, _real_access = (
    os.stat, os.lstat, os.listdir, os.scandir, os.access,
)  # fmt: skip
_NS = 10**9
_BLOCKS = 16384
"""Blocks that a program finds free, whatever it has written."""


def _node(path: Any) -> Node:
    try:
        return current.tree.find(path_text(path))
    except OSError as error:
        raise file_error(error.errno or errno.EIO, os.fspath(path)) from None


def _no_dir_fd(*dir_fds: int | None) -> None:
    if any(dir_fd is not None for dir_fd in dir_fds):
        raise NotImplementedError("dir_fd unavailable on this platform")


def _stat_of(node: Node) -> os.stat_result:
    size = len(node.data) if isinstance(node, File) else 4096
    seconds = node.mtime_ns / _NS
    links = 1 if isinstance(node, File) else 2
    fields = (node.kind | node.mode, node.number, 1, links, os.getuid(), os.getgid(), size, *[int(seconds)] * 3)
    times = {f"st_{name}time": seconds for name in "amc"} | {f"st_{name}time_ns": node.mtime_ns for name in "amc"}
    return os.stat_result(fields, times | {"st_blksize": 4096, "st_blocks": -(-size // 512)})


def _stat(path: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
    _no_dir_fd(dir_fd)
    if isinstance(path, int):
        return _fstat(path)
    try:
        return _stat_of(_node(path))
    except FileNotFoundError:
        if not is_visible(path_text(path)):
            raise
    return _real_stat(path, follow_symlinks=follow_symlinks)


def _lstat(path: Any, *, dir_fd: int | None = None) -> os.stat_result:
    return _stat(path, dir_fd=dir_fd, follow_symlinks=False)


def _fstat(fd: int) -> os.stat_result:
    return _stat_of(descriptors[fd].file) if fd in descriptors else _real_fstat(fd)


def _access(
    path: Any,
    mode: int,
    *,
    dir_fd: int | None = None,
    effective_ids: bool = False,  # noqa: ARG001 - the function's own signature
    follow_symlinks: bool = True,  # noqa: ARG001 - as above
) -> bool:
    _no_dir_fd(dir_fd)
    try:
        node = _node(path)
    except OSError:
        return is_visible(path_text(path)) and _real_access(path, mode)
    return node.mode >> 6 & mode == mode


def _names(path: Any) -> list[str]:
    node = _node(path)
    if isinstance(node, File):
        raise file_error(errno.ENOTDIR, os.fspath(path))
    return list(node.entries)


def _listdir(path: Any = None) -> list[Any]:
    path = "." if path is None else path
    try:
        names = _names(path)
    except FileNotFoundError:
        if not is_visible(path_text(path)):
            raise
        return _real_listdir(path)
    return [os.fsencode(name) for name in names] if isinstance(os.fspath(path), bytes) else names


class DirEntry:
    """An entry of a directory, as `os.scandir` yields it."""

    __slots__ = ("_node", "name", "path")

    def __init__(self, name: Any, path: Any, node: Node) -> None:
        self.name = name
        self.path = path
        self._node = node

    def __fspath__(self) -> Any:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def inode(self) -> int:
        """Return the number of its node."""
        return self._node.number

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 - there are no links
        """Return whether it is a directory."""
        return isinstance(self._node, Directory)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002 - there are no links
        """Return whether it is a file."""
        return isinstance(self._node, File)

    def is_symlink(self) -> bool:
        """Return whether it is a link."""
        return False

    def is_junction(self) -> bool:
        """Return whether it is a junction, which only Windows has."""
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002 - there are no links
        """Return what `os.stat` returns for it."""
        return _stat_of(self._node)


DirEntry.__module__ = "posix"


class _Scan:
    """An iterator over entries that is a context manager."""

    def __init__(self, entries: Iterator[DirEntry]) -> None:
        self._entries = entries

    def __iter__(self) -> _Scan:
        return self

    def __next__(self) -> DirEntry:
        return next(self._entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Yield no more entries."""
        self._entries = iter(())


def _scandir(path: Any = None) -> Any:
    path = "." if path is None else path
    try:
        node = _node(path)
    except FileNotFoundError:
        if not is_visible(path_text(path)):
            raise
        return _real_scandir(path)
    if isinstance(node, File):
        raise file_error(errno.ENOTDIR, os.fspath(path))
    folder = os.fspath(path)
    is_bytes = isinstance(folder, bytes)
    named = [(os.fsencode(name) if is_bytes else name, entry) for name, entry in node.entries.items()]
    return _Scan(iter([DirEntry(name, join(folder, name), entry) for name, entry in named]))


def _mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
    _no_dir_fd(dir_fd)
    _change(current.tree.make_directory, path, mode & 0o777 & ~0o022)


def _change(function: Callable[..., object], path: Any, *more: Any) -> None:
    try:
        function(path_text(path), *more)
    except OSError as error:
        raise file_error(error.errno or errno.EIO, os.fspath(path)) from None


def _rmdir(path: Any, *, dir_fd: int | None = None) -> None:
    _no_dir_fd(dir_fd)
    _change(current.tree.remove_directory, path)


def _remove(path: Any, *, dir_fd: int | None = None) -> None:
    _no_dir_fd(dir_fd)
    _change(current.tree.remove, path)


def _rename(src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
    _no_dir_fd(src_dir_fd, dst_dir_fd)
    try:
        current.tree.rename(path_text(src), path_text(dst))
    except OSError as error:
        raise file_error(error.errno or errno.EIO, os.fspath(src), os.fspath(dst)) from None


def _open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    _no_dir_fd(dir_fd)
    return open_path(path, flags, mode).fileno()


def _close(fd: int) -> None:
    if fd in descriptors:
        descriptors[fd].close()
    else:
        _real_close(fd)


def _read(fd: int, length: int, /) -> bytes:
    if fd not in descriptors:
        return _real_read(fd, length)
    data: bytes = _checked(descriptors[fd].read, length)
    return data


def _write(fd: int, data: Any, /) -> int:
    return int(_checked(descriptors[fd].write, data)) if fd in descriptors else _real_write(fd, data)


def _checked(method: Callable[..., Any], *args: Any) -> Any:
    try:
        return method(*args)
    except ValueError:  # io.UnsupportedOperation is one
        raise file_error(errno.EBADF) from None


def _lseek(fd: int, position: int, how: int, /) -> int:
    return descriptors[fd].seek(position, how) if fd in descriptors else _real_lseek(fd, position, how)


def _truncate(path: Any, length: int) -> None:
    if isinstance(path, int):
        _ftruncate(path, length)
    else:
        open_path(path, os.O_WRONLY).truncate(length)


def _ftruncate(fd: int, length: int, /) -> None:
    if fd not in descriptors:
        raise file_error(errno.EBADF)
    _checked(descriptors[fd].truncate, length)


def _fsync(fd: Any) -> None:
    number = fd if isinstance(fd, int) else fd.fileno()
    if number not in descriptors:
        _real_fstat(number)


def _isatty(fd: int, /) -> bool:
    return False if fd in descriptors else _real_isatty(fd)


def _utime(
    path: Any,
    times: tuple[float, float] | None = None,
    *,
    ns: tuple[int, int] | None = None,
    dir_fd: int | None = None,
    follow_symlinks: bool = True,  # noqa: ARG001 - there are no links
) -> None:
    _no_dir_fd(dir_fd)
    node = descriptors[path].file if path in descriptors else _node(path)
    if ns is not None:
        node.mtime_ns = int(ns[1])
    elif times is not None:
        node.mtime_ns = int(times[1] * _NS)
    else:
        node.mtime_ns = type(node)(Directory(None, "", 0, 0), "", 0, 0).mtime_ns
    current.tree.touch(node)


def _chmod(path: Any, mode: int, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> None:  # noqa: ARG001 - there are no links
    _no_dir_fd(dir_fd)
    node = descriptors[path].file if path in descriptors else _node(path)
    node.mode = stat.S_IMODE(mode)
    current.tree.touch(node)


def _chdir(path: Any) -> None:
    _change(current.tree.change_directory, path)


def _getcwd() -> str:
    return current.tree.working_path


def _getcwdb() -> bytes:
    return os.fsencode(current.tree.working_path)


def _readlink(path: Any, *, dir_fd: int | None = None) -> Any:
    _no_dir_fd(dir_fd)
    _node(path)
    raise file_error(errno.EINVAL, os.fspath(path))


def _refuse(path: Any = "", *_: Any, **__: Any) -> Any:
    """Refuse what files in memory do not have: links, devices, pipes with names and owners."""
    raise file_error(errno.EPERM, path)


def _no_attributes(path: Any = "", *_: Any, **__: Any) -> Any:
    raise file_error(errno.ENOTSUP, path)


def _statvfs(path: Any) -> os.statvfs_result:
    """Return the size of the file system, which is the same for all paths that there are."""
    _stat(path)
    return os.statvfs_result((4096, 4096, _BLOCKS, _BLOCKS, _BLOCKS, _BLOCKS, _BLOCKS, _BLOCKS, 0, 255))


FUNCTIONS: dict[str, Any] = {
    "access": _access, "chdir": _chdir, "chmod": _chmod, "close": _close, "fsync": _fsync, "fdatasync": _fsync,
    "fstat": _fstat, "ftruncate": _ftruncate, "getcwd": _getcwd, "getcwdb": _getcwdb, "isatty": _isatty,
    "listdir": _listdir, "lseek": _lseek, "lstat": _lstat, "mkdir": _mkdir, "open": _open, "read": _read,
    "readlink": _readlink, "remove": _remove, "rename": _rename, "replace": _rename, "rmdir": _rmdir,
    "scandir": _scandir, "stat": _stat, "statvfs": _statvfs, "truncate": _truncate, "unlink": _remove,
    "utime": _utime, "write": _write,
    **dict.fromkeys(("link", "symlink", "mkfifo", "mknod", "chown", "lchown", "fchown", "fchdir", "chroot"), _refuse),
    **dict.fromkeys(("listxattr", "getxattr", "setxattr", "removexattr"), _no_attributes),
}  # fmt: skip
"""Functions of `os` by name, to be put in the place of the real ones."""
for _name, _function in FUNCTIONS.items():
    if _function not in {_refuse, _no_attributes}:
        _function.__module__, _function.__name__, _function.__qualname__ = "os", _name, _name
