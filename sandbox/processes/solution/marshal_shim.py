"""Replacements for functions of the standard library that build code objects.

Bytecode built by hand is not verified: it can read and write any memory, and so run native code. So the audit layer
ends a process that builds a code object (events ``code.__new__`` and ``marshal.loads``). Two functions that honest
programs use would trigger it: `types.coroutine` copies a function's code to set a flag, and `marshal` reads code as
well as data.
"""

from __future__ import annotations

import functools
import marshal
import struct
import types
from collections.abc import Callable, Generator
from inspect import CO_COROUTINE, CO_ITERABLE_COROUTINE
from typing import Any

__all__ = ["coroutine", "install", "load", "loads"]

_REPLACED = (types.coroutine, marshal.loads, marshal.load)
"""Referenced here, so that a child need not free them."""
_WRAPPER: Any = types._GeneratorWrapper  # type: ignore[attr-defined]  # the original uses it, too


def install() -> None:
    """Replace the interpreter's own functions. From then on no module can be loaded from bytecode."""
    types.coroutine = coroutine  # type: ignore[assignment]  # narrower than its overloads say
    marshal.loads, marshal.load = loads, load


def coroutine(func: Callable[..., Any]) -> Callable[..., Any]:
    """Do as `types.coroutine` does, with a wrapper around a generator function instead of a copy with another flag."""
    if not callable(func):
        raise TypeError("types.coroutine() expects a callable")
    if type(func) is types.FunctionType and func.__code__.co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE):
        return func

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = func(*args, **kwargs)
        if type(result) is types.CoroutineType or not isinstance(result, Generator):
            return result
        return _WRAPPER(result)

    return wrapped


def load(file: Any) -> Any:
    """Do as `marshal.load` does, for data only."""
    return loads(file.read())


def loads(data: Any) -> Any:
    """Do as `marshal.loads` does, for data only.

    Raises:
        EOFError: the data ends early.
        ValueError: it is not marshalled data, or holds code.
    """
    return _Reader(memoryview(data).tobytes()).value()


_SINGLETONS: dict[str, Any] = {"N": None, "F": False, "T": True, "S": StopIteration, ".": Ellipsis}
_NUMBERS = {"i": "<i", "I": "<q", "g": "<d"}
_TEXTS = {
    "t": ("<i", "utf-8"), "u": ("<i", "utf-8"), "a": ("<i", "latin-1"), "A": ("<i", "latin-1"),
    "z": ("<B", "latin-1"), "Z": ("<B", "latin-1"),
}  # fmt: skip
_END = object()
_DIGIT_BITS = 15
_REF_FLAG = 0x80
"""Marks an object that later ones may refer to by its number (FLAG_REF)."""
_MAX_LEVELS = 2000


class _Reader:
    """Reads the format of CPython's ``Python/marshal.c``, versions 0 to 5."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.level = 0
        self.references: list[Any] = []

    def value(self) -> Any:
        value = self.item()
        if value is _END:
            raise TypeError("NULL object in marshal data for object")
        return value

    def take(self, count: int) -> bytes:
        chunk = self.data[self.position : self.position + count]
        if count < 0 or len(chunk) < count:
            raise EOFError("marshal data too short")
        self.position += count
        return chunk

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def item(self) -> Any:
        (byte,) = self.take(1)
        kind = chr(byte & ~_REF_FLAG)
        if kind == "0":
            return _END
        if kind == "r":
            return self.referenced(self.number("<I"))
        has_number = bool(byte & _REF_FLAG)
        if kind in "[{<>(":
            return self.container(kind, self.number("<I") if kind != "{" else 0, has_number=has_number)
        if kind == ")":
            return self.container(kind, self.number("<B"), has_number=has_number)
        value = self.scalar(kind)
        if has_number:
            self.references.append(value)
        return value

    def referenced(self, number: int) -> Any:
        if number >= len(self.references) or self.references[number] is _END:
            raise ValueError("bad marshal data (invalid reference)")
        return self.references[number]

    def scalar(self, kind: str) -> Any:
        if kind in _SINGLETONS:
            return _SINGLETONS[kind]
        if kind in _NUMBERS:
            return self.number(_NUMBERS[kind])
        if kind in _TEXTS:
            size, encoding = _TEXTS[kind]
            return self.take(self.number(size)).decode(encoding, "surrogatepass")
        match kind:
            case "s":
                return self.take(self.number("<i"))
            case "l":
                return self.long(self.number("<i"))
            case "f":
                return self.decimal()
            case "x":
                return complex(self.decimal(), self.decimal())
            case "y":
                return complex(self.number("<d"), self.number("<d"))
            case "c":
                raise ValueError("bad marshal data (code objects cannot be loaded in the sandbox)")
        raise ValueError("bad marshal data (unknown type code)")

    def decimal(self) -> float:
        """Read a number in decimal digits, as versions 0 and 1 write it."""
        return float(self.take(self.number("<B")))

    def long(self, size: int) -> int:
        digits = struct.unpack(f"<{abs(size)}H", self.take(2 * abs(size)))
        if any(digit >> _DIGIT_BITS for digit in digits):
            raise ValueError("bad marshal data (digit out of range in long)")
        # By way of binary digits, because shifting and adding one digit after the other takes quadratic time.
        bits = "".join(f"{digit:0{_DIGIT_BITS}b}" for digit in reversed(digits))
        return (-1 if size < 0 else 1) * int(bits or "0", 2)

    def container(self, kind: str, count: int, *, has_number: bool) -> Any:
        self.level += 1
        if self.level > _MAX_LEVELS:
            raise ValueError("recursion limit exceeded")
        # An item takes at least one byte: a larger count is refused before memory is used for it.
        if count > len(self.data):
            raise EOFError("marshal data too short")
        result: Any = {"[": list, "{": dict, "<": set}.get(kind, tuple)()
        number = len(self.references)
        # A list, set or dict can contain itself, so it gets its number before its items. The number of a tuple is taken
        # at the same point, but cannot be used before the tuple exists.
        if has_number:
            self.references.append(_END if type(result) is tuple else result)
        if type(result) is dict:
            while (key := self.item()) is not _END:
                result[key] = self.value()
        elif type(result) is tuple:
            result = (frozenset if kind == ">" else tuple)(self.value() for _ in range(count))
            if has_number:
                self.references[number] = result
        else:
            for _ in range(count):
                (result.append if type(result) is list else result.add)(self.value())
        self.level -= 1
        return result
