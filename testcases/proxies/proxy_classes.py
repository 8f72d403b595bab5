"""Classes of proxies, built from the descriptions that the solution's process gives of its classes.

A description decides only which requests can be made: if a class claims a method that it does not have, the request
fails. So the types and sizes of a description are checked, but not whether it is true.
"""

from __future__ import annotations

import builtins
import dataclasses
import keyword
import sys
import types
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import AWAIT, GET, OP
from testcases.proxies import observations, trust
from testcases.proxies.named_tuples import make_named_tuple_class
from testcases.proxies.proxy import Proxy, ProxyType, special_members
from testcases.proxies.session import RemoteRef, ref_of
from testcases.proxies.trust_table import SEARCHES, Origin
from testcases.proxies.type_checks import standard_classes
from testcases.signals import SolutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from testcases.proxies.session import Session

__all__ = [
    "ClassMethod",
    "RemoteError",
    "class_for_type_name",
    "make_builtin_base",
    "make_named_tuple_class",
    "make_proxy_class",
]

# Bounds on a description, which may be forged to keep the harness busy.
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
"""Types whose objects are described only by the name of their type."""


def _named(module: str, names: str) -> list[tuple[str, str]]:
    return [(module, name) for name in names.split()]


# Listed one by one: if any reported module and name were looked up, they could mean any object of the harness.
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
        *_named("argparse", "ArgumentError ArgumentTypeError"), *_named("calendar", "IllegalMonthError"),
        *_named("email.errors", "MessageError MessageParseError HeaderParseError MessageDefect"),
        *_named("ftplib", "Error error_reply error_temp error_perm error_proto"), *_named("getopt", "GetoptError"),
        *_named("gzip", "BadGzipFile"), *_named("http.client", "HTTPException InvalidURL IncompleteRead"),
        *_named("ipaddress", "AddressValueError NetmaskValueError"), *_named("locale", "Error"),
        *_named("shutil", "Error SameFileError SpecialFileError ReadError RegistryError"),
        *_named("smtplib", "SMTPException SMTPServerDisconnected SMTPResponseException SMTPSenderRefused"),
        *_named("smtplib", "SMTPRecipientsRefused SMTPDataError SMTPConnectError SMTPHeloError"),
        *_named("smtplib", "SMTPNotSupportedError SMTPAuthenticationError"), *_named("socket", "gaierror herror"),
        *_named("subprocess", "SubprocessError CalledProcessError TimeoutExpired"),
        *_named("tarfile", "TarError ReadError CompressionError StreamError HeaderError"),
        *_named("tomllib", "TOMLDecodeError"), *_named("xml.etree.ElementTree", "ParseError"),
        *_named("xml.parsers.expat", "ExpatError"), *_named("zipfile", "BadZipFile LargeZipFile"),
    }
)  # fmt: skip
"""Exceptions of the standard library, by module and name, that have no proxy class: test code gets the class itself."""


