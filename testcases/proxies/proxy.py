"""Proxies of the solution's objects and classes: an operation on one becomes a request to the solution's process.

`testcases.proxies.trust` decides which requests may be sent, and which replies are believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import AWAIT, OP, START
from testcases.proxies import arithmetic, class_objects, comparisons, contents, observations, trust
from testcases.proxies.class_patches import (
    delete_class_attribute,
    hide_own_attribute,
    set_class_attribute,
    show_own_attribute,
)
from testcases.proxies.session import ref_of
from testcases.proxies.traceback_origin import may_be_suppressed
from testcases.signals import is_from_solution, mark_caught

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

__all__ = ["SPECIAL_METHODS", "Proxy", "ProxyType", "as_plain", "special_members"]


_LIBRARY_PROTOCOLS = frozenset(
    {"__array_interface__", "__array_struct__", "__array_ufunc__", "__array_function__", "__array_priority__",
     "__array_prepare__", "__array_wrap__", "__array_finalize__", "__dlpack__", "__dlpack_device__", "__buffer__"}
)  # fmt: skip
"""Attributes by which an object tells a library in C where in memory its data is, or takes over the functions of one.

A pointer of the solution means nothing in this process, and a comparison by numpy must not become one by the answer.
"""


def _refuse_protocol(name: str) -> None:
    """Raise AttributeError for attributes that no object of the solution has here."""
    if name in _LIBRARY_PROTOCOLS:
        raise AttributeError(name)


class ProxyType(type):
    """The class of proxies for classes. A class that test code derives from one is made in the solution's process."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any) -> ProxyType:
        """Derive a class in test code."""
        cls = type.__new__(mcs, name, bases, namespace)
        # Proxy itself and the base classes of this package have no reference: nothing of them is made in that process.
        base = next((one for one in bases if "__class_ref__" in vars(one)), None)
        if base is not None:
            ref_of(base).session.classes.derive(cls, namespace, options)
        return cls

    def __init__(cls, *_: Any, **__: Any) -> None:
        """Do nothing: `type.__init__` would refuse the options of a class statement."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an object, in the solution's process."""
        return ref_of(cls).session.construct(cls, args, kwargs)

    @property
    def __annotations__(cls) -> Any:  # type: ignore[override]  # test code sets them in the solution's process
        return class_objects.class_annotations(cls)

    def __getattr__(cls, name: str) -> Any:
        _refuse_protocol(name)
        return class_objects.class_attribute(ref_of(cls).session, cls, name)

    def __setattr__(cls, name: str, value: object) -> None:
        set_class_attribute(ref_of(cls).session, cls, name, value)

    def __delattr__(cls, name: str) -> None:
        delete_class_attribute(ref_of(cls).session, cls, name)

    def __iter__(cls) -> Iterator[Any]:
        return iter(ref_of(cls).session.ask(OP, "iter", [cls]))

    def __reversed__(cls) -> Any:
        return ref_of(cls).session.ask(OP, "reversed", [cls])

    def __len__(cls) -> int:
        return trust.require_int(ref_of(cls).session.ask(OP, "len", [cls]))

    def __bool__(cls) -> bool:
        return True

    def __getitem__(cls, key: Any) -> Any:
        return ref_of(cls).session.ask(OP, "getitem", [cls, key])

    def __contains__(cls, item: Any) -> bool:
        return class_objects.class_contains(ref_of(cls).session, cls, item)

    def __dir__(cls) -> list[str]:
        return [str(name) for name in ref_of(cls).session.ask(OP, "dir", [cls])]

    def __repr__(cls) -> str:
        return f"<class 'solution.{cls.__name__}'>"


# In the body of the class it would mean the slots of that.
type.__setattr__(ProxyType, "__slots__", property(class_objects.class_slots))


class Proxy(metaclass=ProxyType):
    """Stands for an object of the solution. Its subclass for a class has the same special methods as that class."""

    __slots__ = ("__ref__", "__weakref__")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: subclasses in test code may call this where the solution's class has no ``__init__``."""

    def __getattr__(self, name: str) -> Any:
        _refuse_protocol(name)
        return trust.get_attribute(ref_of(self).session, self, name)

    def __setattr__(self, name: str, value: object) -> None:
        ref_of(self).session.ask(OP, "setattr", [self, name, value])
        show_own_attribute(self, name, value)

    def __delattr__(self, name: str) -> None:
        ref_of(self).session.ask(OP, "delattr", [self, name])
        hide_own_attribute(self, name)

    def __str__(self) -> str:
        return trust.require_str(observations.ask_once(ref_of(self).session, "str", self))

    def __repr__(self) -> str:
        return trust.require_str(observations.ask_once(ref_of(self).session, "repr", self))

    def __dir__(self) -> list[str]:
        return [str(name) for name in ref_of(self).session.ask(OP, "dir", [self])]

    def __copy__(self) -> Any:
        return arithmetic.apply_unary(ref_of(self).session, "copy", self)

    def __deepcopy__(self, memo: Any) -> Any:
        return arithmetic.apply_unary(ref_of(self).session, "deepcopy", self)

    # An object may have several proxies (`Session.view`). Without an `__eq__` of its class it equals itself.

    def __eq__(self, other: object) -> Any:
        return ref_of(self).identity is ref_of(other).identity if issubclass(type(other), Proxy) else NotImplemented

    def __hash__(self) -> int:
        return hash(ref_of(self).identity)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A pickle of the slots would be a second proxy with the same reference.
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def as_plain(value: Any, kind: type) -> Any:
    """Return a value as it is; an object of the solution converted to a list, a dict or a number, where it can be."""
    return trust.as_plain(ref_of(value).session, value, kind) if issubclass(type(value), Proxy) else value


