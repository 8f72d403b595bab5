"""The value codec: which values may cross between the processes, and how.

A value is plain data: exactly ``None``, ``bool``, ``int``, ``float``, ``complex``, ``str``, ``bytes``, ``bytearray``,
``list``, ``tuple``, ``dict``, ``set``, ``frozenset``, ``range``, or one of a closed list of standard types (see also
`sandbox.wire.standard_values`). It travels as JSON, which the reading side can parse without running anything of the
writer's; lists and plain scalars stand for themselves, everything else is an object with one key, its tag. The reading
side rebuilds exact built-in types, so nothing a value's class defines (``__eq__``, ``__reduce__``, ``__class__``) ever
crosses. A named tuple crosses as a ``tuple``, and a ``defaultdict`` without a factory that is code. Objects of other
classes stay behind and cross as a `Reference`, where the writer keeps a table of them. What the harness alone may send
is a `Construction`: a call that makes the value in the other process.

It is neither pickle nor marshal, because the documentation of both warns against data from an untrusted source.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MethodType
from typing import TYPE_CHECKING, Any

from sandbox.errors import UnsupportedTypeError, ValueCodecError
from sandbox.wire.references import Construction, NamedItems, Reference
from sandbox.wire.standard_values import Unbuilt, form_name, form_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "MAX_DEPTH",
    "Construction",
    "NamedItems",
    "Reference",
    "UnsupportedTypeError",
    "decode",
    "encode",
    "restore",
]

MAX_DEPTH = 208
"""Largest depth of nesting: 200 for a value, and 8 for the message or spec around it. It also stops a value that
contains itself."""
_FACTORIES: dict[Any, Any] = {
    kind.__name__: kind
    for kind in (list, dict, set, int, float, str, tuple, bool, bytes, bytearray, complex, frozenset, Counter, deque)
}
"""Classes that may be the factory of a `defaultdict`, by name."""
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


_MALFORMED = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, ImportError, OSError, RecursionError,
)  # fmt: skip
"""What the classes of values raise of parts that they do not have."""


def encode(
    value: Any,
    keep: Callable[[Any], Reference | Construction | None] | None = None,
    stay: frozenset[type] = frozenset(),
) -> bytes:
    """Encode a value.

    Args:
        value: plain data, at most `MAX_DEPTH` levels deep; also `Reference`.
        keep: called with each object that is not plain data; returns a reference to it, a call that makes it again, or
            ``None`` to refuse.
        stay: standard types whose objects are kept, although they could cross as data.

    Raises:
        UnsupportedTypeError: something in the value is not plain data and was not kept.
        ValueCodecError: it is nested too deeply.
    """
    return _write(_Encoder(keep, stay).node(value, 0)).encode("ascii")


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
    except _MALFORMED as error:
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


def _name_of(factory: Any) -> str | None:
    return type.__dict__["__name__"].__get__(factory) if type(factory) is type else None


class _Encoder:
    """Turns values into JSON trees."""

    __slots__ = ("keep", "stay")

    def __init__(
        self, keep: Callable[[Any], Reference | Construction | None] | None, stay: frozenset[type] = frozenset()
    ) -> None:
        self.keep = keep
        self.stay = stay

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
        kind = type(value)
        if kind is Reference:
            return {"r": value.pack()}
        tree = self.standard(value, kind, depth)
        if tree is not None:
            return tree
        named = issubclass(kind, tuple) and hasattr(kind, "_fields")
        if named and self.keep is None:
            return {"t": self.items(tuple.__getitem__(value, slice(None)), depth)}
        kept = self.keep(value) if self.keep is not None else None
        if kept is None:
            # A method crosses if its object does.
            raise UnsupportedTypeError(type(value.__self__) if kind is MethodType else kind)
        if isinstance(kept, Construction):
            return {"K": [self.node(part, depth + 1) for part in (kept.function, list(kept.args), kept.kwargs)]}
        if not named:
            return {"r": kept.pack()}
        names = [name for name in kind._fields if type(name) is str]
        # Not list(value), which would call an __iter__ that the answer may have defined.
        return {"N": [kept.pack(), names, self.items(tuple.__getitem__(value, slice(None)), depth)]}

    def standard(self, value: Any, kind: type, depth: int) -> Any:
        """Return the tree of a value of a standard class; ``None`` if it stays behind."""
        if kind is defaultdict:
            factory = value.default_factory
            named = factory is None or _FACTORIES.get(_name_of(factory)) is factory
            if named or defaultdict not in self.stay:
                return {"D": [_name_of(factory) if named and factory else None, self.mapping(value, depth)]}
        name = form_name(kind)
        if name is None or kind in self.stay:
            return None
        try:
            parts = form_of(name).take(value)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a value without its parts, such as a released memoryview
            return None
        return {"X": [name, self.node(parts, depth + 1)]}


def _moment(tag: str, value: Any) -> tuple[str, Any]:
    """Return a time with its zone where that is a standard one; with its offset where it is not."""
    zone = value.tzinfo
    if (zone is None and not value.fold) or form_name(type(zone)) is None:
        return tag, value.isoformat()
    offset = None if zone is None else value.utcoffset()
    return f"{tag}Z", [value.replace(tzinfo=None).isoformat(), value.fold, zone, offset]


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
    Decimal: lambda value: ("n", str(value)),
    Fraction: lambda value: ("F", [value.numerator, value.denominator]),
    datetime: lambda value: _moment("T", value),
    date: lambda value: ("Y", value.isoformat()),
    time: lambda value: _moment("H", value),
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


def _default_dict(payload: list[Any]) -> defaultdict[Any, Any]:
    name, items = payload
    return defaultdict(None if name is None else _FACTORIES[name], _node(items))


def _moment_in_zone(kind: Any) -> Callable[[Any], Any]:
    def build(payload: Any) -> Any:
        text, fold, zone, offset = payload
        moment = kind.fromisoformat(text).replace(fold=1 if fold == 1 else 0)
        try:
            zone = _node(zone)
        except (OSError, LookupError):  # the data of zones is missing here
            zone = timezone(_node(offset)) if offset is not None else None
        return moment.replace(tzinfo=zone)

    return build


def _standard(payload: list[Any]) -> Any:
    name, parts = payload
    form = form_of(name)
    return Unbuilt(name, _node(parts)) if form.needs_objects else form.build(_node(parts))


def _construction(payload: list[Any]) -> Construction:
    function, args, kwargs = map(_node, payload)
    return Construction(function, tuple(args), dict(kwargs))


def _named_items(payload: list[Any]) -> NamedItems:
    reference, names, items = payload
    if set(map(type, names)) > {str}:
        raise ValueCodecError("malformed value: a bad name")
    return NamedItems(Reference.unpack(reference), tuple(names), tuple(_items(items)))


def restore(value: Any, resolve: Callable[[Reference | NamedItems | Construction], Any]) -> Any:
    """Return the value with each `Reference`, `NamedItems` and `Construction` in it replaced; containers may be reused.

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
    if kind in _MAPPINGS:
        pairs = [(restore(key, resolve), restore(item, resolve)) for key, item in value.items()]
        return _MAPPINGS[kind](value, pairs)
    if kind is deque:
        return deque([restore(item, resolve) for item in value], value.maxlen)
    return _restore_other(value, resolve)


