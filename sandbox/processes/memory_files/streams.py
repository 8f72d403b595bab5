"""Streams and descriptors of files in memory, and the function ``open``."""

from __future__ import annotations

import errno
import io
import operator
import os
from typing import TYPE_CHECKING, Any

from sandbox.processes.memory_files.tree import Directory, File, current, file_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.memory_files.tree import Tree

__all__ = ["FIRST_DESCRIPTOR", "MemoryFile", "descriptors", "open", "open_path", "path_text", "show"]

FIRST_DESCRIPTOR = 1 << 20
"""Numbers of descriptors from here on stand for files in memory; the kernel gives out smaller ones."""
descriptors: dict[int, MemoryFile] = {}
"""Files that are open, by descriptor."""
_DEVICES = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2, "/dev/fd/0": 0, "/dev/fd/1": 1, "/dev/fd/2": 2}
_NULL_DEVICE = "/dev/null"
_real_open: Any = None
"""The real function, in processes that may read real files. Its objects would lead an answer to their classes, which
`sandbox.processes.safe_buffers` hides."""
_visible: tuple[str, ...] = ()


def show(roots: tuple[str, ...], real_open: Callable[..., Any]) -> None:
    """Have real files below these folders read where memory has none, such as time zones."""
    global _visible, _real_open
    _visible, _real_open = roots, real_open


def is_visible(path: Any) -> bool:
    """Return whether a real file may be read under this path."""
    text = path if type(path) is str else ""
    return bool(_visible) and text.startswith(_visible) and ".." not in text


def path_text(path: Any) -> str:
    """Return a path as text.

    Raises:
        TypeError: it is no path.
    """
    text = os.fspath(path)
    return os.fsdecode(text) if isinstance(text, bytes) else str(text)


class MemoryFile(io.RawIOBase):
    """An open file in memory.

    Args:
        tree: the tree that it belongs to.
        file: the file.
        name: the path it was opened by, or its descriptor.
        flags: as for `os.open`.
    """

    def __init__(self, tree: Tree, file: File, name: Any, flags: int) -> None:
        self.name = name
        access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
        self._tree, self._file = tree, file
        self._reads, self._writes = access != os.O_WRONLY, access != os.O_RDONLY
        self._appends, self._is_exclusive = bool(flags & os.O_APPEND), bool(flags & os.O_EXCL)
        self._position = 0
        self._descriptor: int | None = None

    @property
    def file(self) -> File:
        """The file that is open."""
        return self._file

    @property
    def mode(self) -> str:
        """The mode, as `io.FileIO` reports it."""
        if self._appends:
            return "ab+" if self._reads else "ab"
        if self._is_exclusive:
            return "xb+" if self._reads else "xb"
        return ("rb+" if self._reads else "wb") if self._writes else "rb"

    def _check(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def readable(self) -> bool:
        """Return whether it may be read."""
        self._check()
        return self._reads

    def writable(self) -> bool:
        """Return whether it may be written."""
        self._check()
        return self._writes

    def seekable(self) -> bool:
        """Return whether it has positions."""
        self._check()
        return True

    def fileno(self) -> int:
        """Return a descriptor, which the functions of `os` know."""
        self._check()
        if self._descriptor is None:
            number = FIRST_DESCRIPTOR
            while number in descriptors:
                number += 1
            self._descriptor = number
            descriptors[number] = self
        return self._descriptor

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; return the number of bytes."""
        self._check()
        if not self._reads:
            raise io.UnsupportedOperation("File not open for reading")
        view = memoryview(buffer).cast("B")
        data = self._file.data[self._position : self._position + len(view)]
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        """Read the rest."""
        self._check()
        if not self._reads:
            raise io.UnsupportedOperation("File not open for reading")
        data = bytes(self._file.data[self._position :])
        self._position += len(data)
        return data

    def write(self, data: Any) -> int:
        """Write bytes; return their number."""
        self._check()
        if not self._writes:
            raise io.UnsupportedOperation("File not open for writing")
        if self._appends:
            self._position = len(self._file.data)
        count = self._tree.write(self._file, self._position, memoryview(data).cast("B"))
        self._position += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position and return it."""
        self._check()
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: len(self._file.data)}.get(whence)
        if base is None or base + offset < 0:
            raise file_error(errno.EINVAL)
        self._position = base + operator.index(offset)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        self._check()
        return self._position

    def truncate(self, size: int | None = None) -> int:
        """Cut the file, or fill it up with zeros; return its size."""
        self._check()
        if not self._writes:
            raise io.UnsupportedOperation("File not open for writing")
        size = self._position if size is None else operator.index(size)
        if size < 0:
            raise file_error(errno.EINVAL)
        self._tree.resize(self._file, size)
        return size

    def close(self) -> None:
        """Close it."""
        if not self.closed and self._descriptor is not None:
            descriptors.pop(self._descriptor, None)
        super().close()


