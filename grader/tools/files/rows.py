"""Row files: read JSON lines, a JSON list or Parquet; write JSON lines atomically."""

from __future__ import annotations

import codecs
import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from grader.errors import InputError
from grader.text import json_line
from grader.tools.files.json_lines import STDIN, JsonLines, NotJsonError, parse_json, read_error_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["AtomicFile", "Row", "RowFile"]


_MAX_LIST_BYTES = 4 * 1024 * 1024 * 1024
_PARQUET_MAGIC = b"PAR1"
_PARQUET_BATCH = 64
_MEAN_ROW_BYTES = 4096
"""What a row counts for where nobody knows its size."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    number: int
    """From 1: its line, blank ones counted, or its place in the list."""
    size: int
    """Bytes of it, about."""
    place: str
    """Where it is, for people: ``mbpp.jsonl:7``, ``mbpp.json: row 7``."""
    document: Mapping[str, Any]
    """Its columns; empty where it cannot be read."""
    complaint: str = ""
    """Why it cannot be read, to be put after its place; empty when it can."""


class RowFile:
    """Rows of a file, read as they are asked for. A context manager, good for one iteration.

    JSON lines are read line by line, Parquet batch by batch; a JSON list is in memory as a whole.

    Args:
        name: path of the file, or ``-`` for standard input. What it is, gzip included, is told by its first bytes.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str) -> None:
        self._lines = JsonLines(name, holds="rows")
        self._path = name
        self.name = self._lines.name
        self.total: int | None = self._lines.size
        """How far there is to go, in units of `position`; ``None`` where that is not known."""
        self._done: int | None = None

    @property
    def position(self) -> int:
        """How far reading has come."""
        return self._done if self._done is not None else self._lines.position

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Row]:
        """Every row; what cannot be read has a complaint.

        Raises:
            InputError: the rest of the file cannot be read, or there is not a single row.
        """
        start = self._lines.peek()
        if start.startswith(_PARQUET_MAGIC):
            yield from self._parquet()
        elif start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"[":
            yield from self._list()
        else:
            yield from self._json_lines()

    def _json_lines(self) -> Iterator[Row]:
        for line in self._lines:
            document, complaint = _columns(line.document)
            if line.complaint and line.number == 1 and self._path.endswith((".json", ".json.gz")):
                raise InputError(f"{self.name}: is neither a JSON list of rows nor JSON lines: line 1 {line.complaint}")
            yield Row(line.number, line.size, f"{self.name}:{line.number}", document, line.complaint or complaint)

    def _list(self) -> Iterator[Row]:
        raw = self._lines.read_all(_MAX_LIST_BYTES).removeprefix(codecs.BOM_UTF8)
        try:
            items = parse_json(raw)
        except NotJsonError as error:
            raise InputError(f"{self.name}: {error}") from None
        if not isinstance(items, list) or not items:
            raise InputError(f"{self.name}: holds no rows; a JSON list of objects, or one object a line, is wanted")
        yield from self._numbered(items, len(items), size=len(raw) // len(items))

    def _parquet(self) -> Iterator[Row]:
        if self._path == STDIN:
            raise InputError(f"{self.name}: is Parquet, which can only be read from a file")
        try:
            from pyarrow import ArrowException, parquet  # noqa: PLC0415  # an optional dependency, slow to import
        except ImportError:
            raise InputError(
                f"{self.name}: is Parquet, which needs pyarrow (pip install pyarrow); or save it as JSON lines"
            ) from None
        try:
            with parquet.ParquetFile(Path(self._path)) as file:
                batches = (row for batch in file.iter_batches(_PARQUET_BATCH) for row in batch.to_pylist())
                yield from self._numbered(batches, file.metadata.num_rows, size=_MEAN_ROW_BYTES)
        except (ArrowException, OSError) as error:
            reason = " ".join(read_error_text(error).split())
            raise InputError(f"{self.name}: cannot be read as Parquet: {reason[:200]}") from None

    def _numbered(self, items: Any, total: int, *, size: int) -> Iterator[Row]:
        self.total, self._done = total, 0
        for number, item in enumerate(items, 1):
            self._done = number
            document, complaint = _columns(item)
            yield Row(number, size, f"{self.name}: row {number}", document, complaint)
        if not total:
            raise InputError(f"{self.name}: holds no rows")


def _columns(value: object) -> tuple[Mapping[str, Any], str]:
    if isinstance(value, Mapping):
        return value, ""
    return {}, f"is of type {type(value).__name__}, not an object"


class AtomicFile:
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