class RemoteError(SolutionError, metaclass=ProxyType):
    """Proxy of an exception of a class of the solution. Its attributes are read in the solution's process."""

    def __str__(self) -> str:
        text = self.__dict__.get("__text__")
        if text is None and "__ref__" in self.__dict__:  # it was made by a call, or returned
            text = ref_of(self).session.ask(OP, "str", [self])
        return text if type(text) is str else Exception.__str__(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "__ref__" not in self.__dict__:
            raise AttributeError(name)
        return trust.get_attribute(ref_of(self).session, self, name)


def class_for_type_name(session: Session, name: str) -> type:
    """Return the class of proxies for objects that are described by the name of their type.

    For an unknown name it is a class without special methods.
    """
    kind = _TYPES_BY_NAME.get(name)
    members: dict[str, Any] = {"__slots__": (), "__class_ref__": RemoteRef(session, -1, 0)}
    if kind is None:
        return type.__new__(ProxyType, "object", (Proxy,), members)
    members |= special_members(vars(kind)) | _members(dict.fromkeys(_methods(kind), "function"))
    # isinstance(f(x), types.GeneratorType) is a common assertion, and harmless: it does not compare values.
    members["__class__"] = property(lambda _: kind)
    if kind is types.ModuleType:
        # A mock looks here for what a module has itself, and finds the rest as attributes, one by one.
        members["__dict__"] = property(lambda _: {})
    if kind is types.CoroutineType:
        members |= {"send": _send, "throw": _throw, "close": _close}
    if kind is types.FunctionType:
        members["__get__"] = _bound
    # Two functions are never equal, whatever the process reports.
    if kind in _ROUTINES:
        members |= {"__eq__": object.__eq__, "__hash__": object.__hash__, "__module__": "solution"}
        members["__doc__"] = property(lambda self: ref_of(self).session.ask(GET, self, "__doc__"))
    for own in ("__getattribute__", "__setattr__", "__str__", "__repr__"):
        members.pop(own, None)
    return type.__new__(ProxyType, name, (Proxy,), members)


def _bound(self: Any, instance: Any, _: Any = None) -> Any:
    """Return the method of an object: test code has put a function of the solution in a class of its own."""
    return self if instance is None else types.MethodType(self, instance)


def _send(self: Any, _: Any) -> None:
    """Take one step of a coroutine for an event loop of test code.

    The first step starts it in the solution's process, the second waits for its result.
    """
    session = ref_of(self).session
    if session.was_started(self):
        raise StopIteration(session.ask(AWAIT, self))


def _throw(_: Any, error: Any, *more: Any) -> None:  # noqa: ARG001 - a coroutine's signature
    raise error


def _close(_: Any) -> None:
    """Do nothing: the coroutine runs in the solution's process."""


def make_proxy_class(session: Session, generation: int, key: int, reported: Any) -> type:
    """Make the class of proxies for a class from its description.

    Args:
        session: the session with the solution.
        generation: number of the process that has the class.
        key: number of the class there.
        reported: description that the process gave (`sandbox.processes.solution.objects`, ``describe``).
    """
    description = reported if type(reported) is dict else {}
    classes = _list(description.get("mro"), list)[:_MAX_CLASSES]
    mro = [entry for entry in classes if [*map(type, entry)] == [int, str, str]]
    name = mro[0][2][:_NAME_CHARS] if mro and mro[0][2].isprintable() else "object"
    namespace: dict[str, Any] = {
        "__class_ref__": RemoteRef(session, generation, key),
        "__module__": "solution",
        "__doc__": description.get("doc") if type(description.get("doc")) is str else None,
    }
    known = _error_class(mro[0][1], mro[0][2]) if mro else None
    if known is not None:
        return known
    namespace["__standard_classes__"] = standard_classes(mro)
    bases = _bases(session, mro[1:])
    errors = [base for base in bases if issubclass(base, BaseException)]
    if errors:
        # RemoteError comes before the built-in bases, so that its `__str__` and `__getattr__` win.
        own = [base for base in errors if isinstance(base, ProxyType)]
        return _build_class(name, [*own, RemoteError, *(base for base in errors if base not in own)], namespace)
    if any(entry[1:] == ["builtins", "tuple"] for entry in mro[1:]) and type(description.get("names")) is list:
        slots = _list(description.get("slots"), str)
        made = make_named_tuple_class(name, tuple(_list(description["names"], str)), namespace, slots)
        return made or _build_class(name, [], namespace)
    namespace["__slots__"] = ()
    members = _members(description.get("members"), description.get("docs"))
    namespace |= members | {
        member: _method(member)
        for member in members
        if any(observations.is_plain_method(base, member) for base in bases)
    }
    namespace |= special_members(_list(description.get("slots"), str), _list(description.get("absent"), str))
    if "__init__" in _list(description.get("slots"), str):
        namespace["__init__"] = _method("__init__")
    if mro and mro[0][1:] == ["re", "Pattern"]:
        namespace |= {"__eq__": _is_same_pattern, "__hash__": object.__hash__}
    own_methods = [member for member in namespace.values() if type(member) is types.FunctionType]
    fields = _list(description.get("fields"), str)
    if fields:
        usable = [field for field in fields if field.isidentifier() and not keyword.iskeyword(field)]
        namespace["__dataclass_fields__"] = {field: _field(field) for field in usable}
    built = _build_class(name, bases, namespace)
    if abstract := _list(description.get("abstract"), str):
        # What `inspect.isabstract` looks at. Objects of such a class cannot be made, so it needs no proxies.
        type.__setattr__(built, "__abstractmethods__", frozenset(abstract))
    for method in own_methods:
        if method.__module__ == __name__:
            method.__solution_class__ = built  # type: ignore[attr-defined]  # where to find it, if it is passed on
    return built


def _is_same_pattern(self: Any, other: Any) -> Any:
    """Compare patterns by their text and flags. One of the answer's is never compiled here: it could take for ever."""
    return all(getattr(self, name) == getattr(other, name, None) for name in ("pattern", "flags"))


def _build_class(name: str, bases: Sequence[type], namespace: dict[str, Any]) -> type:
    last = RemoteError if RemoteError in bases else Proxy
    # The process reports the bases, so their order may be inconsistent, or their memory layouts may conflict.
    nearest = [one for one in bases if not any(one is not base and one in base.__mro__ for base in bases)]
    for attempt in (tuple(nearest) or (Proxy,), (last,)):
        try:
            return type.__new__(ProxyType, name, attempt, dict(namespace))
        except TypeError:
            continue
    return type.__new__(ProxyType, "object", (Proxy,), {"__class_ref__": namespace["__class_ref__"], "__slots__": ()})


def _bases(session: Session, ancestors: list[list[Any]]) -> list[type]:
    """Return the bases of a proxy class: one for each class that the solution's class derives from, nearest first."""
    bases: list[type] = []
    for key, module, name in ancestors:
        if (module, name) == ("builtins", "object"):
            continue
        local = getattr(builtins, name, None) if module == "builtins" else _stdlib_error(module, name)
        if isinstance(local, type) and issubclass(local, BaseException):
            bases.append(local)
        elif isinstance(local, type):
            bases.append(session.classes.for_builtin(local))
        else:
            bases.append(session.classes.proxy_class(key))
    return list(dict.fromkeys(bases))


def _error_class(module: str, name: str) -> type[BaseException] | None:
    """Return the exception class of Python or of its library that has this name."""
    found = getattr(builtins, name, None) if module == "builtins" else _stdlib_error(module, name)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _stdlib_error(module: str, name: str) -> type[BaseException] | None:
    found = getattr(sys.modules.get(module), name, None) if (module, name) in _STDLIB_ERRORS else None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def make_builtin_base(session: Session, kind: type) -> type:
    """Make the base of proxies for objects whose class derives from a built-in one.

    It has the methods of that class, but does not derive from it. If it did, C code would take the proxy itself for a
    list or a str, an empty one, and send no request.
    """
    members: dict[str, Any] = {"__slots__": (), "__class_ref__": RemoteRef(session, -1, 0), "__builtin_type__": kind}
    members |= _members(dict.fromkeys(_methods(kind), "function")) | special_members(vars(kind))
    return type.__new__(ProxyType, kind.__name__, (Proxy,), members)


def _methods(kind: type) -> list[str]:
    return [name for name, member in vars(kind).items() if callable(member) and not name.startswith("__")]


def _members(kinds: Any, docs: Any = None) -> dict[str, Any]:
    members: dict[str, Any] = {}
    docs = docs if type(docs) is dict else {}
    for name, kind in list(kinds.items())[:_MAX_MEMBERS] if type(kinds) is dict else ():
        if type(name) is not str or (name.startswith("__") and name.endswith("__")):
            continue
        doc = docs[name] if type(docs.get(name)) is str else None
        if kind == "function":
            members[name] = _method(name)
            members[name].__doc__ = doc
        elif kind == "classmethod":
            members[name] = ClassMethod(name, doc)
        elif kind == "property":
            members[name] = _property(name, doc)
    return members


def _method(name: str) -> Callable[..., Any]:
    """Make a method that is called in the solution's process.

    For an object of a class that test code has derived, it is looked up in the class of the solution that defines it:
    otherwise ``super().method()`` in a method of test code would call that method again, without end.
    """

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        session = ref_of(self).session
        if session.classes.is_derived(type(self)):
            for base in type(self).__mro__:
                if vars(base).get(name) is method:
                    return session.call([base, name], (self, *args), kwargs)
        return trust.call_method(session, self, name, args, kwargs)

    method.__name__ = method.__qualname__ = name
    return method


class ClassMethod:
    """A class method. Most are alternative constructors: what one returns to a call by the class is the test's own.

    Not what it returns to a call by an object: there it may stand in the place of a method that was asked for.
    """

    def __init__(self, name: str, doc: str | None) -> None:
        self._name = name
        self._doc = doc
        self.__annotations__: dict[str, Any] = {}

    def __get__(self, instance: Any, owner: type) -> Any:
        def method(*args: Any, **kwargs: Any) -> Any:
            session = ref_of(owner).session
            if instance is not None and self._name in SEARCHES:
                return trust.call_method(session, instance, self._name, args, kwargs)
            trust.refuse_claim(session, owner if instance is None else instance, self._name, args)
            result = session.call([owner, self._name], args, kwargs)
            is_constructor = instance is None and session.classes.is_constructible(owner)
            return session.view(result, Origin.COMPUTED) if is_constructor and isinstance(result, owner) else result

        method.__name__ = method.__qualname__ = self._name
        method.__annotations__, method.__doc__ = self.__annotations__, self._doc
        method.__solution_class__ = owner  # type: ignore[attr-defined]  # as methods of objects have it
        return method


def _property(name: str, doc: str | None) -> property:
    def read(self: Any) -> Any:
        return trust.get_attribute(ref_of(self).session, self, name)

    return property(read, doc=doc)


def _field(name: str) -> Any:
    """Return a field as `dataclasses.fields` returns it."""
    return dataclasses.fields(dataclasses.make_dataclass("fields", [(name, Any)]))[0]


def _list(value: Any, kind: type) -> list[Any]:
    return [item for item in value if type(item) is kind] if type(value) is list else []
