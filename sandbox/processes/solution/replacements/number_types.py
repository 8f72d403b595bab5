"""Replacement of ``ctypes``: its number types and arrays, as plain Python objects; nothing of native code."""

from __future__ import annotations

import operator as _operator
import struct as _struct
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [  # noqa: RUF022 - sorted as a test of all modules wants it
    "ArgumentError",
    "Array",
    "alignment",
    "c_bool",
    "c_byte",
    "c_char",
    "c_double",
    "c_float",
    "c_int",
    "c_int16",
    "c_int32",
    "c_int64",
    "c_int8",
    "c_long",
    "c_longdouble",
    "c_longlong",
    "c_short",
    "c_size_t",
    "c_ssize_t",
    "c_time_t",
    "c_ubyte",
    "c_uint",
    "c_uint16",
    "c_uint32",
    "c_uint64",
    "c_uint8",
    "c_ulong",
    "c_ulonglong",
    "c_ushort",
    "py_object",
    "sizeof",
]

_BITS = 8


class ArgumentError(Exception):
    """Never raised here: there are no foreign functions."""


class _DataType(type):
    """Type of all types here: ``c_int * 3`` is a type of arrays."""

    def __mul__(cls, length: Any) -> Any:
        length = _operator.index(length)
        if length < 0:
            raise ValueError("Array length must be >= 0, not " + str(length))
        fields = {"_type_": cls, "_length_": length, "_size": length * sizeof(cls), "__module__": "__main__"}
        return _DataType(f"{cls.__name__}_Array_{length}", (Array,), fields)

    __rmul__ = __mul__

    def from_param(cls, value: Any) -> Any:
        """Return a value as an instance of the type."""
        return value if issubclass(type(value), cls) else cls(value)


class _SimpleCData(metaclass=_DataType):
    """A number of a fixed size."""

    _size: ClassVar[int]
    _type_: ClassVar[str]
    __slots__ = ("_number",)
    _default: ClassVar[Any] = 0

    def __init__(self, value: Any = None) -> None:
        self._number = self._default if value is None else self._convert(value)

    @property
    def value(self) -> Any:
        """The number."""
        return self._number

    @value.setter
    def value(self, value: Any) -> None:
        self._number = self._convert(value)

    def _convert(self, value: Any) -> Any:
        raise NotImplementedError

    def __bool__(self) -> bool:
        return bool(self._number)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._number!r})"

    def __bytes__(self) -> bytes:
        return _struct.pack(self._type_, self._number)

    def __reduce__(self) -> Any:
        return type(self), (self._number,)


class _Integer(_SimpleCData):
    _signed: ClassVar[bool]
    __slots__ = ()

    def _convert(self, value: Any) -> int:
        if isinstance(value, float) or not hasattr(value, "__index__"):
            raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
        size = self._size * _BITS
        number: int = value.__index__() & ((1 << size) - 1)
        return number - (1 << size) if self._signed and number >> (size - 1) else number


class _Float(_SimpleCData):
    _default = 0.0
    __slots__ = ()

    def _convert(self, value: Any) -> float:
        if isinstance(value, str | bytes) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
            raise TypeError(f"must be real number, not {type(value).__name__}")
        return self._rounded(float(value))

    def _rounded(self, number: float) -> float:
        if self._type_ != "f":
            return number
        try:
            rounded: float = _struct.unpack("f", _struct.pack("f", number))[0]
        except OverflowError:
            rounded = float("inf") if number > 0 else float("-inf")
        return rounded


def _number_type(name: str, base: type, letter: str, **more: Any) -> Any:
    fields = {"_type_": letter, "_size": _struct.calcsize(letter), "__slots__": (), "__module__": "ctypes", **more}
    return _DataType(name, (base,), fields)


