"""Objects of test code that were exported to the solution, and the attributes of them that it may see and set.

After the solution has run, a test reads from such an object what it then asserts. So what decides the assertion is not
the solution's to change: methods, what a mock has recorded, and how it was configured. Methods of mocks and of test
cases follow names and set attributes by themselves, with no regard to what is public, so the solution cannot even see
them.
"""

from __future__ import annotations

import functools
import inspect
import types
import unittest
import unittest.mock
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import CALL, GET, HARNESS_KEY, OP
from testcases.proxies.exportable import OPERATIONS, abilities_of, is_public
from testcases.proxies.proxy import ProxyType
from testcases.signals import TEST_MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Exports", "may_be_called", "may_get", "may_set"]


_MOCK: Final = unittest.mock.NonCallableMock
_MOCKS: Final = [kind for kind in vars(unittest.mock).values() if isinstance(kind, type) and issubclass(kind, _MOCK)]
_MOCK_ATTRIBUTES: Final = frozenset({"method_calls", *(name for kind in _MOCKS for name in dir(kind))})
_ASSERT_PREFIXES: Final = ("assert", "assret", "asert", "aseert", "assrt")
"""Prefixes of names that are not children of a mock (`unittest.mock.NonCallableMock.__getattr__`)."""
_TESTCASE_ATTRIBUTES: Final = frozenset(dir(unittest.IsolatedAsyncioTestCase))
_HARMLESS_MODULES: Final = frozenset({"math", "_operator"})
_CONTAINERS: Final = frozenset({list, tuple, set, frozenset, dict})
_MAX_DEPTH: Final = 5
_MISSING: Any = object()


def may_get(exported: Any, name: str) -> bool:
    """Return whether the solution may see an attribute of this public name."""
    if _is_of_library(exported, name):
        return False
    # A child of a mock that wraps something would reach into it, past the rules for exporting that thing itself.
    wrapped = vars(exported).get("_mock_wraps") if _is_mock(exported) and name not in vars(exported) else None
    return wrapped is None or _may_be_wrapped(getattr(wrapped, name, None))


def may_set(exported: Any, name: str, value: Any) -> bool:
    """Return whether the solution may set an attribute of this public name to a value.

    It may set data. It may not set what test code would call, nor replace objects of test code that have methods by
    others that lack them. All of a mock may be called, so it takes plain data only.
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
        return True  # a property of test code, which decides itself, or something that cannot be set
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
    """Return whether something may be called through a mock that wraps it: only what the solution could have itself."""
    return abilities_of(member) is not None or getattr(member, "__module__", None) in _HARMLESS_MODULES


def _is_remote(value: Any) -> bool:
    """Return whether a value stands for an object or class of the solution that test code did not derive."""
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
    """Yield what is in containers of containers, or else the value itself."""
    items = value.values() if type(value) is dict else value
    if type(value) in _CONTAINERS and depth < _MAX_DEPTH:
        for item in items:
            yield from _leaves(item, depth + 1)
    else:
        yield value


def _methods(value: Any) -> frozenset[str]:
    """Return the names of what test code can call of an object of its own."""
    kind = type(value)
    if _is_remote(value):
        return frozenset()
    if not (_is_mock(value) or kind.__module__ in TEST_MODULES):
        return frozenset()
    members = [member for base in kind.__mro__ for member in vars(base).items()]
    return frozenset(
        name for name, member in members if name[:1] != "_" and (callable(member) or isinstance(member, classmethod))
    )


class Exports:
    """Objects that stay in the harness process, while the solution has keys for them."""

    def __init__(self) -> None:
        self._objects: dict[str, Any] = {}
        self._keys: dict[int, str] = {}

    def key_of(self, value: Any) -> str:
        """Return the key by which the solution knows an object, and keep the object alive from now on."""
        key = self._keys.get(id(value))  # its id stays its own: the table keeps it alive
        if key is None:
            key = self._keys[id(value)] = f"{HARNESS_KEY}{len(self._objects)}"
            self._objects[key] = value
        return key

    def by_key(self, key: str) -> Any:
        """Return the object of a key; ``None`` for one that was never given."""
        return self._objects.get(key)

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Do with an exported object what the solution asks.

        Args:
            verb: ``call``, ``op``, ``get`` or ``set``.
            fields: the object, and what the verb takes: arguments; an operation (which stands before the object) and
                operands; a name, and a value to set.

        Raises:
            TypeError: the object was not exported, or cannot do that.
            AttributeError: the solution may not see, or set, the attribute.
            Exception: what the object itself raises.
        """
        exported, *rest = fields if verb != OP else [fields[1], fields[0], *fields[2:]]
        # What the solution names was adopted first: it may be an object of its own, or a built-in class.
        if self._keys.get(id(exported)) is None:
            raise TypeError("not an object of the test's")
        if verb == CALL:
            args, kwargs = rest
            if not may_be_called(exported, args, kwargs):
                raise TypeError(f"{exported!r} takes no arguments here")
            return exported(*args, **kwargs)
        if verb == OP:
            operation, *operands = rest
            if operation not in str(abilities_of(exported)).split() and operation not in {"enter", "exit"}:
                raise TypeError(f"{type(exported).__name__!r} object cannot do that")
            return OPERATIONS[operation](exported, *operands)
        name, *value = rest
        if not is_public(name) or abilities_of(exported) == "function" or not may_get(exported, name):
            raise AttributeError(f"{type(exported).__name__!r} object has no attribute {name!r}")
        if verb == GET:
            return getattr(exported, name)
        if not may_set(exported, name, *value):
            raise AttributeError(
                f"{name!r} of a {type(exported).__name__!r} object of the test's cannot be set to that"
            )
        return setattr(exported, name, *value)
