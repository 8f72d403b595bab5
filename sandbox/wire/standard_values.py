"""Values of the standard library, and of numpy, that cross between the processes as data, and how each is taken apart.

Only objects of exactly these classes cross: those of derived classes stay behind, because they may behave in any way.
Each is taken apart into plain data, and the reading side calls the real class with that. So a value that crossed is
what its class makes of such data, and holds nothing of the writer's.
"""

from __future__ import annotations

import sys
from collections import ChainMap, OrderedDict
from datetime import timedelta, timezone
from types import GenericAlias, MappingProxyType, UnionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sandbox.errors import ValueCodecError
from sandbox.wire import numpy_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CLASSES", "Form", "Unbuilt", "form_name", "form_of", "standard_class", "standard_class_name"]

_TEXT_CHARS: Final = 1 << 14
"""Longest text of a path, a zone's key or an address."""
_MAX_MAPS: Final = 1000
_RANDOM_NUMBERS: Final = 625
"""Length of the state of the Mersenne Twister."""


class Form(NamedTuple):
    """How the values of one class are taken apart and made again."""

    take: Callable[[Any], Any]
    """Return the parts of a value, which are values again."""
    build: Callable[[Any], Any]
    """Return the value that has these parts. They may be anything that can be sent."""
    is_container: bool = False
    """True if the parts may hold any value."""
    needs_objects: bool = False
    """True if it can be built only once all references in the parts are restored."""


class Unbuilt(NamedTuple):
    """A value whose parts still hold references."""

    name: str
    """Name of its form."""
    parts: Any


_module_of: Callable[[type], Any] = type.__dict__["__module__"].__get__
_name_of: Callable[[type], Any] = type.__dict__["__qualname__"].__get__
"""Read past the metaclass of a class, which could define them as code of the answer."""
_attributes_of: Callable[[Any, str], Any] = object.__getattribute__


def _require(condition: object) -> None:
    if not condition:
        raise ValueCodecError("malformed value: parts that its class does not have")


def _exact(value: Any, kind: type) -> Any:
    _require(type(value) is kind)
    return value


def _text(value: Any) -> str:
    _require(type(value) is str and len(value) <= _TEXT_CHARS)
    return str(value)


def _imported(module: str, name: str) -> Any:
    """Return a class of a module that is loaded where it is needed."""
    if module not in sys.modules:
        __import__(module)
    return getattr(sys.modules[module], name)


def _by_text(module: str, name: str) -> Form:
    """Return the form of a class whose objects are made from their text."""
    return Form(str, lambda text: _imported(module, name)(_text(text)))


def _attributes(value: Any) -> dict[str, Any]:
    found = dict(_attributes_of(value, "__dict__"))
    # A name such as __deepcopy__ is looked up in the object by functions of the library.
    _require(all(type(name) is str and not name.startswith("__") for name in found))
    return found


def _of_attributes(module: str, name: str) -> Form:
    """Return the form of a class whose objects are their attributes."""

    def build(parts: Any) -> Any:
        _require(type(parts) is dict and all(type(key) is str and not key.startswith("__") for key in parts))
        return _imported(module, name)(**parts)

    return Form(_attributes, build, is_container=True)


def _zone(parts: Any) -> timezone:
    offset, name = parts
    _require(type(offset) is timedelta)
    return timezone(offset) if name is None else timezone(offset, _text(name))


def _zone_parts(value: timezone) -> list[Any]:
    # Without a name its text is made of the offset; the arguments of a pickle tell which it is.
    offset, *name = value.__getinitargs__()  # type: ignore[attr-defined]  # pickle's, and not in the stubs
    return [offset, *name] if name else [offset, None]


def _zone_key(value: Any) -> str:
    _require(type(value.key) is str)
    return str(value.key)


def _views_form(view: Callable[[dict[Any, Any]], Any], take: Callable[[Any], Any]) -> Form:
    def build(parts: Any) -> Any:
        # A dict, whose reader refuses keys that are chosen to share a hash.
        _require(type(parts) is dict)
        return view(parts)

    return Form(take, build, is_container=True)


def _build_chain(parts: Any) -> ChainMap[Any, Any]:
    _require(type(parts) is list and 0 < len(parts) <= _MAX_MAPS)
    return ChainMap(*parts)


def _build_array(parts: Any) -> Any:
    code, items = parts
    _require(type(code) is str and len(code) == 1 and type(items) in {list, str})
    return _imported("array", "array")(code, items)


def _array_parts(value: Any) -> list[Any]:
    return [value.typecode, value.tounicode() if value.typecode in "uw" else value.tolist()]


