"""Classes of proxies, built from what the solution's process tells of its classes.

That decides which questions can be asked, and nothing else: a class that claims methods it does not have is found out
when they are called.
"""

from __future__ import annotations

import builtins
import collections
import dataclasses
import keyword
import sys
import types
from typing import TYPE_CHECKING, Any, Final

from testcases.proxies import observations, trust
from testcases.proxies.proxy import Proxy, ProxyType, RemoteRef, ref_of, special_members
from testcases.signals import SolutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from testcases.proxies.host import ProxyHost

__all__ = ["RemoteError", "class_for_word", "make_named_tuple_class", "make_proxy_class"]

_MAX_CLASSES = 60
_MAX_MEMBERS = 1000
_NAME_CHARS = 100
_ROUTINES: tuple[type, ...] = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType,
)  # fmt: skip
_TYPES: tuple[type, ...] = (
    types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, types.ModuleType, types.MappingProxyType, map,
    filter, zip, enumerate, reversed, slice, property, memoryview, type({}.keys()), type({}.values()),
    type({}.items()), type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")),
    type(iter(range(0))),
)  # fmt: skip
_TYPES_BY_NAME = {kind.__name__: kind for kind in (*_ROUTINES, *_TYPES)}
"""Types of which the name says all."""
_STDLIB_ERRORS: Final = frozenset(
    {
        ("asyncio.exceptions", "CancelledError"), ("asyncio.exceptions", "InvalidStateError"),
        ("asyncio.queues", "QueueEmpty"), ("asyncio.queues", "QueueFull"), ("binascii", "Error"), ("copy", "Error"),
        ("_csv", "Error"), ("configparser", "Error"), ("configparser", "NoOptionError"),
        ("configparser", "NoSectionError"), ("concurrent.futures._base", "TimeoutError"),
        ("concurrent.futures._base", "CancelledError"), ("dataclasses", "FrozenInstanceError"),
        ("decimal", "DecimalException"), ("decimal", "DivisionByZero"), ("decimal", "InvalidOperation"),
        ("decimal", "Inexact"), ("decimal", "Overflow"), ("decimal", "Underflow"), ("graphlib", "CycleError"),
        ("html.parser", "HTMLParseError"), ("json.decoder", "JSONDecodeError"), ("pickle", "PickleError"),
        ("pickle", "PicklingError"), ("_pickle", "PicklingError"), ("_pickle", "UnpicklingError"),
        ("pickle", "UnpicklingError"), ("_queue", "Empty"), ("queue", "Empty"), ("queue", "Full"),
        ("queue", "ShutDown"),
        ("re", "error"), ("re", "PatternError"), ("re._constants", "error"), ("statistics", "StatisticsError"),
        ("struct", "error"), ("threading", "BrokenBarrierError"), ("threading", "ThreadError"),
        ("urllib.error", "URLError"), ("zlib", "error"), ("zoneinfo._common", "ZoneInfoNotFoundError"),
    }
)  # fmt: skip
"""Exceptions of the standard library, by module and name, that test code meets as what they are."""


