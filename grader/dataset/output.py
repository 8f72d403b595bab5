"""Output that is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from grader.errors import InputError
from grader.report import json_line

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["WholeFile"]

_MODE = 0o666
"""What a new file may be before the umask, which a temporary file is not."""


class WholeFile:
    """JSON lines under a temporary name beside the file, which they replace once all is well. A context manager.

    Args:
        path: the file.
        source: the file that is read meanwhile, which must be another.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: str, *, source: str) -> None:
        self.path = path
        self._temporary: Path | None = None
        try:
            self._target = Path(path).resolve()
            if self._target.is_dir():
                raise InputError(f"{path}: is a directory")
            if self._target.exists() and Path(source).is_file() and self._target.samefile(source):
                raise InputError(f"{path}: is the file the rows are in; --out must be another")
            if self._target.exists() and not self._target.is_file():  # a pipe, a terminal: nothing to replace
                self._file = self._target.open("w", encoding="ascii")
                return
            handle, name = tempfile.mkstemp(prefix=f".{self._target.name}.", suffix=".part", dir=self._target.parent)
        except (OSError, ValueError) as error:
            raise self._error(error) from None
        self._temporary = Path(name)
        self._file = os.fdopen(handle, "w", encoding="ascii")

    def write(self, document: Any) -> None:
        """Write the next line.

        Raises:
            InputError: it cannot be written.
            ValueError: the document is not JSON.
        """
        line = json_line(document) + "\n"
        try:
            self._file.write(line)
        except OSError as error:
            raise self._error(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._give_up()
            return
        try:
            self._file.close()
            if self._temporary is not None:
                self._temporary.chmod(_MODE & ~_umask())
                self._temporary.replace(self._target)
        except OSError as failure:
            self._give_up()
            raise self._error(failure) from None

    def _give_up(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def _error(self, error: Exception) -> InputError:
        return InputError(f"{self.path}: {getattr(error, 'strerror', None) or error}")


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
