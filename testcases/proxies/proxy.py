"""Proxies of the solution's objects and classes: what is done with one is asked of the solution's process.

`testcases.proxies.trust` decides what may be asked and what is believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.proxies import observations, trust
from testcases.proxies.traceback_origin import may_be_suppressed
from testcases.signals import FinalError, is_from_solution

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from testcases.proxies.host import ProxyHost

__all__ = ["SPECIAL_METHODS", "Proxy", "ProxyType", "RemoteRef", "ref_of", "special_members"]


class RemoteRef:
    """What a stand-in stands for. The answer's process lets the object go when this is gone."""

    __slots__ = ("change_count", "generation", "is_made_by_test", "key", "name", "objects", "said")

    def __init__(self, objects: ProxyHost, generation: int, key: int) -> None:
        self.objects = objects
        self.generation = generation
        self.key = key
        self.name: str | None = None
        """The name in the answer's module by which it is found again in another process."""
        self.is_made_by_test = False
        """Whether test code made it, by calling a class of the answer's that it names."""
        self.said: dict[tuple[Any, ...], tuple[Any, Exception | None]] = {}
        """What came of conversions of it, which are asked once (`testcases.proxies.observations`)."""
        self.change_count = 0
        """What test code had done when that was said."""

    def __del__(self) -> None:
        self.objects.release_ref(self)


def ref_of(stand_in: Any) -> RemoteRef:
    """What a stand-in stands for."""
    if isinstance(stand_in, ProxyType):
        found: RemoteRef = vars(stand_in)["__class_held__"]
    else:
        found = object.__getattribute__(stand_in, "__held__")
    return found


class ProxyType(type):
    """The class of stand-ins for classes. A class that test code derives from one is made in the answer's process."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> ProxyType:
        """Derive a class in test code."""
        made = type.__new__(mcs, name, bases, namespace, **options)
        base = next((one for one in bases if "__class_held__" in vars(one)), None)
        if base is not None:
            ref_of(base).objects.classes.derive(made, namespace)
        return made

    def __init__(cls, *_: Any, **__: Any) -> None:
        """Nothing is left to do."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an object, there."""
        return ref_of(cls).objects.construct(cls, args, kwargs)

    def __getattr__(cls, name: str) -> Any:
        return ref_of(cls).objects.class_attribute(cls, name)

    def __setattr__(cls, name: str, value: object) -> None:
        ref_of(cls).objects.ask("op", "setattr", [cls, name, value])

    def __delattr__(cls, name: str) -> None:
        ref_of(cls).objects.ask("op", "delattr", [cls, name])

    def __iter__(cls) -> Iterator[Any]:
        return iter(ref_of(cls).objects.ask("op", "iter", [cls]))

    def __reversed__(cls) -> Any:
        return ref_of(cls).objects.ask("op", "reversed", [cls])

    def __len__(cls) -> int:
        return trust.require_int(ref_of(cls).objects.ask("op", "len", [cls]))

    def __bool__(cls) -> bool:
        return True

    def __getitem__(cls, key: Any) -> Any:
        return ref_of(cls).objects.ask("op", "getitem", [cls, key])

    def __contains__(cls, item: Any) -> bool:
        return ref_of(cls).objects.ask("op", "contains", [cls, item]) is True

    def __dir__(cls) -> list[str]:
        return [str(name) for name in ref_of(cls).objects.ask("op", "dir", [cls])]

    def __repr__(cls) -> str:
        return f"<class 'solution.{cls.__name__}'>"


