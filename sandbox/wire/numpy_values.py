"""Scalars and arrays of numpy as they cross between the processes: a type, a shape and bytes, never objects.

Where the reading side has not loaded numpy, there is none.
"""

from __future__ import annotations

import re
import sys
from math import prod
from typing import TYPE_CHECKING, Any, Final

from sandbox.errors import ValueCodecError
from sandbox.wire.loaded_modules import loaded_module

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NAMES", "form", "plain"]

_SCALARS = [
    "bool",
    "bool_",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "longlong",
    "ulonglong",
    "intc",
    "uintc",
    "float16",
    "float32",
    "float64",
    "longdouble",
    "complex64",
    "complex128",
    "clongdouble",
    "datetime64",
    "timedelta64",
]
_TEXTS: Final = frozenset({"str_", "bytes_"})
NAMES: Final = ("ndarray", *_TEXTS, *_SCALARS)
"""Names of the classes whose objects cross."""
_TYPE = re.compile(r"[<>|=][biufcmMSU]\d{1,6}(\[\d{0,6}[a-zA-Z]{1,2}\])?")
_MAX_AXES: Final = 64


def form(name: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return the functions that take an object of this class apart and make it again."""
    if name in _TEXTS:
        kind = str if name == "str_" else bytes
        return kind, lambda text: getattr(_numpy(), name)(_checked(text, kind))
    if name == "ndarray":
        return _parts, _array
    return lambda value: [value.dtype.str, value.tobytes()], lambda parts: _flat(*parts)[0]


def _numpy() -> Any:
    numpy = loaded_module("numpy")
    if numpy is None:
        raise ValueCodecError("numpy is not loaded here")
    return numpy


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueCodecError("malformed value: not a part of a numpy value")
    return value


def _parts(value: Any) -> list[Any]:
    if not _TYPE.fullmatch(value.dtype.str):
        raise ValueCodecError(f"an array of {value.dtype} is not plain data")
    return [value.dtype.str, value.tobytes(), list(value.shape)]


def _flat(kind: Any, data: Any) -> Any:
    if not _TYPE.fullmatch(_checked(kind, str)):
        raise ValueCodecError("malformed value: not a type of numpy")
    # A copy, because an array on bytes cannot be written to.
    return _numpy().frombuffer(_checked(data, bytes), dtype=kind).copy()


def _array(parts: Any) -> Any:
    kind, data, shape = parts
    if len(_checked(shape, list)) > _MAX_AXES or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueCodecError("malformed value: not a shape")
    if prod(shape) == 0:
        return _numpy().zeros(shape, dtype=_checked(kind, str) if _TYPE.fullmatch(kind) else "f8")
    return _flat(kind, data).reshape(shape)


def plain(value: Any) -> Any:
    """Return the value with each numpy value in it as plain data; containers are copied where they hold any."""
    numpy = sys.modules.get("numpy")
    return value if numpy is None else _plain(value, numpy)


def _plain(value: Any, numpy: Any) -> Any:
    kind = type(value)
    if kind is numpy.ndarray:
        return value.tolist()
    if issubclass(kind, numpy.generic):
        return value.item()
    if kind in {list, tuple, set, frozenset}:
        items = [_plain(item, numpy) for item in value]
        # Most values hold none, and are not copied.
        return kind(items) if any(one is not item for one, item in zip(items, value, strict=True)) else value
    if kind is dict:
        return {_plain(key, numpy): _plain(item, numpy) for key, item in value.items()}
    return value
