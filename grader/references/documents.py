"""Read fetched files of references: one reference, or JSON lines with one reference each."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from grader.references.locate import StoreError, shorten
from testcases.errors import InvalidFieldError
from testcases.formats import native
from testcases.json_text import load_json

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ReferenceFile", "ReferenceText", "decompress", "parse_reference"]

_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"
_MAX_LINES: Final = 1_000_000
_LINE_INDEX_BYTES: Final = 256
"""Bytes of memory for the index entry of a line, about."""
_MB: Final = 1024 * 1024


def decompress(data: bytes, *, is_gzip: bool, cap: int) -> bytes:
    """Return the text of a file, which may be gzipped.

    Args:
        data: content of the file.
        is_gzip: True if its name ends in ``.gz``.
        cap: maximum number of bytes that the text may have.

    Raises:
        StoreError: the gzip data is damaged, or unpacks to more.
    """
    # the first bytes decide, not the name: S3 clients decompress on the way, or not, as the object's headers ask
    if not data.startswith(_GZIP_MAGIC):
        if is_gzip:
            raise StoreError("its name ends in .gz, and it is not gzip data")
        return data
    text = bytearray()
    try:
        # chunk by chunk, so that a few KB that unpack to many GB are refused before they are in memory
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while len(text) <= cap and (chunk := stream.read(min(_CHUNK, cap + 1 - len(text)))):
                text += chunk
    except (OSError, EOFError, zlib.error):
        raise StoreError("is damaged gzip data") from None
    if len(text) > cap:
        raise StoreError(f"unpacks to more than the {cap / _MB:g} MiB that max_object_mb allows")
    return bytes(text)


@dataclass(frozen=True, slots=True)
class ReferenceText:
    """Text of one reference, not parsed yet."""

    text: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text."""
        return sha256(self.text).digest()


class ReferenceFile:
    """Content of a location when it was fetched. Safe for threads: only `index` changes it, and always to the same."""

    __slots__ = ("_first_bad", "_lines", "_text")

    def __init__(self, text: bytes) -> None:
        # Bytes and not text: str takes up to 4 bytes for each character, and most lines are never looked at.
        self._text = text.removeprefix(_BOM)
        self._lines: dict[str, tuple[int, int] | None] | None = None
        self._first_bad = 0

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return len(self._text) + _LINE_INDEX_BYTES * len(self._lines or ())

    def index(self) -> None:
        """Find the line of each ``task_id``. Done once, for the first address that asks for a line.

        Raises:
            StoreError: there are too many lines.
        """
        if self._lines is not None:
            return
        lines: dict[str, tuple[int, int] | None] = {}
        for number, start, end in self._line_spans():
            if number > _MAX_LINES:
                raise StoreError(f"has more than {_MAX_LINES} lines; spread them over several objects")
            try:
                row = json.loads(self._text[start:end].decode())
            except (ValueError, RecursionError):
                # A line that is not JSON may be one that no address asks for. It is mentioned if an id is not found.
                self._first_bad = self._first_bad or number
                continue
            task_id = _row_task_id(row)
            if task_id is not None:
                # An id on several lines is an error only for addresses that ask for it, so it is marked and not raised
                # here.
                lines[task_id] = None if task_id in lines else (start, end)
        self._lines = lines

    def reference(self, task_id: str | None) -> ReferenceText:
        """Return the reference with this id; of a file of one reference, that one.

        Raises:
            StoreError: there is no reference with that id, or several have it.
        """
        if task_id is None:
            return ReferenceText(self._text)
        self.index()
        assert self._lines is not None
        shown_id = shorten(task_id)
        if task_id in self._lines:
            span = self._lines[task_id]
            if span is None:
                raise StoreError(f"has the task_id '{shown_id}' on several lines")
            return ReferenceText(self._text[span[0] : span[1]])
        # One reference written over several lines: none of them is JSON by itself.
        if not self._lines and _row_task_id(self._whole()) == task_id:
            return ReferenceText(self._text)
        hint = f" that could be read; line {self._first_bad} is not JSON" if self._first_bad else ""
        raise StoreError(f"has no line with the task_id '{shown_id}'{hint}")

    def _line_spans(self) -> Iterator[tuple[int, int, int]]:
        """Yield number, start and end of each line that is not blank."""
        # positions and not lines: the text may have hundreds of MB, and splitting it would double that
        start = number = 0
        while start < len(self._text):
            number += 1
            end = self._text.find(b"\n", start)
            end = len(self._text) if end < 0 else end
            if not self._text[start:end].isspace() and end > start:
                yield number, start, end
            start = end + 1

    def _whole(self) -> Any:
        """Return the value of a text that is one reference over several lines; ``None`` where it is not."""
        try:
            return json.loads(self._text.decode())
        except (ValueError, RecursionError):
            return None


def parse_reference(document: ReferenceText) -> Any:
    """Parse the text of a reference.

    The native format refuses an unknown ``task_id``, so it is removed; other formats are rows that may need it. A
    reference that is not an object, such as a list, stands beside its id as ``reference_answer``.

    Raises:
        StoreError: the text is not JSON.
    """
    try:
        text = document.text.decode()
    except UnicodeDecodeError as error:
        raise StoreError(f"is not UTF-8: byte {error.start + 1} is {document.text[error.start]:#04x}") from None
    try:
        value = load_json(text, "")
    except InvalidFieldError as error:
        # The usual mistake, with an error that says more than "extra data at line 2".
        if _is_json_lines(text):
            raise StoreError("holds several references; choose one by a field task_id beside the address") from None
        raise StoreError(str(error).removeprefix(": ")) from None
    if isinstance(value, dict):
        others = {name: item for name, item in value.items() if name != "task_id"}
        if others.keys() == {"reference_answer"}:
            return others["reference_answer"]
        if native.KEYS[0] <= value.keys() and native.fits(value):
            return others
    return value


def _is_json_lines(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return bool(rest.strip())


def _row_task_id(row: Any) -> str | None:
    task_id = row.get("task_id") if isinstance(row, dict) else None
    if isinstance(task_id, str) or (isinstance(task_id, int) and not isinstance(task_id, bool)):
        return str(task_id)
    return None
