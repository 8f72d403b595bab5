"""Find the reference of a sample, and parse the address of one that is kept in S3 or in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from grader.errors import FieldError, FieldMissingError
from testcases.errors import InvalidFieldError, ProblemError
from testcases.json_text import MAX_NESTING, JsonTextError, is_nested_too_deeply, parse_json_text, unwrap

__all__ = [
    "REFERENCE_PATHS",
    "Address",
    "FolderFile",
    "Location",
    "S3Object",
    "StoreError",
    "find_reference",
    "is_address",
    "parse_address",
    "reject_address",
    "require_reference",
    "shorten",
]


_S3: Final = "s3://"
_FILE: Final = "file://"
_ADDRESS_OPTIONS: Final = frozenset({"task_id", "format"})
_MAX_ADDRESS_CHARS: Final = 16_384
"""Longer text is not an address: a key has at most 1,024 bytes (Amazon S3 User Guide, "Object key naming")."""
_MAX_KEY_BYTES: Final = 1024
_BUCKET: Final = re.compile(r"[A-Za-z0-9._-]{3,255}")
"""Names of buckets, also those that were allowed before 2018."""
_MAX_SHOWN_CHARS: Final = 200
_MAX_TASK_NUMBER: Final = 10**18


class StoreError(ProblemError):
    """A reference cannot be fetched from where it is kept, or cannot be read there.

    Attributes:
        transient: True if another attempt may help, with nothing changed.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


@dataclass(frozen=True, slots=True)
class S3Object:
    """An object in S3."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return shorten(f"{_S3}{self.bucket}/{self.key}")


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file below the folder that the settings name."""

    path: str
    """Path as it was written: absolute, or relative to the folder."""

    def __str__(self) -> str:
        return shorten(f"{_FILE}{self.path}")


Location: TypeAlias = S3Object | FolderFile


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a reference, which stands in the place of its tests."""

    location: Location
    task_id: str | None = None
    """Id of the reference among the lines of the location; ``None`` where the location holds one reference."""
    format_name: str | None = None
    """Name of the format; ``None`` where the address does not name one."""
    field: str = ""
    """Name of the field with the location; empty for plain text."""

    def __str__(self) -> str:
        return str(self.location) if self.task_id is None else f"{self.location}, task_id {shorten(self.task_id)}"


def is_address(text: str) -> bool:
    """Return True if a text is an address, well-formed or not."""
    return text.startswith((_S3, _FILE))


def parse_address(reference: Any) -> Address | None:
    """Return the address that a reference is; ``None`` where it is something else, such as the tests themselves.

    An address is ``{"s3_uri": "s3://bucket/key"}`` or ``{"file": "path"}``, each with an optional ``task_id`` and
    ``format``; or the text ``s3://bucket/key`` or ``file://path``; or JSON text of one of these; or any of them in
    ``{"text": ...}``.

    Raises:
        ProblemError: it is an address, and malformed.
    """
    reference = unwrap(reference, max_chars=_MAX_ADDRESS_CHARS)
    if isinstance(reference, str):
        return Address(_parse_location(reference)) if is_address(reference) else None
    if not isinstance(reference, dict):
        return None
    given = {name: value for name, value in reference.items() if value is not None}
    if "s3_uri" in given:
        return _address_from_fields(given, "s3_uri")
    # "file" is too common a name: beside other fields, it may be a column of a data set
    if "file" in given and given.keys() <= _ADDRESS_OPTIONS | {"file"}:
        return _address_from_fields(given, "file")
    return None


def reject_address(reference: Any) -> None:
    """Refuse a reference that is the address of another, where nothing is fetched.

    Raises:
        StoreError: it is an address.
        ProblemError: it is an address, and malformed.
    """
    address = parse_address(reference)
    if address is not None:
        raise StoreError(f"is kept at {address}, which is not fetched here")


def shorten(text: str) -> str:
    """Return a text as one short, printable line."""
    # unlike grader.text.one_line, it keeps runs of blanks: the name of an object may have them
    shown = text if text.isprintable() else ascii(text)[1:-1]
    return shown if len(shown) <= _MAX_SHOWN_CHARS else f"{shown[:_MAX_SHOWN_CHARS]}..."


def _address_from_fields(given: dict[str, Any], field: str) -> Address:
    for other in given:
        if other != field and other not in _ADDRESS_OPTIONS:
            raise InvalidFieldError(
                field, f"is the address of the reference, so {shorten(repr(other))} cannot be beside it"
            )
    text = given[field]
    if not isinstance(text, str):
        raise InvalidFieldError(field, f"must be text, not {type(text).__name__}")
    if field == "file" and not is_address(text):
        text = _FILE + text
    # {"file": "s3://..."} would otherwise be fetched from another place than its field tells.
    if text.startswith(_S3) != (field == "s3_uri"):
        expected = "s3://BUCKET/KEY" if field == "s3_uri" else "a path"
        raise InvalidFieldError(field, f"must be {expected}, not '{shorten(text)}'")
    try:
        location = _parse_location(text)
    except ProblemError as error:
        raise InvalidFieldError(field, str(error)) from None
    return Address(location, _task_id(given.get("task_id")), _format_name(given.get("format")), field)


def _task_id(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    # Data sets number their tasks, and JSON lines may hold the number as text or not: both are compared as text.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_TASK_NUMBER:
        return str(value)
    raise InvalidFieldError("task_id", f"must be text or a whole number, not {type(value).__name__}")


def _format_name(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InvalidFieldError("format", f"must be text, not {type(value).__name__}")


def _parse_location(text: str) -> Location:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProblemError("holds half of a surrogate pair, which no name can") from None
    if text.startswith(_FILE):
        path = text.removeprefix(_FILE)
        if not path or "\0" in path:
            raise ProblemError(f"must be a path, not '{shorten(path)}'")
        return FolderFile(path)
    bucket, _, key = text.removeprefix(_S3).partition("/")
    if _BUCKET.fullmatch(bucket) is None or not key or len(key.encode()) > _MAX_KEY_BYTES:
        raise ProblemError(f"must be s3://BUCKET/KEY, not '{shorten(text)}'")
    return S3Object(bucket, key)


REFERENCE_PATHS: tuple[tuple[str, ...], ...] = (
    ("reference_answer",),
    ("metadata", "reference_answer"),
    ("extra_info", "reference_answer"),
    ("reward_model", "ground_truth"),
    ("metadata", "ground_truth"),
    ("extra_info", "ground_truth"),
)
"""Paths of the fields that may hold a reference, in the order they are looked at.

