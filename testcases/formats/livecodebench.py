"""LiveCodeBench: a list of tests, each with its type; see `testcases.formats.io_tests`.

A whole row is accepted, too. Its tests are those of ``public_test_cases`` and ``private_test_cases``, each a list, JSON
text of one, or packed (pickled JSON text, zlib-compressed, in base64), and the function's name may be in the row or its
``metadata``.
"""

from __future__ import annotations

import base64
import binascii
import io
import pickle  # only with an unpickler that loads no class
import zlib
from typing import TYPE_CHECKING, Any, Final, NoReturn

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.io_tests import TOKEN_COMPARISON, find_function_name, problem_from_cases
from testcases.json_text import load_json

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "MAX_UNPACKED_BYTES", "NAME", "fits", "read", "unpack"]


MAX_UNPACKED_BYTES: Final = 256 << 20
"""Size limit of unpacked data, because a few KiB of zlib data can unpack to GiB."""
_STEP: Final = 1 << 20


class _PlainUnpickler(pickle.Unpickler):
    """Unpickler of plain data. It refuses every global, because a pickle can call any function that it names."""

    def find_class(self, module: str, name: str, /) -> NoReturn:
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid: Any, /) -> NoReturn:  # noqa: ARG002  # pickle's signature
        raise pickle.UnpicklingError("it names an object kept elsewhere")


def unpack(text: str, path: str, *, max_bytes: int = MAX_UNPACKED_BYTES) -> str:
    """Unpack test cases.

    Args:
        text: packed data in base64.
        path: path of the field, for errors.
        max_bytes: size limit of the unpacked data.

    Raises:
        InvalidFieldError: the data is packed in another way, is larger, or is not text.
    """
    try:
        # Rows may have line breaks in their base64, which validate=True refuses.
        data = _inflate(base64.b64decode("".join(text.split()), validate=True), path, max_bytes)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise InvalidFieldError(path, f"is neither JSON nor packed test cases: {error}") from None
    try:
        value = _PlainUnpickler(io.BytesIO(data)).load()
    except Exception as error:  # noqa: BLE001 - a malformed pickle fails in every way there is
        message = "".join(char if char.isprintable() else "?" for char in str(error))[:100]
        raise InvalidFieldError(path, f"is packed, but not as test cases are: {message}") from None
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise InvalidFieldError(path, "is packed, and holds bytes that are not text") from None
    if not isinstance(value, str):
        raise InvalidFieldError(path, f"is packed, and holds {type(value).__name__} instead of text")
    return value


def _inflate(data: bytes, path: str, max_bytes: int) -> bytes:
    # In steps, because the size of the whole is known only at its end: a bomb is stopped after one step too many.
    stream = zlib.decompressobj()
    parts: list[bytes] = []
    size = 0
    while not stream.eof:
        part = stream.decompress(data, _STEP)
        data = stream.unconsumed_tail
        # Without output and input left, the stream would never come to its end marker.
        if not part and not data and not stream.eof:
            raise InvalidFieldError(path, "is packed, and cut off")
        size += len(part)
        if size > max_bytes:
            raise InvalidFieldError(path, f"unpacks to more than {max_bytes >> 20} MiB")
        parts.append(part)
    return b"".join(parts)


NAME: Final = "livecodebench"

_LISTS = ("public_test_cases", "private_test_cases")
_TEST_FIELDS = frozenset({"input", "output", "testtype"})
KEYS: Final = tuple(frozenset({key}) for key in _LISTS)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS`, or a list, is of the format, by its outside."""
    return isinstance(reference, dict) or all(
        isinstance(item, dict) and item.keys() & _TEST_FIELDS for item in reference
    )


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    name: str | None = None
    if isinstance(reference, list):
        cases = {f"[{index}]": item for index, item in enumerate(reference)}
    else:
        row = Fields(reference)
        name = find_function_name(row)
        cases = {f"{key}[{index}]": item for key in _LISTS for index, item in enumerate(_cases_in(row, key))}
    return problem_from_cases(cases, format_name=NAME, comparison=TOKEN_COMPARISON, name=name)


def _cases_in(row: Fields, key: str) -> list[Any]:
    if not row.has(key):
        return []
    value, path = row.value(key), row.path(key)
    if isinstance(value, str):
        value = load_json(value if value.lstrip().startswith("[") else unpack(value, path), path)
    if not isinstance(value, (list, tuple)):
        raise InvalidFieldError(path, f"must be a list, not {type(value).__name__}")
    return list(value)
