"""Objects of test code that are exported to the solution, and the attributes of them that it may see and set.

After the solution has run, a test may assert something about such an object. So the solution must not change what
decides the assertion: methods, the calls that a mock has recorded, the configuration of a mock. It cannot even see the
methods of mocks and of test cases: some look up or set attributes by name, private ones too, so the rules on public
names would not hold for them.
"""

from __future__ import annotations

import functools
import inspect
import types
import unittest
import unittest.mock
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.mutation import apply_changes, contents_of, refill, track
from sandbox.wire.protocol import CALL, GET, HARNESS_KEY, OP
from testcases.proxies.exportable import OPERATIONS, STAY, abilities_of, is_public
from testcases.proxies.proxy import ProxyType
from testcases.signals import TEST_MODULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.wire.mutation import Tracked

__all__ = ["Exports", "may_be_called", "may_get", "may_set"]


_MOCK: Final = unittest.mock.NonCallableMock
_MOCKS: Final = [kind for kind in vars(unittest.mock).values() if isinstance(kind, type) and issubclass(kind, _MOCK)]
_MOCK_ATTRIBUTES: Final = frozenset({"method_calls", *(name for kind in _MOCKS for name in dir(kind))})
_ASSERT_PREFIXES: Final = ("assert", "assret", "asert", "aseert", "assrt")
"""Prefixes of names that are not children of a mock (`unittest.mock.NonCallableMock.__getattr__`)."""
_TESTCASE_ATTRIBUTES: Final = frozenset(dir(unittest.IsolatedAsyncioTestCase))
_HARMLESS_MODULES: Final = frozenset({"math", "_operator", "datetime"})
_CONTAINERS: Final = frozenset({list, tuple, set, frozenset, dict})
_OPERATIONS_OF_KIND: Final[Mapping[str, frozenset[str]]] = types.MappingProxyType(
    {"type": frozenset({"isinstance", "issubclass"}), "coroutine": frozenset({"await"})}
)
_NOT_OF_OBJECTS: Final = frozenset[str]().union(*_OPERATIONS_OF_KIND.values())
_CLOSED: Final = frozenset({"function", "coroutine"})
"""What has no attributes for the answer."""
_MAX_DEPTH: Final = 5
_MISSING: Any = object()
_MAX_HANDED_OUT: Final = 32


def may_get(exported: Any, name: str) -> bool:
    """Return whether the solution may see an attribute of this public name."""
    if _is_of_library(exported, name):
        return False
    # A mock with wraps= passes calls of its children on to the wrapped object, which may be one that is not exportable.
    wrapped = vars(exported).get("_mock_wraps") if _is_mock(exported) and name not in vars(exported) else None
    return wrapped is None or _may_be_wrapped(getattr(wrapped, name, None))


def may_set(exported: Any, name: str, value: Any) -> bool:
    """Return whether the solution may set an attribute of this public name to a value.

    It may set data. It may not set anything that test code would call, and it may not replace an object of test code
    that has methods by one that lacks them. Every attribute of a mock can be called, so a mock takes plain data only.
    """
    if _is_of_library(exported, name):
        return False
    if _is_mock(exported):
        return _is_plain_value(value)
    if isinstance(exported, type | BaseException):
        return False
    # getattr_static runs no code of the test: a property would be evaluated just to look at it.
    current = inspect.getattr_static(exported, name, _MISSING)
    if type(current) is types.MemberDescriptorType or (
        current is _MISSING and _has_attribute(type(exported), "__getattr__")
    ):
        current = getattr(exported, name, _MISSING)
    elif _has_attribute(type(current), "__set__"):
        return True  # a property of test code, whose setter decides
    if _is_remote(current):
        return True
    if callable(current) or _has_attribute(type(current), "__get__"):
        return False
    methods = frozenset[str]().union(*map(_methods, _leaves(current)))
    return not methods or all(_is_plain_value(leaf) or methods <= _methods(leaf) for leaf in _leaves(value))


def may_be_called(exported: Any, args: Any, kwargs: Any) -> bool:
    """Return whether the solution may call an object with these arguments: it may not configure a new mock."""
    kind = exported
    while type(kind) is functools.partial:
        kind = kind.func
    return not (isinstance(kind, type) and issubclass(kind, _MOCK) and (args or kwargs))


def _is_mock(value: Any) -> bool:
    return issubclass(type(value), _MOCK)


def _is_of_library(exported: Any, name: str) -> bool:
    """Return whether an attribute belongs to the test library, not to test code."""
    if _is_mock(exported):
        return name in _MOCK_ATTRIBUTES or name.startswith(_ASSERT_PREFIXES)
    return isinstance(exported, unittest.TestCase) and name in _TESTCASE_ATTRIBUTES


def _may_be_wrapped(member: Any) -> bool:
    """Return whether a member may be called through a mock that wraps its owner: if it could be exported itself."""
    # Of a class method written in C, such as `datetime.now`, the class says where it is from.
    owner = getattr(member, "__self__", None)
    module = (
        vars(owner).get("__module__", owner.__module__) if type(owner) is type else getattr(member, "__module__", None)
    )
    return abilities_of(member) is not None or module in _HARMLESS_MODULES