class RemoteError(SolutionError, metaclass=ProxyType):
    """An exception of a class of the answer's. Its attributes are those of the exception in the answer's process."""

    def __str__(self) -> str:
        said = self.__dict__.get("__text__")
        return said if type(said) is str else Exception.__str__(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "__held__" not in self.__dict__:
            raise AttributeError(name)
        return ref_of(self).objects.ask("get", self, name)


def class_for_word(objects: ProxyHost, word: str) -> type:
    """The class of stand-ins for objects of a type whose name says all; of others, one without special methods."""
    kind = _TYPES_BY_NAME.get(word)
    members: dict[str, Any] = {"__slots__": (), "__class_held__": _NoRef(objects)}
    if kind is None:
        return type.__new__(ProxyType, "object", (Proxy,), members)
    members |= special_members(vars(kind)) | _members(dict.fromkeys(_methods(kind), "function"))
    members["__class__"] = property(lambda _: kind)
    if kind is types.CoroutineType:
        members |= {"send": _send, "throw": _throw, "close": _close}
    if kind in _ROUTINES:
        members |= {"__eq__": object.__eq__, "__hash__": object.__hash__}
    for name in ("__getattribute__", "__setattr__", "__str__", "__repr__"):
        members.pop(name, None)
    return type.__new__(ProxyType, word, (Proxy,), members)


def _send(self: Any, _: Any) -> None:
    """One step of a coroutine, as an event loop of test code takes it: it starts there, and then is waited for."""
    objects = ref_of(self).objects
    if objects.started(self):
        raise StopIteration(objects.ask("await", self))


def _throw(_: Any, error: Any, *more: Any) -> None:  # noqa: ARG001 - a coroutine's signature
    raise error


def _close(_: Any) -> None:
    """Nothing runs here."""


class _NoRef(RemoteRef):
    """What the class of a word stands for: nothing that can be asked."""

    __slots__ = ()

    def __init__(self, objects: ProxyHost) -> None:
        super().__init__(objects, -1, 0)

    def __del__(self) -> None:
        """Nothing was held."""


class _ClassRef(RemoteRef):
    """A class stays as long as its process."""

    __slots__ = ()

    def __del__(self) -> None:
        """It is not let go."""


def make_proxy_class(objects: ProxyHost, generation: int, key: int, said: Any) -> type:
    """The class of stand-ins for a class that was described.

    Args:
        objects: whose it is.
        generation: of the process that has the class.
        key: its number.
        said: what that process says of it (`sandbox.processes.solution.objects`, ``describe``).
    """
    told = said if type(said) is dict else {}
    line = [entry for entry in _list(told.get("line"), list)[:_MAX_CLASSES] if [*map(type, entry)] == [int, str, str]]
    name = line[0][2][:_NAME_CHARS] if line and line[0][2].isprintable() else "object"
    namespace: dict[str, Any] = {
        "__class_held__": _ClassRef(objects, generation, key),
        "__module__": "solution",
        "__doc__": told.get("doc") if type(told.get("doc")) is str else None,
    }
    known = _stdlib_error(line[0][1], line[0][2]) if line else None
    if known is not None:
        return known
    bases = _bases(objects, line[1:])
    errors = [base for base in bases if issubclass(base, BaseException)]
    if errors:
        own = [base for base in errors if isinstance(base, ProxyType)]
        return _build_class(name, [*own, RemoteError, *(base for base in errors if base not in own)], namespace)
    if line and len(line) > 1 and line[1][1:] == ["builtins", "tuple"] and type(told.get("names")) is list:
        return make_named_tuple_class(name, tuple(_list(told["names"], str)), namespace) or _build_class(
            name, [], namespace
        )
    namespace["__slots__"] = ()
    members = _members(told.get("members"))
    namespace |= members | {
        one: _method(one) for one in members if any(observations.is_plain_method(base, one) for base in bases)
    }
    namespace |= special_members(_list(told.get("slots"), str), _list(told.get("absent"), str))
    if "__init__" in _list(told.get("slots"), str):
        namespace["__init__"] = _method("__init__")
    fields = _list(told.get("fields"), str)
    if fields:
        usable = [one for one in fields if one.isidentifier() and not keyword.iskeyword(one)]
        namespace["__dataclass_fields__"] = {one: _field(one) for one in usable}
    return _build_class(name, bases, namespace)


def _build_class(name: str, bases: Sequence[type], namespace: dict[str, Any]) -> type:
    last = RemoteError if RemoteError in bases else Proxy
    for attempt in (tuple(bases) or (Proxy,), (last,)):
        try:
            return type.__new__(ProxyType, name, attempt, dict(namespace))
        except TypeError:  # bases that do not go together
            continue
    return type.__new__(ProxyType, "object", (Proxy,), {"__class_held__": namespace["__class_held__"], "__slots__": ()})


def _bases(objects: ProxyHost, line: list[list[Any]]) -> list[type]:
    """What the classes of a line are mirrored by, nearest first."""
    found: list[type] = []
    for key, module, name in line:
        if (module, name) == ("builtins", "object"):
            continue
        local = getattr(builtins, name, None) if module == "builtins" else _stdlib_error(module, name)
        if isinstance(local, type) and issubclass(local, BaseException):
            found.append(local)
        elif isinstance(local, type):
            found.append(objects.classes.for_builtin(local))
        else:
            found.append(objects.classes.mirror(key))
    return list(dict.fromkeys(found))


def _stdlib_error(module: str, name: str) -> type[BaseException] | None:
    found = getattr(sys.modules.get(module), name, None) if (module, name) in _STDLIB_ERRORS else None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def make_builtin_base(objects: ProxyHost, kind: type) -> type:
    """The class of stand-ins for objects that derive from a built-in class; no instance of that class itself."""
    members: dict[str, Any] = {"__slots__": (), "__class_held__": _NoRef(objects), "__stands_for__": kind}
    members |= _members(dict.fromkeys(_methods(kind), "function")) | special_members(vars(kind))
    return type.__new__(ProxyType, kind.__name__, (Proxy,), members)


def _methods(kind: type) -> list[str]:
    return [name for name, member in vars(kind).items() if callable(member) and not name.startswith("__")]


def _members(told: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in list(told.items())[:_MAX_MEMBERS] if type(told) is dict else ():
        if type(name) is not str or (name.startswith("__") and name.endswith("__")):
            continue
        if kind == "function":
            found[name] = _method(name)
        elif kind == "classmethod":
            found[name] = _class_method(name)
        elif kind == "property":
            found[name] = _property(name)
    return found


def _method(name: str) -> Callable[..., Any]:
    """A method that is called across: by its object or, when test code derived its class, by that class."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        objects = ref_of(self).objects
        if objects.classes.is_derived(type(self)):
            for base in type(self).__mro__:
                if vars(base).get(name) is method:
                    return objects.call([base, name], (self, *args), kwargs)
        return trust.call_method(objects, self, name, args, kwargs)

    method.__name__ = method.__qualname__ = name
    return method


def _class_method(name: str) -> Any:
    """A class's own way of making objects, mostly: those it returns are as good as made by calling the class."""

    def method(cls: type, *args: Any, **kwargs: Any) -> Any:
        objects = ref_of(cls).objects
        trust.refuse_claim(objects, cls, name, args)
        result = objects.call([cls, name], args, kwargs)
        if objects.classes.is_constructible(cls) and isinstance(result, cls):
            objects.own(result)
        return result

    return classmethod(method)


def _property(name: str) -> property:
    def read(self: Any) -> Any:
        return trust.get_attribute(ref_of(self).objects, self, name)

    return property(read)


def _field(name: str) -> Any:
    """A field as `dataclasses.fields` wants it."""
    return dataclasses.fields(dataclasses.make_dataclass("fields", [(name, Any)]))[0]


def _list(value: Any, kind: type) -> list[Any]:
    return [item for item in value if type(item) is kind] if type(value) is list else []


def make_named_tuple_class(name: str, names: tuple[str, ...], namespace: dict[str, Any]) -> type | None:
    """A class of tuples whose items have names, and which ask the answer's process for any other attribute."""
    usable = len(set(names)) == len(names) and all(
        one.isidentifier() and not keyword.iskeyword(one) and not one.startswith("_") for one in names
    )
    if not usable or not name.isidentifier():
        return None
    plain = collections.namedtuple(name, names)  # type: ignore[misc]  # noqa: PYI024 - its names are known now
    return type.__new__(ProxyType, name, (plain,), {**namespace, "__getattr__": _tuple_attribute})


def _tuple_attribute(self: Any, name: str) -> Any:
    found = self.__dict__.get("__held__")
    if found is None or (name.startswith("__") and name.endswith("__")):
        raise AttributeError(name)
    return trust.get_attribute(found.objects, self, name)