def _build_time(parts: Any) -> Any:
    _require(type(parts) is list and len(parts) in {9, 11})
    _require(all(type(part) is int for part in parts[:9]) and all(type(part) in {int, str} for part in parts[9:]))
    return _imported("time", "struct_time")(parts)


def _time_parts(value: Any) -> list[Any]:
    more = [] if value.tm_zone is None or value.tm_gmtoff is None else [value.tm_zone, value.tm_gmtoff]
    return [*tuple.__getitem__(value, slice(None)), *more]


def _build_random(parts: Any) -> Any:
    version, numbers, spare = parts
    _require(
        type(version) is int
        and type(numbers) is list
        and len(numbers) == _RANDOM_NUMBERS
        and type(spare) in {float, type(None)}
    )
    generator = _imported("random", "Random")(0)
    generator.setstate((version, tuple(_exact(number, int) for number in numbers), spare))
    return generator


def _random_parts(value: Any) -> list[Any]:
    version, numbers, spare = value.getstate()
    return [version, list(numbers), spare]


def _enum_form(module: str, name: str) -> Form:
    def build(part: Any) -> Any:
        _require(type(part) in {int, str, type(None)})
        return _imported(module, name)(part)

    return Form(lambda member: _attributes_of(member, "_value_"), build)


def _constant(value: Any) -> Form:
    return Form(lambda _: None, lambda _: value)


def _build_slice(parts: Any) -> slice:
    start, stop, step = parts
    return slice(start, stop, step)


def _alias_form(make: Callable[[Any, Any], Any]) -> Form:
    """Return the form of types with arguments, such as ``list[int]``."""

    def build(parts: Any) -> Any:
        origin, args = parts
        _require(type(args) is tuple and len(args) <= _MAX_MAPS)
        return make(origin, args)

    def take(value: Any) -> Any:
        name = getattr(value, "_name", None)
        if name in _GENERICS:
            return [name, value.__args__]
        # One of a class of the answer, ``Box[int]``, is an object of the answer.
        _require((_path_of(value.__origin__) or "").partition(":")[0].partition(".")[0] in sys.stdlib_module_names)
        return [value.__origin__, value.__args__]

    return Form(take, build, is_container=True, needs_objects=True)


def _generic_alias(origin: Any, args: tuple[Any, ...]) -> Any:
    _require(type(origin) is type)
    return GenericAlias(origin, args)


_ALIASES = ["_GenericAlias", "_UnionGenericAlias", "_CallableGenericAlias", "_LiteralGenericAlias"]


def _typing_alias(origin: Any, args: tuple[Any, ...]) -> Any:
    _require(type(origin) is str and origin in _GENERICS)
    if origin == "Callable":
        *taken, returned = args
        return _imported("typing", origin)[... if taken == [...] else taken, returned]
    return _imported("typing", "Union" if origin == "Optional" else origin)[args]


def _union_parts(value: Any) -> Any:
    return ["Union", value.__args__]


