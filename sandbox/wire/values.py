"""The value codec: which values may cross between the processes, and how.

A value is plain data: exactly ``None``, ``bool``, ``int``, ``float``, ``complex``, ``str``, ``bytes``, ``bytearray``,
``list``, ``tuple``, ``dict``, ``set``, ``frozenset``, ``range``, or one of a closed list of standard types. It
travels as JSON, which the reading side can parse without running anything of the writer's; lists and plain scalars
stand for themselves, everything else is an object with one key, its tag. The reading side rebuilds exact built-in
types, so nothing a value's class defines (``__eq__``, ``__reduce__``, ``__class__``) ever crosses. A time zone
crosses as its offset, a ``defaultdict`` as a ``dict``, a named tuple as a ``tuple``. Objects of other classes stay
behind and cross as a `Reference`, where the writer keeps a table of them.

It is neither pickle nor marshal, because the documentation of both warns against data from an untrusted source.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_DEPTH", "NamedItems", "Reference", "decode", "encode", "restore"]

MAX_DEPTH = 208
"""Largest depth of nesting: 200 for a value, and 8 for the message or spec around it. It also stops a value that
contains itself."""
_SMALL = 1 << 62
"""Larger integers cross in hexadecimal: JSON numbers are decimal, and Python limits the digits of those, because
converting them takes quadratic time (CVE-2020-10735)."""
_ATOMS = frozenset({str, bool, type(None), float})
_SCALARS = _ATOMS | {int}
_MAX_SAME_HASH = 64
"""Largest number of keys of one table that may share a hash. The writer need not have built that table, and keys that
are chosen to collide would keep the reader busy for hours."""
_FRACTION_BITS = 1 << 16
"""Largest size of numerator and denominator: reducing a fraction takes quadratic time."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that stays in the writer's process."""

    key: int | str
    """The writer's number for it, or its name there."""
    kind: str = "object"
    """Name of its class, for people."""
    is_callable: bool = False
    of: int | str = 0
    """The writer's number for its class, or a word for what it can do; 0 for a class."""

    def pack(self) -> list[Any]:
        """Return the fields as they cross."""
        return [self.key, self.kind, self.is_callable, self.of]

    @classmethod
    def unpack(cls, fields: list[Any]) -> Reference:
        """Return the reference that `pack` was called on.

        Raises:
            ValueCodecError: the fields are not of these types; the answer can have written anything.
        """
        key, kind, is_callable, of = fields
        if type(key) not in (int, str) or type(kind) is not str or type(of) not in (int, str):
            raise ValueCodecError("malformed value: a bad reference")
        return cls(key, kind[:200], is_callable is True, of)


@dataclass(frozen=True, slots=True)
class NamedItems:
    """A named tuple: an object that stays, and its items."""

    reference: Reference
    names: tuple[str, ...]
    items: tuple[Any, ...]


def encode(value: Any, keep: Callable[[Any], Reference | None] | None = None) -> bytes:
    """Encode a value.

    Args:
        value: plain data, at most `MAX_DEPTH` levels deep; also `Reference`.
        keep: called with each object that is not plain data; returns a reference to it, or ``None`` to refuse.

    Raises:
        ValueCodecError: something in the value is not plain data and was not kept, or it is nested too deeply.
    """
    return _write(_Encoder(keep).node(value, 0)).encode("ascii")


def decode(data: bytes | bytearray | memoryview) -> Any:
    """Decode a value. Safe on hostile bytes; references come back as `Reference`, for `restore`.

    Raises:
        ValueCodecError: the bytes are not an encoded value.
    """
    try:
        text = str(data, "utf-8")
        tree, end = _read(text, 0)
        return _node(tree) if end == len(text) else _READERS["more than one value"]
    except StopIteration:  # the scanner's way to report that it expected a value
        raise ValueCodecError("malformed value: nothing to read") from None
    except ValueCodecError:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        ArithmeticError,
        AttributeError,
        RecursionError,
    ) as error:
        raise ValueCodecError(f"malformed value: {type(error).__name__}") from None


