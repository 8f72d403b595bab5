"""Read files below one folder, and no others."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final

from grader.references.fetch import FetchedBytes, check_size
from grader.references.locate import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from grader.references.locate import FolderFile

__all__ = ["FolderReader"]

_OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""With O_NONBLOCK, a pipe is opened without waiting for its writer (open(2)); `_read` refuses it then."""


class FolderReader:
    """Reads files below a folder, and no others.

    Each part of a path is opened relative to the one before, and never through a symbolic link. Checking the whole
    path first, and opening it then, would leave time to put a link in its place.

    Args:
        root: the folder; ``None`` where no files may be read. It may itself be a symbolic link.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root

    def fetch(self, location: FolderFile, *, tag: str | None, cap: int) -> FetchedBytes | None:
        """Return the content of a file; ``None`` where its tag is still this one.

        Args:
            location: the file.
            tag: tag of the known copy, if any.
            cap: maximum number of bytes that the file may have.

        Raises:
            StoreError: the file cannot be read.
        """
        if self._root is None:
            raise StoreError("files are not read here; the setting file_root names the folder for them")
        try:
            descriptor = self._open(self._root, location.path)
            try:
                return _read(descriptor, tag, cap)
            finally:
                os.close(descriptor)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise StoreError("is behind a symbolic link, which is not followed") from None
            reason = (error.strerror or type(error).__name__).lower()
            raise StoreError(f"cannot be read: {reason}") from None

    def _open(self, root: Path, path: str) -> int:
        parts = path.split("/")
        if path.startswith("/"):
            # By its name, not resolved: whoever set file_root to a link writes paths with the name of the link.
            base = os.fspath(root.absolute()).rstrip("/").split("/")
            if parts[: len(base)] != base:
                raise StoreError("is outside of file_root")
            parts = parts[len(base) :]
        # Refused and not resolved: where a folder is renamed meanwhile, ".." leads out of the root.
        if ".." in parts:
            raise StoreError("is outside of file_root, or has '..' in it")
        # O_PATH needs no permission to list the folder, only to pass through it (open(2)).
        folder = os.open(root, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY)
        for part in parts:
            if part in {"", "."}:
                continue
            try:
                inner = os.open(part, _OPEN_FLAGS, dir_fd=folder)
            finally:
                os.close(folder)
            folder = inner
        return folder


def _read(descriptor: int, tag: str | None, cap: int) -> FetchedBytes | None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("is not a regular file")
    # What stands for an ETag: it changes with every write that changes the time or the size.
    current = f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
    if current == tag:
        return None
    check_size(status.st_size, cap)
    with open(descriptor, "rb", closefd=False) as file:
        data = file.read(cap + 1)  # it may have grown since
    check_size(len(data), cap)
    return FetchedBytes(data, current)