_GENERICS = frozenset(
    [
        "AsyncGenerator",
        "AsyncIterable",
        "AsyncIterator",
        "Awaitable",
        "Callable",
        "ChainMap",
        "ClassVar",
        "Collection",
        "Container",
        "Coroutine",
        "Counter",
        "DefaultDict",
        "Deque",
        "Dict",
        "Final",
        "FrozenSet",
        "Generator",
        "Iterable",
        "Iterator",
        "KeysView",
        "List",
        "Literal",
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "Optional",
        "OrderedDict",
        "Pattern",
        "Match",
        "Reversible",
        "Sequence",
        "Set",
        "Tuple",
        "Type",
        "Union",
        "ValuesView",
    ]
)
_PATHS = ["PurePath", "PurePosixPath", "PureWindowsPath", "Path", "PosixPath"]
_ADDRESSES = ["IPv4Address", "IPv4Network", "IPv4Interface", "IPv6Address", "IPv6Network", "IPv6Interface"]
_ENUMS = [
    "http:HTTPStatus",
    "http:HTTPMethod",
    "re:RegexFlag",
    "calendar:Day",
    "calendar:Month",
    "uuid:SafeUUID",
    "signal:Signals",
    "inspect:_ParameterKind",
]
_FORMS: Final[Mapping[str, Form]] = {
    "builtins:slice": Form(lambda value: [value.start, value.stop, value.step], _build_slice, True),
    "builtins:ellipsis": _constant(...),
    "builtins:NotImplementedType": _constant(NotImplemented),
    "builtins:dict_keys": _views_form(dict.keys, dict.fromkeys),
    "builtins:dict_items": _views_form(dict.items, dict),
    "builtins:dict_values": Form(list, lambda parts: dict(enumerate(_exact(parts, list))).values(), is_container=True),
    "builtins:mappingproxy": Form(dict, lambda parts: MappingProxyType(_exact(parts, dict)), is_container=True),
    "builtins:memoryview": Form(bytes, lambda parts: memoryview(_exact(parts, bytes))),
    "types:SimpleNamespace": _of_attributes("types", "SimpleNamespace"),
    "argparse:Namespace": _of_attributes("argparse", "Namespace"),
    "collections:ChainMap": Form(lambda value: list(_attributes_of(value, "__dict__")["maps"]), _build_chain, True),
    "datetime:timezone": Form(_zone_parts, _zone),
    "zoneinfo:ZoneInfo": Form(_zone_key, lambda key: _imported("zoneinfo", "ZoneInfo")(_text(key))),
    "uuid:UUID": Form(lambda value: value.int, lambda number: _imported("uuid", "UUID")(int=_exact(number, int))),
    "array:array": Form(_array_parts, _build_array),
    "time:struct_time": Form(_time_parts, _build_time),
    "string:Template": Form(lambda value: value.template, lambda text: _imported("string", "Template")(_text(text))),
    "random:Random": Form(_random_parts, _build_random),
    "types:GenericAlias": _alias_form(_generic_alias),
    "types:UnionType": Form(_union_parts, lambda parts: _typing_alias(*parts), True, True),
    **{f"typing:{name}": _alias_form(_typing_alias) for name in _ALIASES},
    **{f"pathlib:{name}": _by_text("pathlib", name) for name in _PATHS},
    **{f"ipaddress:{name}": _by_text("ipaddress", name) for name in _ADDRESSES},
    **{path: _enum_form(*path.split(":")) for path in _ENUMS},
    **{f"numpy:{name}": Form(*numpy_values.form(name)) for name in numpy_values.NAMES},
}  # fmt: skip
_VIEWED: tuple[dict[Any, Any], ...] = ({}, OrderedDict())
_NAMELESS: Final = {
    **{id(kind): kind.__name__ for kind in (MappingProxyType, type(...), type(NotImplemented))},
    id(UnionType): "UnionType",
    id(type(None)): "NoneType",
    **{id(type(one.keys())): "dict_keys" for one in _VIEWED},
    **{id(type(one.values())): "dict_values" for one in _VIEWED},
    **{id(type(one.items())): "dict_items" for one in _VIEWED},
}
"""Types that no module has by their name."""

_OTHER_CLASSES = """
    collections:OrderedDict collections:defaultdict collections:Counter collections:deque datetime:datetime
    datetime:date datetime:time datetime:timedelta decimal:Decimal fractions:Fraction enum:Enum enum:IntEnum
    enum:StrEnum enum:Flag enum:IntFlag types:NoneType abc:ABC functools:partial re:Pattern re:Match
"""
CLASSES: Final = frozenset({*_OTHER_CLASSES.split(), *(path for path in _FORMS if not path.startswith("builtins:"))})
"""Classes that cross by their name, as ``module:name``. Calling one does no more than make a value."""


def _path_of(kind: type) -> str | None:
    """Return ``module:name`` of a class, if its module is loaded and has it by that name."""
    if id(kind) in _NAMELESS:
        module = "types" if kind in {UnionType, type(None)} else "builtins"
        return f"{module}:{_NAMELESS[id(kind)]}"
    module, name = _module_of(kind), _name_of(kind)
    if type(module) is not str or type(name) is not str:
        return None
    found = sys.modules.get(module)
    if found is None or vars(found).get(name) is not kind:
        return None
    return f"{module.removesuffix('._local')}:{name}"  # pathlib is a package in 3.13


def form_name(kind: type) -> str | None:
    """Return the name of a class's form; ``None`` if its objects do not cross as data."""
    path = _path_of(kind)
    return path if path in _FORMS else None


def form_of(name: str) -> Form:
    """Return the form of this name.

    Raises:
        KeyError: there is none.
    """
    return _FORMS[name]


def standard_class_name(kind: type) -> str | None:
    """Return ``module:name`` of a class that crosses by its name; ``None`` for any other class."""
    path = _path_of(kind)
    return path if path in CLASSES else None


def standard_class(path: str) -> Any:
    """Return the class of this ``module:name``; ``None`` if no such class may cross."""
    if path not in CLASSES:
        return None
    try:
        return _imported(*path.split(":"))
    except (ImportError, AttributeError):  # newer than this version of Python, or not to be had here
        return None
