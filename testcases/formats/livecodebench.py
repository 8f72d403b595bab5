"""LiveCodeBench: a list of tests, each of which says its type; see `testcases.formats.io_tests`.

A whole row will do too: the tests are then those of ``public_test_cases`` and ``private_test_cases``, each a list, JSON
text of one, or packed (pickled JSON text, zlib-compressed, in base64), and the function's name may be in the row or its
``metadata``.
"""

from __future__ import annotations

import base64
import binascii
import io
import pickle  # only with an unpickler that knows no class
import zlib
from typing import TYPE_CHECKING, Any, Final, NoReturn

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.io_tests import find_function_name, problem_from_cases
from testcases.json_text import load_json
from testcases.model import Comparison

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "MAX_UNPACKED_BYTES", "NAME", "fits", "read", "unpack"]


MAX_UNPACKED_BYTES: Final = 256 << 20
"""Most that is unpacked: what was packed may be small and unpack to anything."""
_STEP: Final = 1 << 20


class _PlainUnpickler(pickle.Unpickler):
    """Reads plain data, and refuses whatever else a pickle may name: that is code of whoever wrote it."""

    def find_class(self, module: str, name: str, /) -> NoReturn:
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid: Any, /) -> NoReturn:  # noqa: ARG002  # pickle's signature
        raise pickle.UnpicklingError("it names an object kept elsewhere")


def unpack(text: str, path: str, *, largest: int = MAX_UNPACKED_BYTES) -> str:
    """The text that was packed.

    Args:
        text: what it was packed to.
        path: the field it is in.
        largest: most bytes to unpack.

    Raises:
        InvalidFieldError: it was packed in another way, is larger, or is no text.
    """
    try:
        data = _inflate(base64.b64decode("".join(text.split()), validate=True), path, largest)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise InvalidFieldError(path, f"is neither JSON nor packed test cases: {error}") from None
    try:
        value = _PlainUnpickler(io.BytesIO(data)).load()
    except Exception as error:  # noqa: BLE001 - a malformed pickle fails in every way there is
        told = "".join(char if char.isprintable() else "?" for char in str(error))[:100]
        raise InvalidFieldError(path, f"is packed, but not as test cases are: {told}") from None
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise InvalidFieldError(path, "is packed, and holds bytes that are no text") from None
    if not isinstance(value, str):
        raise InvalidFieldError(path, f"is packed, and holds {type(value).__name__} instead of text")
    return value


def _inflate(data: bytes, path: str, largest: int) -> bytes:
    stream = zlib.decompressobj()
    parts: list[bytes] = []
    size = 0
    while not stream.eof:
        part = stream.decompress(data, _STEP)
        data = stream.unconsumed_tail
        if not part and not data and not stream.eof:
            raise InvalidFieldError(path, "is packed, and cut off")
        size += len(part)
        if size > largest:
            raise InvalidFieldError(path, f"unpacks to more than {largest >> 20} MiB")
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
    return problem_from_cases(cases, format_name=NAME, comparison=Comparison(mode="tokens"), name=name)


def _cases_in(row: Fields, key: str) -> list[Any]:
    if not row.has(key):
        return []
    value, path = row.value(key), row.path(key)
    if isinstance(value, str):
        value = load_json(value if value.lstrip().startswith("[") else unpack(value, path), path)
    if not isinstance(value, (list, tuple)):
        raise InvalidFieldError(path, f"must be a list, not {type(value).__name__}")
    return list(value)
