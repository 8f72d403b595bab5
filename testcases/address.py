"""Where a reference is kept, when it does not come with the sample."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from testcases.errors import InvalidFieldError, ProblemError

__all__ = ["Address", "FolderFile", "Place", "S3Object", "address_of", "is_address", "one_line"]

_S3: Final = "s3://"
_FILE: Final = "file://"
_BESIDE: Final = frozenset({"task_id", "format"})
_MOST_LAYERS: Final = 6
_MOST_TEXT: Final = 16_384
"""Longer text is no address: a key has at most 1,024 bytes (Amazon S3 User Guide, "Object key naming")."""
_MOST_KEY_BYTES: Final = 1024
_BUCKET: Final = re.compile(r"[A-Za-z0-9._-]{3,255}")
"""Also names that buckets could have before 2018."""
_MOST_SHOWN: Final = 200
_MOST_NUMBER: Final = 10**18


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object in S3."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return one_line(f"{_S3}{self.bucket}/{self.key}")


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file below the folder that the settings name."""

    path: str
    """As it was written."""

    def __str__(self) -> str:
        return one_line(f"{_FILE}{self.path}")


Place: TypeAlias = S3Object | FolderFile


@dataclass(frozen=True, slots=True)
class Address:
    """What a reference says instead of tests."""

    place: Place
    task_id: str | None = None
    """Which line of the place is meant; ``None`` where the place holds one reference."""
    shape: str | None = None
    """Name of the format, where the address says it."""
    field: str = ""
    """Name of the field the place was in; empty for plain text."""

    def __str__(self) -> str:
        return str(self.place) if self.task_id is None else f"{self.place}, task_id {one_line(self.task_id)}"


def is_address(text: str) -> bool:
    """Whether a text names a place, rightly or not."""
    return text.startswith((_S3, _FILE))


def address_of(reference: Any) -> Address | None:
    """The address that a reference is; ``None`` where it is the tests themselves, or nothing that makes sense.

    An address is ``{"s3_uri": "s3://bucket/key"}`` or ``{"file": "path"}``, with ``task_id`` and ``format`` where they
    are wanted; or the text ``s3://bucket/key`` or ``file://path``; or JSON text of one of these; or any of them in
    ``{"text": ...}``.

    Raises:
        ProblemError: it is an address, and a wrong one.
    """
    reference = _unwrapped(reference)
    if isinstance(reference, str):
        return Address(_place(reference)) if is_address(reference) else None
    if not isinstance(reference, dict):
        return None
    given = {name: value for name, value in reference.items() if value is not None}
    if "s3_uri" in given:
        return _address(given, "s3_uri")
    if "file" in given and given.keys() <= _BESIDE | {"file"}:
        return _address(given, "file")
    return None


def one_line(text: str) -> str:
    """A text in one short line, whatever it holds."""
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."


def _unwrapped(reference: Any) -> Any:
    for _ in range(_MOST_LAYERS):
        if isinstance(reference, dict) and reference.keys() == {"text"}:
            reference = reference["text"]
        elif isinstance(reference, str) and len(reference) <= _MOST_TEXT and reference.lstrip().startswith(("{", '"')):
            try:
                reference = json.loads(reference)
            except (ValueError, RecursionError):
                return None  # whoever reads the reference says what is wrong with it
        else:
            break
    return reference


def _address(given: dict[str, Any], field: str) -> Address:
    for other in given:
        if other != field and other not in _BESIDE:
            raise InvalidFieldError(
                field, f"says where the reference is, so {one_line(repr(other))} cannot be beside it"
            )
    text = given[field]
    if not isinstance(text, str):
        raise InvalidFieldError(field, f"must be text, not {type(text).__name__}")
    if field == "file" and not is_address(text):
        text = _FILE + text
    if text.startswith(_S3) != (field == "s3_uri"):
        wanted = "s3://BUCKET/KEY" if field == "s3_uri" else "a path"
        raise InvalidFieldError(field, f"must be {wanted}, not '{one_line(text)}'")
    try:
        place = _place(text)
    except ProblemError as error:
        raise InvalidFieldError(field, str(error)) from None
    return Address(place, _task_id(given.get("task_id")), _shape(given.get("format")), field)


def _task_id(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST_NUMBER:
        return str(value)
    raise InvalidFieldError("task_id", f"must be text or a whole number, not {type(value).__name__}")


def _shape(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InvalidFieldError("format", f"must be text, not {type(value).__name__}")


def _place(text: str) -> Place:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProblemError("holds half of a surrogate pair, which no name can") from None
    if text.startswith(_FILE):
        path = text.removeprefix(_FILE)
        if not path or "\0" in path:
            raise ProblemError(f"must be a path, not '{one_line(path)}'")
        return FolderFile(path)
    bucket, _, key = text.removeprefix(_S3).partition("/")
    if _BUCKET.fullmatch(bucket) is None or not key or len(key.encode()) > _MOST_KEY_BYTES:
        raise ProblemError(f"must be s3://BUCKET/KEY, not '{one_line(text)}'")
    return S3Object(bucket, key)
