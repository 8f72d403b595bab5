"""JSON lines, plain or gzipped, from a file or standard input, as samples."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from grader.aws.samples import read_sample
from grader.errors import InputError, SampleError
from grader.sample import BadSample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.sample import Sample

__all__ = ["STDIN", "Line", "SampleFile", "chunks"]

STDIN = "-"
_MAX_LINE_BYTES = 256 * 1024 * 1024
_CHUNK_SAMPLES = 512
_CHUNK_BYTES = 64 * 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds something."""

    number: int
    """From 1, blank lines counted."""
    size: int
    """Bytes of it."""
    sample: Sample | BadSample


class SampleFile:
    """Samples of a file, read as they are asked for. A context manager, good for one iteration.

    Args:
        name: path of the file; ``-`` is standard input. Gzip is told by its first bytes, whatever the name.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str) -> None:
        self.name = "<stdin>" if name == STDIN else name
        self.size: int | None = None
        """Bytes on disk; ``None`` where that is not known."""
        try:
            self._raw = _open(name)
            if name != STDIN and self._raw.seekable():
                self.size = Path(name).stat().st_size
            self._stream = self._unpacked()
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise InputError(f"{self.name}: {_reason(error)}") from None

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

    def __iter__(self) -> Iterator[Line]:
        """Every line that holds something; what cannot be read as a sample is a `BadSample`.

        Raises:
            InputError: the rest of the file cannot be read, or there is not a single sample.
        """
        number, found = 0, False
        while True:
            number += 1
            try:
                raw = self._next_line()
            except (OSError, EOFError, zlib.error) as error:
                raise InputError(f"{self.name}:{number}: {_reason(error)}") from None
            if not raw:
                break
            if number == 1:
                if raw.startswith(_WIDE_BOMS):
                    raise InputError(f"{self.name}:1: is UTF-16 or UTF-32; JSON lines are UTF-8")
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if raw.strip():
                found = True
                yield Line(number, len(raw), _sample(raw, number))
        if not found:
            raise InputError(f"{self.name}: holds no samples; one JSON object on each line is wanted")

    def _unpacked(self) -> BinaryIO:
        if self._raw.peek(2)[:2] == _GZIP_MAGIC:
            return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=self._raw))))
        return self._raw

    def _next_line(self) -> bytes:
        line = self._stream.readline(_MAX_LINE_BYTES + 1)
        if len(line) > _MAX_LINE_BYTES:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = self._stream.readline(_MAX_LINE_BYTES)
        return line


def chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Lines in groups small enough to hold in memory.

    An error of `lines` is raised after the lines before it were given out.
    """
    chunk: list[Line] = []
    size = 0
    try:
        for line in lines:
            chunk.append(line)
            size += line.size
            if len(chunk) >= _CHUNK_SAMPLES or size >= _CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    except InputError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _open(name: str) -> io.BufferedReader:
    return cast("io.BufferedReader", sys.stdin.buffer) if name == STDIN else Path(name).open("rb")


def _sample(raw: bytes, number: int) -> Sample | BadSample:
    try:
        document = _document(raw)
    except _NotJsonError as error:
        return BadSample(f"sample-{number - 1}", SampleError(f"#{number - 1}", "sample", str(error)))
    return read_sample(document, number - 1)


class _NotJsonError(Exception):
    """What a line holds instead of JSON."""


def _document(raw: bytes) -> object:
    if len(raw) > _MAX_LINE_BYTES:
        raise _NotJsonError(f"is longer than {_MAX_LINE_BYTES // 1024 // 1024} MiB")
    try:
        return cast("object", json.loads(raw.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise _NotJsonError(f"is not UTF-8: byte {error.start + 1} is {raw[error.start]:#04x}") from None
    except json.JSONDecodeError as error:
        raise _NotJsonError(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise _NotJsonError("is JSON nested too deeply") from None
    except ValueError:
        raise _NotJsonError("is JSON with an integer of too many digits") from None


def _reason(error: Exception) -> str:
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return "damaged gzip data"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error)
