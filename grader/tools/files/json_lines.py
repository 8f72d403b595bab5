"""Read JSON lines, plain or gzipped, from a file or standard input, one line or one chunk in memory at a time."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import json
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self, TypeVar, cast

from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAX_LINE_BYTES",
    "STDIN",
    "JsonLine",
    "JsonLines",
    "NotJsonError",
    "chunks",
    "parse_json",
    "read_error_text",
]


_MAX_CHUNK_ITEMS = 512
_MAX_CHUNK_BYTES = 64 * 1024 * 1024


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


Item = TypeVar("Item", bound=_Sized)


def chunks(items: Iterator[Item], most: int = _MAX_CHUNK_ITEMS) -> Iterator[list[Item]]:
    """Items in groups small enough to hold in memory.

    An error of `items` is raised after the items before it were given out.

    Args:
        items: the stream; the ``size`` of an item is its bytes.
        most: how many items a group may have.
    """
    chunk: list[Item] = []
    size = 0
    try:
        for item in items:
            chunk.append(item)
            size += item.size
            if len(chunk) >= most or size >= _MAX_CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    except InputError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


STDIN = "-"
MAX_LINE_BYTES = 256 * 1024 * 1024
"""Longer lines are not read."""
_GZIP_MAGIC = b"\x1f\x8b"
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One line that holds something."""

    number: int
    """From 1, blank lines counted."""
    size: int
    """Bytes of it."""
    document: object
    """What it says; ``None`` where that cannot be told."""
    complaint: str = ""
    """Why it cannot be read, to be put after its name; empty when it can."""
    digest: str = ""
    """Of its text; that of a line that is too long is empty."""


class JsonLines:
    """Lines of a file, read as they are asked for. A context manager, good for one iteration.

    Args:
        name: path of the file; ``-`` is standard input. Gzip is told by its first bytes, whatever the name.
        holds: what the lines hold, for error messages.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str, *, holds: str = "samples") -> None:
        self.name = "<stdin>" if name == STDIN else name
        self.size: int | None = None
        """Bytes on disk; ``None`` where that is not known."""
        self._holds = holds
        try:
            self._raw = _open(name)
            if name != STDIN and self._raw.seekable():
                self.size = Path(name).stat().st_size
            self._stream = self._unpacked()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise InputError(f"{self.name}: {read_error_text(error)}") from None

    @property
    def position(self) -> int:
        """Bytes of `size` that have been read; 0 where that is not known."""
        return self._raw.tell() if self.size is not None else 0

    def close(self) -> None:
        """Close the file."""
        if self._raw is not sys.stdin.buffer:
            self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def peek(self) -> bytes:
        """The first bytes of the text, still to be read.

        Raises:
            InputError: they cannot be read.
        """
        try:
            return cast("io.BufferedReader", self._stream).peek(1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{self.name}: {read_error_text(error)}") from None

    def read_all(self, limit: int) -> bytes:
        """Everything that was not read yet.

        Raises:
            InputError: it is more than `limit` bytes, or cannot be read.
        """
        try:
            text = self._stream.read(limit + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{self.name}: {read_error_text(error)}") from None
        if len(text) > limit:
            raise InputError(f"{self.name}: holds more than {limit // 1024 // 1024} MiB; write it as JSON lines")
        return text

    def __iter__(self) -> Iterator[JsonLine]:
        """Every line that holds something.

        Raises:
            InputError: the rest of the file cannot be read, or there is not a single such line.
        """
        number, found = 0, False
        while True:
            number += 1
            try:
                raw = self._next_line()
            except (OSError, EOFError, zlib.error) as error:
                raise InputError(f"{self.name}:{number}: {read_error_text(error)}") from None
            if not raw:
                break
            if number == 1:
                if raw.startswith(_WIDE_BOMS):
                    raise InputError(f"{self.name}:1: is UTF-16 or UTF-32; JSON lines are UTF-8")
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if raw.strip():
                found = True
                yield _parse_line(raw, number)
        if not found:
            raise InputError(f"{self.name}: holds no {self._holds}; one JSON object on each line is wanted")

    def _unpacked(self) -> BinaryIO:
        if self._raw.peek(2)[:2] == _GZIP_MAGIC:
            return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=self._raw))))
        return self._raw

    def _next_line(self) -> bytes:
        line = self._stream.readline(MAX_LINE_BYTES + 1)
        if len(line) > MAX_LINE_BYTES:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = self._stream.readline(MAX_LINE_BYTES)
        return line


class NotJsonError(Exception):
    """What a text holds instead of JSON."""


def parse_json(raw: bytes) -> object:
    """What a text of JSON says.

    Raises:
        NotJsonError: it is none; says so without a subject.
    """
    try:
        return cast("object", json.loads(raw.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise NotJsonError(f"is not UTF-8: byte {error.start + 1} is {raw[error.start]:#04x}") from None
    except json.JSONDecodeError as error:
        where = f"character {error.pos + 1}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise NotJsonError(f"is not JSON: {error.msg} at {where}") from None
    except RecursionError:
        raise NotJsonError("is JSON nested too deeply") from None
    except ValueError:
        raise NotJsonError("is JSON with an integer of too many digits") from None


def read_error_text(error: Exception) -> str:
    """Why a file cannot be read, for people."""
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return "damaged gzip data"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error)


def _open(name: str) -> io.BufferedReader:
    return cast("io.BufferedReader", sys.stdin.buffer) if name == STDIN else Path(name).open("rb")


def _parse_line(raw: bytes, number: int) -> JsonLine:
    if len(raw) > MAX_LINE_BYTES:
        return JsonLine(number, len(raw), None, f"is longer than {MAX_LINE_BYTES // 1024 // 1024} MiB")
    text = raw.rstrip(b"\r\n")
    digest = hashlib.blake2b(text, digest_size=8).hexdigest()
    try:
        return JsonLine(number, len(raw), parse_json(text), digest=digest)
    except NotJsonError as error:
        return JsonLine(number, len(raw), None, str(error), digest)