class Proxy(metaclass=ProxyType):
    """An object of the answer's. A class of stand-ins has the special methods that the class it mirrors has."""

    __slots__ = ("__held__", "__weakref__")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: what a derived class of test code calls where the answer's class has no such method."""

    def __getattr__(self, name: str) -> Any:
        return trust.get_attribute(ref_of(self).objects, self, name)

    def __setattr__(self, name: str, value: object) -> None:
        ref_of(self).objects.ask("op", "setattr", [self, name, value])

    def __delattr__(self, name: str) -> None:
        ref_of(self).objects.ask("op", "delattr", [self, name])

    def __str__(self) -> str:
        return trust.require_str(observations.ask_once(ref_of(self).objects, "str", self))

    def __repr__(self) -> str:
        return trust.require_str(observations.ask_once(ref_of(self).objects, "repr", self))

    def __dir__(self) -> list[str]:
        return [str(name) for name in ref_of(self).objects.ask("op", "dir", [self])]

    def __copy__(self) -> Any:
        return ref_of(self).objects.apply_unary("copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return ref_of(self).objects.apply_unary("deepcopy", self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def _forwarding(operation: str, sort: Callable[[Any], Any] = lambda value: value) -> Callable[..., Any]:
    def method(self: Proxy, *operands: Any) -> Any:
        return sort(ref_of(self).objects.ask("op", operation, [self, *operands]))

    return method


def _converting(operation: str, sort: Callable[[Any], Any] = lambda value: value) -> Callable[..., Any]:
    def method(self: Proxy, *operands: Any) -> Any:
        return sort(observations.convert(ref_of(self).objects, operation, self, *operands))

    return method


def _comparing(operation: str) -> Callable[..., Any]:
    def method(self: Proxy, other: Any) -> Any:
        return trust.compare(ref_of(self).objects, operation, self, other)

    return method


def _computing(operation: str, *, reflected: bool = False) -> Callable[..., Any]:
    def method(self: Proxy, other: Any, *more: Any) -> Any:
        return trust.compute(ref_of(self).objects, operation, self, other, *more, reflected=reflected)

    return method


def _unary(operation: str) -> Callable[..., Any]:
    def method(self: Proxy) -> Any:
        return ref_of(self).objects.apply_unary(operation, self)

    return method


def _contains(self: Proxy, item: Any) -> bool:
    return trust.contains(ref_of(self).objects, self, item)


def _call(self: Proxy, *args: Any, **kwargs: Any) -> Any:
    return ref_of(self).objects.call(self, args, kwargs)


def _await(self: Proxy) -> Generator[None, None, Any]:
    objects = ref_of(self).objects
    objects.ask("start", self)
    yield
    return objects.ask("await", self)


def _exit(self: Proxy, _: object, error: BaseException | None, __: object) -> Any:
    if not _is_for_answer(error):
        return False
    said = ref_of(self).objects.ask("op", "exit", [self, error])
    return said if may_be_suppressed(error) else False


async def _aexit(self: Proxy, _: object, error: BaseException | None, __: object) -> Any:
    if not _is_for_answer(error):
        return False
    said = await ref_of(self).objects.ask("op", "aexit", [self, error])
    return said if may_be_suppressed(error) else False


def _is_for_answer(error: BaseException | None) -> bool:
    """Whether what ended a block of test code is the answer's to see."""
    return error is None or isinstance(error, Exception) or is_from_solution(error)


def _next(self: Proxy) -> Any:
    try:
        return ref_of(self).objects.ask("op", "next", [self])
    except StopIteration as error:
        FinalError.seen(error)  # it is meant to be taken for the end
        raise


def _anext(self: Proxy) -> Any:
    try:
        return _awaited_next(ref_of(self).objects.ask("op", "anext", [self]))
    except StopAsyncIteration as error:
        FinalError.seen(error)
        raise


async def _awaited_next(item: Any) -> Any:
    try:
        return await item
    except StopAsyncIteration as error:
        FinalError.seen(error)
        raise


_ARITHMETIC = {
    name: name.strip("_") + ("_" if name in {"__and__", "__or__"} else "")
    for name in [
        "__add__",
        "__sub__",
        "__mul__",
        "__truediv__",
        "__floordiv__",
        "__mod__",
        "__divmod__",
        "__pow__",
        "__matmul__",
        "__lshift__",
        "__rshift__",
        "__and__",
        "__or__",
        "__xor__",
    ]
}

_OBSERVERS = "iter getitem setitem delitem reversed enter aiter aenter"
_NUMERIC = "abs round trunc floor ceil float complex bytes"
SPECIAL_METHODS: dict[str, Callable[..., Any]] = {
    **{f"__{name}__": _forwarding(name) for name in _OBSERVERS.split()},
    **{f"__{name}__": _converting(name) for name in _NUMERIC.split()},
    "__len__": _converting("len", trust.require_int), "__hash__": _converting("hash", trust.require_int),
    "__index__": _converting("index", trust.require_int), "__int__": _converting("int", trust.require_int),
    "__bool__": _converting("bool", lambda value: value is True),
    "__format__": _converting("format", trust.require_str),
    **{f"__{name}__": _unary(name) for name in ("neg", "pos", "invert")},
    **{f"__{name}__": _comparing(name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: _computing(operation) for name, operation in _ARITHMETIC.items()},
    **{f"__r{name[2:]}": _computing(operation, reflected=True) for name, operation in _ARITHMETIC.items()},
    **{f"__i{name[2:]}": _computing(f"i{name[2:-2]}") for name in _ARITHMETIC if name != "__divmod__"},
    "__contains__": _contains, "__call__": _call, "__await__": _await, "__exit__": _exit,
    "__aexit__": _aexit, "__next__": _next, "__anext__": _anext,
}  # fmt: skip
"""The special methods that are asked across, by name."""


def special_members(names: Any, absent: Any = ()) -> dict[str, Any]:
    """The members of a class that has special methods of these names, and says that it has not those of the others."""
    members: dict[str, Any] = {name: SPECIAL_METHODS[name] for name in names if name in SPECIAL_METHODS}
    members |= dict.fromkeys((name for name in absent if name in SPECIAL_METHODS), None)
    if "__eq__" in members and "__hash__" not in members:
        members["__hash__"] = None
    return members
