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
"""A pipe is opened without waiting for who writes into it, and found to be none of ours."""


class FolderReader:
    """Reads files below a folder. Every step is taken from the last, and none through a symbolic link.

    Args:
        root: the folder; ``None`` where no file may be read. It may itself be a symbolic link.
    """

    def __init__(self, root: Path | None) -> None:
        self._root = root

    def fetch(self, place: FolderFile, *, tag: str | None, cap: int) -> FetchedBytes | None:
        """What the file holds; ``None`` where its tag is still this one.

        Args:
            place: the file.
            tag: tag of the copy that is known, if any.
            cap: the most bytes it may have.

        Raises:
            StoreError: it cannot be had.
        """
        if self._root is None:
            raise StoreError("no files are read here; file_root of the settings would name their folder")
        try:
            descriptor = self._open(self._root, place.path)
            try:
                return _read(descriptor, tag, cap)
            finally:
                os.close(descriptor)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise StoreError("is behind a symbolic link, and none is followed") from None
            said = (error.strerror or type(error).__name__).lower()
            raise StoreError(f"cannot be read: {said}") from None

    def _open(self, root: Path, path: str) -> int:
        parts = path.split("/")
        if path.startswith("/"):
            base = os.fspath(root.absolute()).rstrip("/").split("/")
            if parts[: len(base)] != base:
                raise StoreError("is outside of file_root")
            parts = parts[len(base) :]
        if ".." in parts:
            raise StoreError("is outside of file_root, or says so")
        here = os.open(root, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY)
        for part in parts:
            if part in {"", "."}:
                continue
            try:
                step = os.open(part, _OPEN_FLAGS, dir_fd=here)
            finally:
                os.close(here)
            here = step
        return here


def _read(descriptor: int, tag: str | None, cap: int) -> FetchedBytes | None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("is no regular file")
    found = f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
    if found == tag:
        return None
    check_size(status.st_size, cap)
    with open(descriptor, "rb", closefd=False) as file:
        data = file.read(cap + 1)
    check_size(len(data), cap)
    return FetchedBytes(data, found)
