"""Fetched files of references: one reference, or JSON lines with one reference each."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from grader.references.locate import shorten
from testcases.errors import InvalidFieldError, StoreError
from testcases.formats import native
from testcases.formats.fields import load_json

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ReferenceFile", "ReferenceText", "decompress", "parse_reference"]

_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 20
_BOM: Final = b"\xef\xbb\xbf"
_MAX_LINES: Final = 1_000_000
_LINE_INDEX_BYTES: Final = 256
"""Bytes that knowing of a line takes."""
_MB: Final = 1024 * 1024


def decompress(data: bytes, *, is_gzip: bool, cap: int) -> bytes:
    """The text in what was fetched, which may be gzipped; its first bytes tell.

    Args:
        data: what was fetched.
        is_gzip: whether its name says that it is gzipped.
        cap: the most bytes it may have, unpacked.

    Raises:
        StoreError: the gzip data is damaged, or unpacks to more.
    """
    if not data.startswith(_GZIP_MAGIC):
        if is_gzip:
            raise StoreError("its name ends in .gz, and it is not gzip data")
        return data
    text = bytearray()
    try:
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
    """Text of one reference, as yet unread."""

    text: bytes

    @property
    def digest(self) -> bytes:
        """Equal texts have equal digests."""
        return sha256(self.text).digest()


class ReferenceFile:
    """What a place held when it was fetched."""

    __slots__ = ("_first_bad", "_lines", "_text")

    def __init__(self, text: bytes) -> None:
        self._text = text.removeprefix(_BOM)
        self._lines: dict[str, tuple[int, int] | None] | None = None
        self._first_bad = 0

    @property
    def size(self) -> int:
        """Bytes of memory it takes."""
        return len(self._text) + _LINE_INDEX_BYTES * len(self._lines or ())

    def index(self) -> None:
        """Find out which line has which ``task_id``, once; until it is asked for a line, nobody needs to know.

        Raises:
            StoreError: there are too many lines.
        """
        if self._lines is not None:
            return
        lines: dict[str, tuple[int, int] | None] = {}
        for number, start, end in self._ends():
            if number > _MAX_LINES:
                raise StoreError(f"has more than {_MAX_LINES} lines; spread them over several objects")
            try:
                row = json.loads(self._text[start:end].decode())
            except (ValueError, RecursionError):
                self._first_bad = self._first_bad or number
                continue
            name = _row_task_id(row)
            if name is not None:
                lines[name] = None if name in lines else (start, end)
        self._lines = lines

    def document(self, task_id: str | None) -> ReferenceText:
        """The reference with this id, or the only one.

        Raises:
            StoreError: there is none of that id, or there are several.
        """
        if task_id is None:
            return ReferenceText(self._text)
        self.index()
        assert self._lines is not None
        name = shorten(task_id)
        if task_id in self._lines:
            found = self._lines[task_id]
            if found is None:
                raise StoreError(f"has the task_id '{name}' on several lines")
            return ReferenceText(self._text[found[0] : found[1]])
        if not self._lines and _row_task_id(self._whole()) == task_id:
            return ReferenceText(self._text)
        doubt = f" that could be read; line {self._first_bad} is not JSON" if self._first_bad else ""
        raise StoreError(f"has no line with the task_id '{name}'{doubt}")

    def _ends(self) -> Iterator[tuple[int, int, int]]:
        """Number, start and end of each line that holds something."""
        start = number = 0
        while start < len(self._text):
            number += 1
            end = self._text.find(b"\n", start)
            end = len(self._text) if end < 0 else end
            if not self._text[start:end].isspace() and end > start:
                yield number, start, end
            start = end + 1

    def _whole(self) -> Any:
        """The one reference over several lines; ``None`` where it is not that."""
        try:
            return json.loads(self._text.decode())
        except (ValueError, RecursionError):
            return None


def parse_reference(document: ReferenceText) -> Any:
    """The reference that a document says.

    The native format has no room for a ``task_id``, so it goes; other formats are rows that may need it. A reference
    that is no object, such as a list, is beside its id as ``reference_answer``.

    Raises:
        StoreError: it is not JSON.
    """
    try:
        text = document.text.decode()
    except UnicodeDecodeError as error:
        raise StoreError(f"is not UTF-8: byte {error.start + 1} is {document.text[error.start]:#04x}") from None
    try:
        value = load_json(text, "")
    except InvalidFieldError as error:
        if _is_json_lines(text):
            raise StoreError("holds several references; say which with a field task_id beside the address") from None
        raise StoreError(str(error).removeprefix(": ")) from None
    if isinstance(value, dict):
        others = {name: item for name, item in value.items() if name != "task_id"}
        if others.keys() == {"reference_answer"}:
            return others["reference_answer"]
        if native.fits(value):
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
    name = row.get("task_id") if isinstance(row, dict) else None
    if isinstance(name, str) or (isinstance(name, int) and not isinstance(name, bool)):
        return str(name)
    return None
