"""The file that converted rows are written to: JSON lines, or Parquet by its suffix."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from grader.errors import InputError
from grader.tools.files.parquet import ParquetWriter
from grader.tools.files.writers import AtomicFile, OutputFile

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ParquetFile", "open_output"]

_SUFFIX: Final = ".parquet"
_ROWS_AT_A_TIME: Final = 1000


def open_output(path: str, *, source: str) -> AtomicFile | ParquetFile:
    """Return the output for rows, as a context manager.

    Args:
        path: the file; Parquet if it ends in ``.parquet``.
        source: path of the file that is read meanwhile, which must be another one.

    Raises:
        InputError: the file cannot be written; entering it may raise that, too.
    """
    kind = ParquetFile if Path(path).suffix.lower() == _SUFFIX else AtomicFile
    return kind(path, source=source)


class ParquetFile(OutputFile):
    """Rows under a temporary name, which replace the file once all went well. A context manager.

    Args:
        path: the file.
        source: path of the file that is read meanwhile, which must be another one.

    Raises:
        InputError: the file cannot be written, or pyarrow is missing; entering it may raise that, too.
    """

    def __init__(self, path: str, *, source: str) -> None:
        super().__init__(path, source=source, source_holds="rows")
        # Through a symbolic link, so that the link stays, and what it points to is replaced.
        self._target = Path(path).resolve()
        self._part = self._target.with_name(f".{self._target.name}.{secrets.token_hex(4)}.part")
        self._writer: ParquetWriter | None = None
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        try:
            self._writer = ParquetWriter(self._part, name=self.path)
        except OSError as error:
            raise self._error(error) from None
        return self

    def write(self, document: dict[str, Any]) -> None:
        """Write the next row.

        Raises:
            InputError: the file cannot be written, or rows have values of other types than the first ones.
        """
        self._rows.append(document)
        if len(self._rows) >= _ROWS_AT_A_TIME:
            self._flush()

    def _flush(self) -> None:
        assert self._writer is not None
        rows, self._rows = self._rows, []
        try:
            if rows:
                self._writer.write(rows)
        except ValueError as error:
            raise InputError(f"{self.path}: Parquet has one type for each column; write JSON lines: {error}") from None
        except OSError as error:
            raise self._error(error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
            self._close()
            if kind is None:
                self._part.replace(self._target)
        except OSError as failure:
            raise self._error(failure) from None
        finally:
            with contextlib.suppress(OSError):
                self._close()
                self._part.unlink()

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
