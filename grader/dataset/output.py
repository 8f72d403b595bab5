"""Output that is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from grader.errors import InputError
from grader.report import json_line

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["WholeFile"]


class WholeFile:
    """JSON lines under a temporary name beside the file, which they replace once all is well. A context manager.

    Args:
        path: the file.
        source: the file that is read meanwhile, which must be another.

    Raises:
        InputError: the file cannot be written; entering it may say so, too.
    """

    def __init__(self, path: str, *, source: str) -> None:
        self.path = path
        self._temporary: Path | None = None
        self._file: TextIO | None = None
        try:
            self._target = Path(path).resolve()
            if self._target.is_dir():
                raise InputError(f"{path}: is a directory")
            if self._target.exists() and Path(source).is_file() and self._target.samefile(source):
                raise InputError(f"{path}: is the file the rows are in; --out must be another")
            if not self._target.exists() or self._target.is_file():
                self._temporary = self._target.with_name(f".{self._target.name}.{secrets.token_hex(4)}.part")
        except (OSError, ValueError) as error:
            raise self._error(error) from None

    def __enter__(self) -> Self:
        try:
            if self._temporary is None:  # a pipe, a terminal: nothing to replace
                self._file = self._target.open("w", encoding="ascii")
            else:
                self._file = self._temporary.open("x", encoding="ascii")
        except OSError as error:
            raise self._error(error) from None
        except BaseException:
            self._give_up()
            raise
        return self

    def write(self, document: Any) -> None:
        """Write the next line.

        Raises:
            InputError: it cannot be written.
            ValueError: the document is not JSON.
        """
        line = json_line(document) + "\n"
        assert self._file is not None
        try:
            self._file.write(line)
        except OSError as error:
            raise self._error(error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._give_up()
            return
        assert self._file is not None
        try:
            self._file.close()
            if self._temporary is not None:
                self._temporary.replace(self._target)
        except OSError as failure:
            self._give_up()
            raise self._error(failure) from None
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        with contextlib.suppress(OSError):
            if self._file is not None:
                self._file.close()
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def _error(self, error: Exception) -> InputError:
        return InputError(f"{self.path}: {getattr(error, 'strerror', None) or error}")