def open_path(path: Any, flags: int, mode: int = 0o777) -> MemoryFile:
    """Open a path, with the flags of `os.open`."""
    tree = current.tree
    if flags & getattr(os, "O_TMPFILE", 0) == getattr(os, "O_TMPFILE", -1):
        raise file_error(errno.EOPNOTSUPP, path)
    writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
    path = os.fspath(path)
    text = path_text(path)
    if text == _NULL_DEVICE:
        return _NullFile(tree, File(tree.root, "null", 0, 0o666), path, flags)
    create, exclusive = bool(flags & os.O_CREAT), bool(flags & os.O_EXCL)
    try:
        node = tree.open_node(text, create=create, exclusive=exclusive, mode=mode & 0o777 & ~0o022)
        if isinstance(node, Directory):
            raise file_error(errno.EISDIR, path)
    except OSError as error:
        # The path as it was given, which may be bytes: that is what the real error shows.
        raise file_error(error.errno or errno.EIO, path) from None
    if flags & os.O_DIRECTORY:
        raise file_error(errno.ENOTDIR, path)
    tree.check_access(node, path, reads=not flags & os.O_WRONLY, writes=writes)
    if flags & os.O_TRUNC and writes:
        tree.resize(node, 0)
    return MemoryFile(tree, node, path, flags)


class _NullFile(MemoryFile):
    """The null device."""

    def write(self, data: Any) -> int:
        return len(memoryview(data).cast("B"))


def open(  # noqa: A001, C901, PLR0912 - the built-in function
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,  # noqa: FBT001, FBT002 - as above
    opener: Callable[[Any, int], int] | None = None,
) -> Any:
    """Open a file of the run, as the built-in function ``open`` does."""
    if not isinstance(mode, str):
        raise TypeError(f"open() argument 'mode' must be str, not {type(mode).__name__}")
    flags, letter = _flags_of(mode)
    binary = "b" in mode
    if binary and (encoding is not None or errors is not None or newline is not None):
        argument = next(
            name
            for name, value in (("encoding", encoding), ("errors", errors), ("newline", newline))
            if value is not None
        )
        # CPython's three messages have this pattern.
        raise ValueError(f"binary mode doesn't take {'an' if argument != 'newline' else 'a'} {argument} argument")
    if not binary and buffering == 0:
        raise ValueError("can't have unbuffered text I/O")
    if not isinstance(file, int):
        file = os.fspath(file)
        text = path_text(file)
        if text in _DEVICES:
            file, closefd = _DEVICES[text], False
        elif not closefd:
            raise ValueError("Cannot use closefd=False with file name")
    raw = _raw_of(file, flags, closefd=closefd, opener=opener)
    if isinstance(raw, int):
        raw = io.FileIO(raw, mode.replace("b", "").replace("t", ""), closefd)
    elif not isinstance(raw, MemoryFile):
        return _real_open(file, mode, buffering, encoding, errors, newline)
    elif letter == "a":
        raw.seek(0, os.SEEK_END)
    if buffering == 0:
        return raw
    size = io.DEFAULT_BUFFER_SIZE if buffering in {-1, 1} else buffering
    buffered: Any
    if "+" in mode:
        buffered = io.BufferedRandom(raw, size)
    elif letter == "r":
        buffered = io.BufferedReader(raw, size)
    else:
        buffered = io.BufferedWriter(raw, size)
    if binary:
        return buffered
    encoding = "utf-8" if encoding in {None, "locale"} else encoding
    stream = io.TextIOWrapper(buffered, encoding, errors, newline, line_buffering=buffering == 1)
    stream.mode = mode  # type: ignore[misc]  # as the built-in function sets it
    return stream


open.__module__ = "io"


def _raw_of(file: Any, flags: int, *, closefd: bool, opener: Callable[[Any, int], int] | None) -> Any:
    """Return the raw stream; a descriptor of the kernel's; or ``None`` for a real file that may be read."""
    if isinstance(file, int):
        if file not in descriptors:
            return file
        return descriptors[file] if closefd else _Borrowed(descriptors[file])
    if opener is None:
        try:
            return open_path(file, flags, 0o666)
        except FileNotFoundError:
            if flags & (os.O_WRONLY | os.O_RDWR) or not is_visible(path_text(file)):
                raise
            return None
    number = opener(file, flags | os.O_CLOEXEC)
    if number not in descriptors:
        return number
    raw = descriptors[number]
    raw.name = file
    return raw


class _Borrowed(MemoryFile):
    """A stream over a descriptor that stays open when it is closed."""

    def __init__(self, lender: MemoryFile) -> None:
        super().__init__(lender._tree, lender._file, lender.name, 0)
        self._lender = lender
        self._reads, self._writes, self._appends = lender._reads, lender._writes, lender._appends

    def readinto(self, buffer: Any) -> int:
        return self._lender.readinto(buffer)

    def readall(self) -> bytes:
        return self._lender.readall()

    def write(self, data: Any) -> int:
        return self._lender.write(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._lender.seek(offset, whence)

    def tell(self) -> int:
        return self._lender.tell()

    def fileno(self) -> int:
        return self._lender.fileno()


def _flags_of(mode: str) -> tuple[int, str]:
    """Return the flags of `os.open` for a mode, and its first letter of ``rwax``."""
    kinds = [letter for letter in mode if letter in "rwax"]
    if set(mode) - set("rwaxbt+") or len(mode) > len(set(mode)):
        raise ValueError(f"invalid mode: {mode!r}")
    if "t" in mode and "b" in mode:
        raise ValueError("can't have text and binary mode at once")
    if len(kinds) != 1:
        raise ValueError("must have exactly one of create/read/write/append mode")
    access = os.O_RDWR if "+" in mode else (os.O_RDONLY if kinds[0] == "r" else os.O_WRONLY)
    more = {
        "r": 0,
        "w": os.O_CREAT | os.O_TRUNC,
        "a": os.O_CREAT | os.O_APPEND,
        "x": os.O_CREAT | os.O_EXCL,
    }
    return access | more[kinds[0]], kinds[0]
