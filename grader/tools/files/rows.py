"""Read files of rows: JSON lines, a JSON list or Parquet, plain or gzipped.

JSON lines and Parquet are read as they are asked for, so that a file may be larger than the memory.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self, TypeVar, cast

from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_LINE_BYTES", "STDIN", "LineFile", "Row", "RowFile", "chunks"]

STDIN = "-"
MAX_LINE_BYTES = 256 * 1024 * 1024
"""Longer lines are skipped, with an error."""
_MAX_LIST_BYTES = 4 * 1024 * 1024 * 1024
_MAX_CHUNK_ITEMS = 512
_MAX_CHUNK_BYTES = 64 * 1024 * 1024
_MIB = 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_PARQUET_BATCH = 64
_MEAN_ROW_BYTES = 4096
"""Size that is assumed of a row of Parquet, which does not record it."""
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_READ_ERRORS = (OSError, EOFError, zlib.error)
"""Errors of reading a file that may be gzipped."""


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


SizedT = TypeVar("SizedT", bound=_Sized)


def chunks(items: Iterator[SizedT], max_items: int = _MAX_CHUNK_ITEMS) -> Iterator[list[SizedT]]:
    """Yield items in groups small enough to hold in memory.

    An error of `items` is raised after the items before it were yielded.

    Args:
        items: the stream; the ``size`` of an item is in bytes.
        max_items: maximum number of items of a group.
    """
    chunk: list[SizedT] = []
    size = 0
    try:
        for item in items:
            chunk.append(item)
            size += item.size
            if len(chunk) >= max_items or size >= _MAX_CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    except InputError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file."""

    number: int
    """Line number from 1, blank lines counted, or position in the list from 1."""
    size: int
    """Size in bytes; an estimate where the format does not record it."""
    place: str
    """Name of the file and the number, for people: ``mbpp.jsonl:7``, ``mbpp.json: row 7``."""
    document: Any
    """Value of the row; of a `RowFile` the columns, empty where the row cannot be read."""
    complaint: str = ""
    """Reason why the row cannot be read, to be put after its place; empty when it can."""
    digest: str = ""
    """Digest of the line; empty for a line that is too long, and for rows that are not lines."""


