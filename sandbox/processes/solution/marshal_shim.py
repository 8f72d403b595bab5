"""What the standard library does by building code objects, done without that.

Code that is built by hand can read and write any memory, and so run native code; the audit wall ends the process that
builds any. Two functions which honest programs use would do so too: `types.coroutine` copies the code of a function to
mark it, and `marshal` reads code as well as data.
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
"""Kept, for a process need not take apart what is still in use."""
_WRAPPER: Any = types._GeneratorWrapper  # type: ignore[attr-defined]  # what the function that is replaced uses, too


def install() -> None:
    """Put these in the place of the interpreter's own, which then can load no more modules from bytecode."""
    types.coroutine = coroutine  # type: ignore[assignment]  # narrower than its overloads say
    marshal.loads, marshal.load = loads, load


def coroutine(func: Callable[..., Any]) -> Callable[..., Any]:
    """As `types.coroutine`. What it makes of a generator function is called through a wrapper; `await` takes it."""
    if not callable(func):
        raise TypeError("types.coroutine() expects a callable")
    if type(func) is types.FunctionType and func.__code__.co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE):
        return func

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        made = func(*args, **kwargs)
        if type(made) is types.CoroutineType or not isinstance(made, Generator):
            return made
        return _WRAPPER(made)

    return wrapped


def load(file: Any) -> Any:
    """As `marshal.load`, for data."""
    return loads(file.read())


def loads(data: Any) -> Any:
    """As `marshal.loads`, for data.

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
_REMEMBERED = 0x80
_MOST_LEVELS = 2000


class _Reader:
    """Reads the format of CPython's ``Python/marshal.c``, versions 0 to 5."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0
        self.level = 0
        self.remembered: list[Any] = []

    def value(self) -> Any:
        value = self.item()
        if value is _END:
            raise TypeError("NULL object in marshal data for object")
        return value

    def take(self, count: int) -> bytes:
        taken = self.data[self.place : self.place + count]
        if count < 0 or len(taken) < count:
            raise EOFError("marshal data too short")
        self.place += count
        return taken

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def item(self) -> Any:
        (byte,) = self.take(1)
        kind = chr(byte & ~_REMEMBERED)
        if kind == "0":
            return _END
        if kind == "r":
            return self.again(self.number("<I"))
        remember = bool(byte & _REMEMBERED)
        if kind in "[{<>(":
            return self.container(kind, self.number("<I") if kind != "{" else 0, remember=remember)
        if kind == ")":
            return self.container(kind, self.number("<B"), remember=remember)
        value = self.scalar(kind)
        if remember:
            self.remembered.append(value)
        return value

    def again(self, number: int) -> Any:
        if number >= len(self.remembered) or self.remembered[number] is _END:
            raise ValueError("bad marshal data (invalid reference)")
        return self.remembered[number]

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
                return self.written()
            case "x":
                return complex(self.written(), self.written())
            case "y":
                return complex(self.number("<d"), self.number("<d"))
            case "c":
                raise ValueError("bad marshal data (code objects cannot be loaded in the sandbox)")
        raise ValueError("bad marshal data (unknown type code)")

    def written(self) -> float:
        """A number in decimal digits, as version 0 and 1 have it."""
        return float(self.take(self.number("<B")))

    def long(self, size: int) -> int:
        digits = struct.unpack(f"<{abs(size)}H", self.take(2 * abs(size)))
        if any(digit >> _DIGIT_BITS for digit in digits):
            raise ValueError("bad marshal data (digit out of range in long)")
        bits = "".join(f"{digit:0{_DIGIT_BITS}b}" for digit in reversed(digits))
        return (-1 if size < 0 else 1) * int(bits or "0", 2)

    def container(self, kind: str, count: int, *, remember: bool) -> Any:
        self.level += 1
        if self.level > _MOST_LEVELS:
            raise ValueError("recursion limit exceeded")
        if count > len(self.data):
            raise EOFError("marshal data too short")
        made: Any = {"[": list, "{": dict, "<": set}.get(kind, tuple)()
        number = len(self.remembered)
        if remember:
            self.remembered.append(_END if type(made) is tuple else made)
        if type(made) is dict:
            while (key := self.item()) is not _END:
                made[key] = self.value()
        elif type(made) is tuple:
            made = (frozenset if kind == ">" else tuple)(self.value() for _ in range(count))
            if remember:
                self.remembered[number] = made
        else:
            for _ in range(count):
                (made.append if type(made) is list else made.add)(self.value())
        self.level -= 1
        return made