_MAPPINGS: dict[type, Callable[[Any, list[tuple[Any, Any]]], Any]] = {
    dict: lambda _, pairs: dict(pairs),
    OrderedDict: lambda _, pairs: OrderedDict(pairs),
    Counter: lambda _, pairs: Counter(dict(pairs)),
    defaultdict: lambda value, pairs: defaultdict(value.default_factory, pairs),
}
"""How a dict of each type is made anew."""


def _restore_other(value: Any, resolve: Callable[[Reference | NamedItems | Construction], Any]) -> Any:
    kind = type(value)
    if kind is Construction:
        function, args = restore(value.function, resolve), restore(value.args, resolve)
        return resolve(Construction(function, args, restore(value.kwargs, resolve)))
    if kind is Unbuilt:
        return form_of(value.name).build(restore(value.parts, resolve))
    name = form_name(kind)
    if name is not None and (form := form_of(name)).is_container:
        return form.build(restore(form.take(value), resolve))
    return value


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
    "D": _default_dict,
    "n": Decimal,
    "F": _fraction,
    "T": datetime.fromisoformat,
    "Y": date.fromisoformat,
    "H": time.fromisoformat,
    "TZ": _moment_in_zone(datetime),
    "HZ": _moment_in_zone(time),
    "L": lambda payload: timedelta(*payload),
    "X": _standard,
    "K": _construction,
    "r": Reference.unpack,
    "N": _named_items,
}