def _reading(operation: str) -> Callable[..., Any]:
    def method(self: Proxy, *operands: Any) -> Any:
        session = ref_of(self).session
        return trust.what_came_of(session, self, session.ask(OP, operation, [self, *operands]))

    return method


def _converting(operation: str, check: Callable[[Any], Any] = lambda value: value) -> Callable[..., Any]:
    def method(self: Proxy, *operands: Any) -> Any:
        return check(trust.convert(ref_of(self).session, operation, self, *operands))

    return method


def _comparing(operation: str) -> Callable[..., Any]:
    def method(self: Proxy, other: Any) -> Any:
        return comparisons.compare(ref_of(self).session, operation, self, other)

    return method


def _computing(operation: str, *, reflected: bool = False) -> Callable[..., Any]:
    def method(self: Proxy, other: Any, *more: Any) -> Any:
        return arithmetic.compute(ref_of(self).session, operation, self, other, *more, reflected=reflected)

    return method


def _unary(operation: str) -> Callable[..., Any]:
    def method(self: Proxy) -> Any:
        return arithmetic.apply_unary(ref_of(self).session, operation, self)

    return method


def _contains(self: Proxy, item: Any) -> bool:
    return trust.contains(ref_of(self).session, self, item)


_read_items, _read_item = _reading("iter"), _reading("getitem")


def _iter(self: Proxy) -> Any:
    return contents.watched(ref_of(self).session, self, _read_items(self))


def _getitem(self: Proxy, key: Any) -> Any:
    try:
        return _read_item(self, key)
    except IndexError as error:
        # Python iterates in this way over an object without `__iter__`.
        if type(key) is int and key == 0 and is_from_solution(error):
            contents.note_empty(ref_of(self).session, self)
        raise


def _call(self: Proxy, *args: Any, **kwargs: Any) -> Any:
    session = ref_of(self).session
    return trust.what_came_of(session, self, session.call(self, args, kwargs))


def _await(self: Proxy) -> Generator[None, None, Any]:
    # Started before the yield: awaitables that test code passes to asyncio.gather then run concurrently there.
    session = ref_of(self).session
    session.ask(START, self)
    yield
    return trust.what_came_of(session, self, session.ask(AWAIT, self))


def _exit(self: Proxy, _: object, error: BaseException | None, __: object) -> Any:
    if not _may_be_seen(error):
        return False
    result = ref_of(self).session.ask(OP, "exit", [self, error])
    return result if may_be_suppressed(error) else False


async def _aexit(self: Proxy, _: object, error: BaseException | None, __: object) -> Any:
    if not _may_be_seen(error):
        return False
    result = await ref_of(self).session.ask(OP, "aexit", [self, error])
    return result if may_be_suppressed(error) else False


def _may_be_seen(error: BaseException | None) -> bool:
    """Return whether the solution may see the error that ended a ``with`` block of test code.

    It may not see a `FinalError` or the watchdog's error: its ``__exit__`` could ask to suppress them.
    """
    return error is None or isinstance(error, Exception) or is_from_solution(error)


def _next(self: Proxy) -> Any:
    try:
        session = ref_of(self).session
        return trust.what_came_of(session, self, session.ask(OP, "next", [self]))
    except StopIteration as error:
        mark_caught(error)  # raised by __next__ it means the end of the iteration, and Python may swallow it
        raise


def _anext(self: Proxy) -> Any:
    try:
        return _awaited_next(ref_of(self).session.ask(OP, "anext", [self]))
    except StopAsyncIteration as error:
        mark_caught(error)
        raise


async def _awaited_next(item: Any) -> Any:
    try:
        return await item
    except StopAsyncIteration as error:
        mark_caught(error)
        raise


_ARITHMETIC_NAMES = "add sub mul truediv floordiv mod divmod pow matmul lshift rshift and or xor"
# Named as in the module operator, where Python's keywords have an underscore behind them.
_ARITHMETIC = {f"__{name}__": f"{name}_" if name in {"and", "or"} else name for name in _ARITHMETIC_NAMES.split()}
_OBSERVERS = "setitem delitem reversed enter aiter aenter"
_NUMERIC = "abs round trunc floor ceil float complex bytes"
SPECIAL_METHODS: dict[str, Callable[..., Any]] = {
    **{f"__{name}__": _reading(name) for name in _OBSERVERS.split()},
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
    "__iter__": _iter, "__getitem__": _getitem,
    "__contains__": _contains, "__call__": _call, "__await__": _await, "__exit__": _exit,
    "__aexit__": _aexit, "__next__": _next, "__anext__": _anext,
}  # fmt: skip
"""Special methods of proxies, by name; each sends a request, or converts or compares by the rules of trust."""


def special_members(names: Any, absent: Any = ()) -> dict[str, Any]:
    """Return class members: the special methods with these names, and ``None`` for those that the class disables."""
    members: dict[str, Any] = {name: SPECIAL_METHODS[name] for name in names if name in SPECIAL_METHODS}
    members |= dict.fromkeys((name for name in absent if name in SPECIAL_METHODS), None)
    # As Python does: an object with an `__eq__` of its own and no `__hash__` cannot be a key.
    if "__eq__" in members and "__hash__" not in members:
        members["__hash__"] = None
    return members