The root is that of "Implementing reward functions" (SageMaker), ``metadata`` that of "Setting up reward functions"
(Bedrock) and of SageMaker's open-weight samples, ``extra_info`` and ``reward_model`` are verl's. After these comes
``metadata`` itself when it holds ``inputs`` and ``outputs``, as for the built-in Prime Code scorer.
"""

_PRIME_CODE_KEYS = ("fn_name", "inputs", "outputs")


def find_reference(raw: Mapping[Any, Any]) -> tuple[Any, str]:
    """Return the reference of a sample as a trainer sends it, and the path of its field.

    The first field that could hold tests (an object, a list of objects, or the address of either) wins. A field with a
    plain text, number or list counts only if no later one holds more: SageMaker's evaluation puts a copy of the
    ground-truth *text* at the root even where the tests are in ``metadata``.

    Raises:
        FieldMissingError: all these fields are missing or empty.
        FieldError: its JSON text is refused; see `testcases.json_text.unwrap`.
    """
    plain: tuple[Any, str] | None = None
    for path in REFERENCE_PATHS:
        field = ".".join(path)
        value = _unwrap_strictly(_value_at(raw, path), field)
        if _is_empty(value):
            continue
        if _may_be_tests(value):
            return value, field
        plain = plain or (value, field)
    metadata = _section(raw, "metadata")
    # The fields of a test beside other metadata: only these are the reference.
    tests = {name: metadata[name] for name in _PRIME_CODE_KEYS if not _is_empty(metadata.get(name))}
    if "inputs" in tests and "outputs" in tests:
        _reject_deep_nesting(tests, "metadata")
        return tests, "metadata"
    if plain is not None:
        return plain
    paths = ", ".join(".".join(path) for path in REFERENCE_PATHS)
    raise FieldMissingError("reference_answer", f"not found; looked at {paths}, metadata.inputs with metadata.outputs")


def require_reference(value: Any, field: str) -> Any:
    """Return the reference in a field that must hold one.

    Raises:
        FieldError: it is empty, or its JSON text is refused; see `testcases.json_text.unwrap`.
    """
    reference = _unwrap_strictly(value, field)
    if _is_empty(reference):
        raise FieldError(field, "holds no reference")
    return reference


def _unwrap_strictly(value: Any, field: str) -> Any:
    try:
        value = unwrap(value, strict=True)
    except JsonTextError as error:
        raise FieldError(field, str(error)) from None
    _reject_deep_nesting(value, field)
    return value


def _reject_deep_nesting(value: Any, field: str) -> None:
    if is_nested_too_deeply(value):
        raise FieldError(field, f"nested more than {MAX_NESTING} levels deep")


def _value_at(raw: Mapping[Any, Any], path: tuple[str, ...]) -> Any:
    if len(path) == 1:
        return raw.get(path[0])
    section, name = path
    return _section(raw, section).get(name)


def _section(raw: Mapping[Any, Any], name: str) -> Mapping[Any, Any]:
    value = raw.get(name)
    if isinstance(value, str):
        try:
            value = parse_json_text(value, strict=True)
        except JsonTextError as error:
            raise FieldError(name, str(error)) from None
    return value if isinstance(value, Mapping) else {}


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, (Mapping, list, tuple)) and not value)


def _may_be_tests(value: Any) -> bool:
    if isinstance(value, str):
        return is_address(value)
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)