c_byte = c_int8 = _number_type("c_byte", _Integer, "b", _signed=True)
c_ubyte = c_uint8 = _number_type("c_ubyte", _Integer, "B", _signed=False)
c_short = c_int16 = _number_type("c_short", _Integer, "h", _signed=True)
c_ushort = c_uint16 = _number_type("c_ushort", _Integer, "H", _signed=False)
c_int = c_int32 = _number_type("c_int", _Integer, "i", _signed=True)
c_uint = c_uint32 = _number_type("c_uint", _Integer, "I", _signed=False)
c_long = c_int64 = c_longlong = c_ssize_t = c_time_t = _number_type("c_long", _Integer, "q", _signed=True)
c_ulong = c_uint64 = c_ulonglong = c_size_t = _number_type("c_ulong", _Integer, "Q", _signed=False)
c_float = _number_type("c_float", _Float, "f")
c_double = _number_type("c_double", _Float, "d")
c_longdouble = _number_type("c_longdouble", _Float, "d")


class c_bool(_SimpleCData):  # noqa: N801 - its name in the module
    """A truth value."""

    _type_, _size, _default = "?", 1, False
    __slots__ = ()

    def _convert(self, value: Any) -> bool:
        return bool(value)


class c_char(_SimpleCData):  # noqa: N801 - its name in the module
    """A byte."""

    _type_, _size, _default = "c", 1, b"\0"
    __slots__ = ()

    def _convert(self, value: Any) -> bytes:
        if isinstance(value, int) and 0 <= value < 1 << _BITS:
            return bytes([value])
        if isinstance(value, bytes | bytearray) and len(value) == 1:
            return bytes(value)
        raise TypeError("one character bytes, bytearray or integer expected")


_NOTHING: Any = object()


class py_object(_SimpleCData):  # noqa: N801 - its name in the module
    """A reference to any object; as the items of an array, it may be empty."""

    _type_, _size, _default = "O", 8, _NOTHING
    __slots__ = ()

    def __init__(self, value: Any = _NOTHING) -> None:
        self._number = value

    def _convert(self, value: Any) -> Any:
        return value

    @property
    def value(self) -> Any:
        """The object."""
        if self._number is _NOTHING:
            raise ValueError("PyObject is NULL")
        return self._number

    @value.setter
    def value(self, value: Any) -> None:
        self._number = value

    def __repr__(self) -> str:
        return "py_object(<NULL>)" if self._number is _NOTHING else f"py_object({self._number!r})"


class Array(metaclass=_DataType):
    """A sequence of numbers of one type, of fixed length."""

    _type_: ClassVar[Any]
    _length_: ClassVar[int]
    _size: ClassVar[int]
    __slots__ = ("_items",)

    def __init__(self, *items: Any) -> None:
        if len(items) > self._length_:
            raise IndexError("invalid index")
        default = self._type_()
        self._items = [self._convert(item) for item in items]
        self._items += [self._plain(default) for _ in range(self._length_ - len(items))]

    def _convert(self, item: Any) -> Any:
        kind = self._type_
        if isinstance(item, kind):
            return self._plain(item)
        return self._plain(kind(*item) if issubclass(kind, Array) and isinstance(item, tuple) else kind(item))

    @staticmethod
    def _plain(item: Any) -> Any:
        return item._number if isinstance(item, _SimpleCData) else item

    @staticmethod
    def _shown(item: Any) -> Any:
        if item is _NOTHING:
            raise ValueError("PyObject is NULL")
        return item

    def __len__(self) -> int:
        return self._length_

    def __getitem__(self, index: Any) -> Any:
        found = self._at(index)
        if not isinstance(index, slice):
            return self._shown(found)
        items = [self._shown(item) for item in found]
        return b"".join(items) if self._type_ is c_char else items

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            self._at(index)
            self._items[index] = self._convert(value)
            return
        items = [self._convert(item) for item in value]
        if len(items) != len(self._items[index]):
            raise ValueError("Can only assign sequence of same size")
        self._items[index] = items

    def _at(self, index: Any) -> Any:
        try:
            return self._items[index]
        except IndexError:
            raise IndexError("invalid index") from None

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(self._length_))

    @property
    def value(self) -> bytes:
        """The bytes before the first zero, of an array of characters."""
        if self._type_ is not c_char:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute 'value'")
        return b"".join(self._items).partition(b"\0")[0]

    @classmethod
    def of(cls, *items: Any) -> Self:
        """Return an array of items."""
        return cls(*items)


def sizeof(kind: Any) -> int:
    """Return the size of a type or an instance, in bytes."""
    size = getattr(kind, "_size", None)
    if not isinstance(size, int):
        raise TypeError("this type has no size")
    return size


alignment = sizeof