class LineFile:
    """A file of JSON lines. A context manager, good for one iteration.

    Args:
        name: path of the file, or ``-`` for standard input. Gzip is recognized by the first bytes, whatever the name.
        holds: word for the lines in error messages.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str, *, holds: str) -> None:
        self.name = "<stdin>" if name == STDIN else name
        self.total: int | None = None
        """Length of the file in units of `position`; ``None`` where it is not known."""
        self._holds = holds
        try:
            self._raw = _open(name)
            # A named pipe has a size of 0, and cannot tell how much was read.
            if name != STDIN and self._raw.seekable():
                self.total = Path(name).stat().st_size
            self._stream = self._decompressed()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise InputError(f"{self.name}: {_read_error_text(error)}") from None

    @property
    def position(self) -> int:
        """Bytes of the file that have been read; 0 where the length is not known."""
        return self._raw.tell() if self.total is not None else 0

    def close(self) -> None:
        """Close the file."""
        # Standard input is not ours to close.
        if self._raw is not sys.stdin.buffer:
            self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lines(self) -> Iterator[Row]:
        """Yield every line that is not blank; those that are not JSON with a complaint.

        Raises:
            InputError: the rest of the file cannot be read, or all lines are blank.
        """
        number, is_empty = 0, True
        while True:
            number += 1
            try:
                raw = self._next_line()
            except _READ_ERRORS as error:
                raise InputError(f"{self.name}:{number}: {_read_error_text(error)}") from None
            if not raw:
                break
            if number == 1:
                if raw.startswith(_WIDE_BOMS):
                    raise InputError(f"{self.name}:1: is UTF-16 or UTF-32; JSON lines are UTF-8")
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if raw.strip():
                is_empty = False
                yield _parse_line(raw, number, f"{self.name}:{number}")
        if is_empty:
            raise InputError(f"{self.name}: holds no {self._holds}; give one JSON object on each line")

    def _decompressed(self) -> BinaryIO:
        # peek and not seek, as standard input may be a pipe.
        if self._raw.peek(2)[:2] == _GZIP_MAGIC:
            return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=self._raw))))
        return self._raw

    def _next_line(self) -> bytes:
        line = self._stream.readline(MAX_LINE_BYTES + 1)
        if len(line) > MAX_LINE_BYTES:
            # the rest of it is read and dropped, so that the next line keeps its number
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = self._stream.readline(MAX_LINE_BYTES)
        return line

    def _peek(self) -> bytes:
        try:
            return cast("io.BufferedReader", self._stream).peek(1)
        except _READ_ERRORS as error:
            raise InputError(f"{self.name}: {_read_error_text(error)}") from None

    def _read_all(self, limit: int) -> bytes:
        try:
            text = self._stream.read(limit + 1)
        except _READ_ERRORS as error:
            raise InputError(f"{self.name}: {_read_error_text(error)}") from None
        if len(text) > limit:
            raise InputError(f"{self.name}: holds more than {limit // _MIB} MiB; write it as JSON lines")
        return text


class RowFile(LineFile):
    """Rows of a file. A context manager, good for one iteration.

    JSON lines are read line by line, Parquet batch by batch; a JSON list is in memory as a whole.

    Args:
        name: path of the file, or ``-`` for standard input. The format, gzip included, is recognized by its first
            bytes.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, holds="rows")
        self._path = name
        self._rows_read: int | None = None

    @property
    def position(self) -> int:
        """Bytes or rows that have been read, in units of `total`."""
        return self._rows_read if self._rows_read is not None else super().position

    def __iter__(self) -> Iterator[Row]:
        """Yield every row; those that cannot be read with a complaint.

        Raises:
            InputError: the rest of the file cannot be read, or there are no rows.
        """
        # Looked at and not consumed, because standard input cannot be read again.
        start = self._peek()
        if start.startswith(_PARQUET_MAGIC):
            yield from self._parquet()
        elif start.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"[":
            yield from self._list()
        else:
            yield from self._json_lines()

    def _json_lines(self) -> Iterator[Row]:
        for line in self.lines():
            # A .json file that is neither: the error of its first line alone would not say what is expected.
            if line.complaint and line.number == 1 and self._path.endswith((".json", ".json.gz")):
                raise InputError(f"{self.name}: is neither a JSON list of rows nor JSON lines: line 1 {line.complaint}")
            yield _with_columns(line)

    def _list(self) -> Iterator[Row]:
        raw = self._read_all(_MAX_LIST_BYTES).removeprefix(codecs.BOM_UTF8)
        try:
            items = _parse_json(raw)
        except _NotJsonError as error:
            raise InputError(f"{self.name}: {error}") from None
        if not isinstance(items, list) or not items:
            raise InputError(f"{self.name}: holds no rows; give a JSON list of objects, or one object a line")
        # All rows count the same: the size only bounds the memory of a chunk.
        yield from self._numbered(items, len(items), size=len(raw) // len(items))

    def _parquet(self) -> Iterator[Row]:
        if self._path == STDIN:
            raise InputError(f"{self.name}: is Parquet, which can only be read from a file")
        try:
            # Optional, as pyarrow is larger than all other dependencies together.
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
            reason = " ".join(_read_error_text(error).split())
            raise InputError(f"{self.name}: cannot be read as Parquet: {reason[:200]}") from None

    def _numbered(self, items: Any, total: int, *, size: int) -> Iterator[Row]:
        self.total, self._rows_read = total, 0
        for number, item in enumerate(items, 1):
            self._rows_read = number
            yield _with_columns(Row(number, size, f"{self.name}: row {number}", item))
        if not total:
            raise InputError(f"{self.name}: holds no rows")


def _with_columns(row: Row) -> Row:
    if isinstance(row.document, Mapping):
        return row
    complaint = row.complaint or f"is of type {type(row.document).__name__}, not an object"
    return replace(row, document={}, complaint=complaint)


class _NotJsonError(Exception):
    """A text that is not JSON; the message has no subject."""


def _parse_json(raw: bytes) -> object:
    try:
        return cast("object", json.loads(raw.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise _NotJsonError(f"is not UTF-8: byte {error.start + 1} is {raw[error.start]:#04x}") from None
    except json.JSONDecodeError as error:
        where = f"character {error.pos + 1}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise _NotJsonError(f"is not JSON: {error.msg} at {where}") from None
    except RecursionError:
        raise _NotJsonError("is JSON nested too deeply") from None
    except ValueError:  # sys.set_int_max_str_digits: 4300 unless it was raised
        raise _NotJsonError("is JSON with an integer of too many digits") from None


def _read_error_text(error: Exception) -> str:
    """Return the reason why a file cannot be read, for people."""
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return "damaged gzip data"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error)


def _open(name: str) -> io.BufferedReader:
    return cast("io.BufferedReader", sys.stdin.buffer) if name == STDIN else Path(name).open("rb")


def _parse_line(raw: bytes, number: int, place: str) -> Row:
    if len(raw) > MAX_LINE_BYTES:
        return Row(number, len(raw), place, None, f"is longer than {MAX_LINE_BYTES // _MIB} MiB")
    # Without the line end, so that the digest stays when a file is rewritten with another one, or gets a last newline.
    text = raw.rstrip(b"\r\n")
    digest = hashlib.blake2b(text, digest_size=8).hexdigest()
    try:
        return Row(number, len(raw), place, _parse_json(text), digest=digest)
    except _NotJsonError as error:
        return Row(number, len(raw), place, None, str(error), digest)