def _is_remote(value: Any) -> bool:
    """Return whether a value is a proxy of a class that test code did not derive, or of an object of such a class."""
    kind = value if isinstance(value, ProxyType) else type(value)
    return isinstance(kind, ProxyType) and kind.__module__ not in TEST_MODULES


def _is_plain_value(value: Any) -> bool:
    """Return whether a value is neither an object of the solution or of test code, nor callable."""
    if isinstance(type(value), ProxyType) or isinstance(value, type | BaseException):
        return False
    return abilities_of(value) is None and not callable(value)


def _has_attribute(kind: type, name: str) -> bool:
    """Return whether a class has an attribute, without asking the solution about its own."""
    return any(name in vars(base) for base in kind.__mro__)


def _leaves(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the items of nested containers; a value that is not a container itself."""
    items = value.values() if type(value) is dict else value
    if type(value) in _CONTAINERS and depth < _MAX_DEPTH:
        for item in items:
            yield from _leaves(item, depth + 1)
    else:
        yield value


def _methods(value: Any) -> frozenset[str]:
    """Return the names of the public methods of an object of test code; empty for any other object."""
    kind = type(value)
    if _is_remote(value):
        return frozenset()
    if not (_is_mock(value) or kind.__module__ in TEST_MODULES):
        return frozenset()
    members = [member for base in kind.__mro__ for member in vars(base).items()]
    return frozenset(
        name for name, member in members if name[:1] != "_" and (callable(member) or isinstance(member, classmethod))
    )


def _is_data(value: Any) -> bool:
    return not callable(value) and not _methods(value)


class Exports:
    """Table of the exported objects: they stay in the harness process, and the solution gets keys for them."""

    def __init__(self) -> None:
        self._objects: dict[str, Any] = {}
        self._keys: dict[int, str] = {}
        self._handed_out: dict[int, Tracked] = {}
        self._number = 0

    def hand_out(self, value: Any) -> int | None:
        """Remember the containers in an attribute that the solution has read; return their number, if there are any.

        What crosses is a copy, but ``self.log.append(...)`` in a decorator of the answer means the list of the object.
        """
        tracked = track([value])
        if tracked is None or not STAY.isdisjoint(map(type, tracked.containers)):
            return None
        self._number += 1
        self._handed_out[self._number] = tracked
        for old in list(self._handed_out)[:-_MAX_HANDED_OUT]:
            del self._handed_out[old]
        return self._number

    def take_changes(self, number: int, changes: list[Any], count: int, adopt: Callable[[Any], Any]) -> bool:
        """Change containers as the solution has changed its copies, but take away nothing that test code can call.

        Returns:
            Whether both processes know the same containers by that number, of which the solution knows so many.
        """
        tracked = self._handed_out.get(number)
        if tracked is None:
            return False
        containers = tracked.containers
        before = [contents_of(container) for container in containers]
        apply_changes(changes, containers, adopt)
        for container, contents in zip(containers, before, strict=True):
            left = {id(item) for item in contents_of(container)}
            if any(id(item) not in left and not _is_data(item) for item in contents):
                refill(container, contents)
        tracked.renew()
        return len(tracked.containers) == count

    def key_of(self, value: Any) -> str:
        """Return the key of an object, and keep the object alive from now on."""
        key = self._keys.get(id(value))  # no other object gets its id, because the table keeps it alive
        if key is None:
            key = self._keys[id(value)] = f"{HARNESS_KEY}{len(self._objects)}"
            self._objects[key] = value
        return key

    def by_key(self, key: str) -> Any:
        """Return the object of a key; ``None`` for one that was never given."""
        return self._objects.get(key)

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Perform a request of the solution on an exported object.

        Args:
            verb: ``call``, ``op``, ``get`` or ``set``.
            fields: for ``call`` the object, arguments and keyword arguments; for ``op`` the operation, the object and
                operands; for ``get`` the object and a name; for ``set`` also a value.

        Raises:
            TypeError: the object was not exported, or cannot do that.
            AttributeError: the solution may not see, or set, the attribute.
            Exception: what the object itself raises.
        """
        exported, *rest = fields if verb != OP else [fields[1], fields[0], *fields[2:]]
        # The key was resolved before, and a forged one may stand for a proxy or a built-in class.
        if self._keys.get(id(exported)) is None:
            raise TypeError("not an object of the test")
        if verb == CALL:
            args, kwargs = rest
            if not may_be_called(exported, args, kwargs):
                raise TypeError(f"{exported!r} takes no arguments here")
            return exported(*args, **kwargs)
        if verb == OP:
            operation, *operands = rest
            abilities = str(abilities_of(exported)).split()
            allowed = _OPERATIONS_OF_KIND.get(" ".join(abilities), {*abilities, "enter", "exit"} - _NOT_OF_OBJECTS)
            if operation not in allowed or operation not in OPERATIONS:
                raise TypeError(f"{type(exported).__name__!r} object cannot do that")
            return OPERATIONS[operation](exported, *operands)
        name, *value = rest
        if not is_public(name) or abilities_of(exported) in _CLOSED or not may_get(exported, name):
            raise AttributeError(f"{type(exported).__name__!r} object has no attribute {name!r}")
        if verb == GET:
            return getattr(exported, name)
        if not may_set(exported, name, *value):
            raise AttributeError(f"{name!r} of a {type(exported).__name__!r} object of the test cannot be set to that")
        return setattr(exported, name, *value)