_read: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # a documented module's, though not in its stubs
"""Parse one value; return it and the index where it ends. The rest of `json.loads` is not needed here, and in a process
that was just forked each function call costs the pages that it touches."""


def _make_writer() -> Callable[[Any], str]:
    # JSONEncoder.encode would make the C encoder anew at each call.
    encoder = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":"))
    make, escape = json.encoder.c_make_encoder, json.encoder.encode_basestring_ascii  # type: ignore[attr-defined]  # as above; absent where the accelerator is
    if make is None:
        return encoder.encode
    write = make(None, encoder.default, escape, None, ":", ",", False, False, True)
    return lambda tree: "".join(write(tree, 0))


_write = _make_writer()


class _Encoder:
    """Turns values into JSON trees."""

    __slots__ = ("keep",)

    def __init__(self, keep: Callable[[Any], Reference | None] | None) -> None:
        self.keep = keep

    def node(self, value: Any, depth: int) -> Any:
        # type(value) and never isinstance: that asks __class__, which an answer's object can define as it likes.
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is int:
            return value if -_SMALL <= value <= _SMALL else {"i": hex(value)}
        if depth >= MAX_DEPTH:
            raise ValueCodecError(f"nested more than {MAX_DEPTH} levels deep")
        if kind is list:
            return self.items(value, depth)
        if kind is tuple:
            return {"t": self.items(value, depth)}
        if kind is dict:
            return self.mapping(value, depth)
        writer = _WRITERS.get(kind)
        if writer is not None:
            tag, payload = writer(value)
            return {tag: self.node(payload, depth + 1)}
        return self.other(value, depth)

    def items(self, values: Any, depth: int) -> list[Any]:
        kinds = set(map(type, values))
        if kinds <= _ATOMS or (kinds == {int} and min(values) >= -_SMALL and max(values) <= _SMALL):
            return values if type(values) is list else list(values)
        inner = depth + 1
        return [self.node(item, inner) for item in values]

    def mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        inner = depth + 1
        if set(map(type, value)) <= {str}:
            return {"o": {key: self.node(item, inner) for key, item in value.items()}}
        return {"d": [[self.node(key, inner), self.node(item, inner)] for key, item in value.items()]}

    def other(self, value: Any, depth: int) -> Any:
        if type(value) is Reference:
            return {"r": value.pack()}
        named = issubclass(type(value), tuple) and hasattr(type(value), "_fields")
        if named and self.keep is None:
            return {"t": self.items(tuple.__getitem__(value, slice(None)), depth)}
        reference = self.keep(value) if self.keep is not None else None
        if reference is None:
            raise ValueCodecError(f"{type(value).__name__} is not plain data")
        if not named:
            return {"r": reference.pack()}
        names = [name for name in type(value)._fields if type(name) is str]
        # Not list(value), which would call an __iter__ that the answer may have defined.
        return {"N": [reference.pack(), names, self.items(tuple.__getitem__(value, slice(None)), depth)]}


_WRITERS: dict[type, Callable[[Any], tuple[str, Any]]] = {
    set: lambda value: ("s", list(value)),
    frozenset: lambda value: ("f", list(value)),
    bytes: lambda value: ("b", b64encode(value).decode("ascii")),
    bytearray: lambda value: ("B", b64encode(value).decode("ascii")),
    complex: lambda value: ("c", [value.real, value.imag]),
    range: lambda value: ("R", [value.start, value.stop, value.step]),
    deque: lambda value: ("q", [list(value), value.maxlen]),
    Counter: lambda value: ("C", list(map(list, dict.items(value)))),
    OrderedDict: lambda value: ("O", list(map(list, OrderedDict.items(value)))),
    defaultdict: lambda value: ("D", list(map(list, dict.items(value)))),
    Decimal: lambda value: ("n", str(value)),
    Fraction: lambda value: ("F", [value.numerator, value.denominator]),
    datetime: lambda value: ("T", value.isoformat()),
    date: lambda value: ("Y", value.isoformat()),
    time: lambda value: ("H", value.isoformat()),
    timedelta: lambda value: ("L", [value.days, value.seconds, value.microseconds]),
}


def _node(node: Any) -> Any:
    kind = type(node)
    if kind is list:
        return _items(node)
    if kind is dict:
        ((tag, payload),) = node.items()
        return _READERS[tag](payload)
    return node


def _items(nodes: list[Any]) -> list[Any]:
    if type(nodes) is not list:
        raise ValueCodecError("malformed value: a list was expected")
    if set(map(type, nodes)) <= _SCALARS:
        return nodes
    return [_node(node) for node in nodes]


def _pairs(nodes: list[Any]) -> dict[Any, Any]:
    keys = _checked_keys([_node(key) for key, _ in nodes])
    return dict(zip(keys, [_node(item) for _, item in nodes], strict=True))


def _checked_keys(keys: list[Any]) -> list[Any]:
    """Return the keys, if a table of them can be built in good time."""
    if len(keys) > _MAX_SAME_HASH and max(Counter(map(hash, keys)).values()) > _MAX_SAME_HASH:
        raise ValueCodecError("malformed value: too many keys share a hash")
    return keys


def _fraction(payload: list[Any]) -> Fraction:
    numerator, denominator = _items(payload)
    if max(numerator.bit_length(), denominator.bit_length()) > _FRACTION_BITS:
        raise ValueCodecError(f"a fraction has parts of more than {_FRACTION_BITS} bits")
    return Fraction(numerator, denominator)


def _named_items(payload: list[Any]) -> NamedItems:
    reference, names, items = payload
    if set(map(type, names)) > {str}:
        raise ValueCodecError("malformed value: a bad name")
    return NamedItems(Reference.unpack(reference), tuple(names), tuple(_items(items)))


def restore(value: Any, resolve: Callable[[Reference | NamedItems], Any]) -> Any:
    """Return the value with each `Reference` and `NamedItems` in it replaced; containers may be reused.

    Args:
        value: a decoded value.
        resolve: called with each of them; returns the object to put in its place.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is list:
        if not _SCALARS.issuperset(map(type, value)):
            value[:] = [restore(item, resolve) for item in value]
        return value
    if kind is Reference:
        return resolve(value)
    if kind is NamedItems:
        return resolve(NamedItems(value.reference, value.names, restore(value.items, resolve)))
    if kind in {tuple, set, frozenset}:
        return kind([restore(item, resolve) for item in value])
    if kind in {dict, OrderedDict, Counter}:
        pairs = [(restore(key, resolve), restore(item, resolve)) for key, item in value.items()]
        return kind(pairs) if kind is not Counter else Counter(dict(pairs))
    return deque([restore(item, resolve) for item in value], value.maxlen) if kind is deque else value


def _deque(payload: list[Any]) -> deque[Any]:
    items, maxlen = payload
    return deque(_node(items), maxlen)


_READERS: dict[str, Callable[[Any], Any]] = {
    "i": lambda payload: int(payload, 16),
    "t": lambda payload: tuple(_items(payload)),
    "o": lambda payload: {key: _node(item) for key, item in payload.items()},
    "d": _pairs,
    "s": lambda payload: set(_checked_keys(_items(payload))),
    "f": lambda payload: frozenset(_checked_keys(_items(payload))),
    "b": lambda payload: b64decode(payload, validate=True),
    "B": lambda payload: bytearray(b64decode(payload, validate=True)),
    "c": lambda payload: complex(*payload),
    "R": lambda payload: range(*_items(payload)),
    "q": _deque,
    "C": lambda payload: Counter(_pairs(payload)),
    "O": lambda payload: OrderedDict(_pairs(payload)),
    "D": _pairs,
    "n": Decimal,
    "F": _fraction,
    "T": datetime.fromisoformat,
    "Y": date.fromisoformat,
    "H": time.fromisoformat,
    "L": lambda payload: timedelta(*payload),
    "r": Reference.unpack,
    "N": _named_items,
}
