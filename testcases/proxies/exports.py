"""Objects of test code that were exported to the solution, and which of their attributes it may see and set.

What a test asserts of an object that it exported is read from that object when the solution is done. So what decides
about it is not the solution's to change: methods, what a mock has recorded, and how it was configured. Methods of mocks
and of test cases follow names and set attributes by themselves, with no regard to what is public, so they are not even
seen.
"""

from __future__ import annotations

import functools
import inspect
import types
import unittest
import unittest.mock
from typing import TYPE_CHECKING, Any, Final

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
"""How a name begins that is no child of a mock (`unittest.mock.NonCallableMock.__getattr__`)."""
_TESTCASE_ATTRIBUTES: Final = frozenset(dir(unittest.IsolatedAsyncioTestCase))
_HARMLESS_MODULES: Final = frozenset({"math", "_operator"})
_CONTAINERS: Final = frozenset({list, tuple, set, frozenset, dict})
_MAX_DEPTH: Final = 5
_MISSING: Any = object()


def may_get(lent: Any, name: str) -> bool:
    """Whether an answer may see an attribute of this public name."""
    if _is_of_library(lent, name):
        return False
    wrapped = vars(lent).get("_mock_wraps") if _is_mock(lent) and name not in vars(lent) else None
    return wrapped is None or _may_be_wrapped(getattr(wrapped, name, None))


def may_set(lent: Any, name: str, value: Any) -> bool:
    """Whether an answer may set an attribute of this public name to a value.

    It may set what is data. What test code would call it may not set, nor put objects in the place of some of test
    code's that have methods, unless they have them too. All of a mock may be called, so it takes plain data only.
    """
    if _is_of_library(lent, name):
        return False
    if _is_mock(lent):
        return _is_plain_value(value)
    if isinstance(lent, type | BaseException):
        return False
    found = inspect.getattr_static(lent, name, _MISSING)
    if type(found) is types.MemberDescriptorType or (found is _MISSING and _has_attribute(type(lent), "__getattr__")):
        found = getattr(lent, name, _MISSING)
    elif _has_attribute(type(found), "__set__"):
        return True  # a property of test code's, or nothing that can be set
    if _is_remote(found):
        return True
    if callable(found) or _has_attribute(type(found), "__get__"):
        return False
    wanted = frozenset[str]().union(*map(_methods, _leaves(found)))
    return not wanted or all(_is_plain_value(leaf) or wanted <= _methods(leaf) for leaf in _leaves(value))


def may_be_called(lent: Any, args: Any, kwargs: Any) -> bool:
    """Whether an answer may call an object with these arguments: how a new mock is configured it may not say."""
    kind = lent
    while type(kind) is functools.partial:
        kind = kind.func
    return not (isinstance(kind, type) and issubclass(kind, _MOCK) and (args or kwargs))


def _is_mock(value: Any) -> bool:
    return issubclass(type(value), _MOCK)


def _is_of_library(lent: Any, name: str) -> bool:
    """Whether an attribute belongs to the library that tests, and not to test code."""
    if _is_mock(lent):
        return name in _MOCK_ATTRIBUTES or name.startswith(_ASSERT_PREFIXES)
    return isinstance(lent, unittest.TestCase) and name in _TESTCASE_ATTRIBUTES


def _may_be_wrapped(found: Any) -> bool:
    """Whether it may be called through a mock that wraps what has it: what an answer could have by itself."""
    return abilities_of(found) is not None or getattr(found, "__module__", None) in _HARMLESS_MODULES


def _is_remote(value: Any) -> bool:
    """Whether it stands for an object or a class of the answer's, and test code did not derive that."""
    kind = value if isinstance(value, ProxyType) else type(value)
    return isinstance(kind, ProxyType) and kind.__module__ not in TEST_MODULES


def _is_plain_value(value: Any) -> bool:
    """Whether it is neither an object of the answer's nor one of test code, nor can be called."""
    if isinstance(type(value), ProxyType) or isinstance(value, type | BaseException):
        return False
    return abilities_of(value) is None and not callable(value)


def _has_attribute(kind: type, name: str) -> bool:
    """Whether a class has an attribute; one that mirrors a class of the answer's is not asked."""
    return any(name in vars(base) for base in kind.__mro__)


def _leaves(value: Any, depth: int = 0) -> Iterator[Any]:
    """What is in containers of containers, or else the value itself."""
    items = value.values() if type(value) is dict else value
    if type(value) in _CONTAINERS and depth < _MAX_DEPTH:
        for item in items:
            yield from _leaves(item, depth + 1)
    else:
        yield value


def _methods(value: Any) -> frozenset[str]:
    """Names of what test code can call of an object of its own."""
    kind = type(value)
    if _is_remote(value):
        return frozenset()
    if not (_is_mock(value) or kind.__module__ in TEST_MODULES):
        return frozenset()
    members = [member for base in kind.__mro__ for member in vars(base).items()]
    return frozenset(
        name for name, member in members if name[:1] != "_" and (callable(member) or isinstance(member, classmethod))
    )


_KEY_PREFIX = "t"


class Exports:
    """Objects that stay in the examiner while the answer has keys for them."""

    def __init__(self) -> None:
        self._lent: dict[str, Any] = {}
        self._keys: dict[int, str] = {}

    def key_of(self, value: Any) -> str:
        """The key by which the answer knows an object, which from now on is lent and kept alive."""
        key = self._keys.get(id(value))
        if key is None:
            key = self._keys[id(value)] = f"{_KEY_PREFIX}{len(self._lent)}"
            self._lent[key] = value
        return key

    def by_key(self, key: str) -> Any:
        """The object of a key; ``None`` for one that was never given."""
        return self._lent.get(key)

    def serve(self, verb: str, fields: list[Any]) -> Any:
        """Do with a lent object what the answer asks.

        Args:
            verb: ``call``, ``op``, ``get`` or ``set``.
            fields: the object, and what the verb takes: arguments; a word and operands; a name, and a value to set.

        Raises:
            TypeError: the object was not lent, or cannot do that.
            AttributeError: the attribute is not the answer's to see, or to set.
            Exception: what the object itself raises.
        """
        lent, *rest = fields if verb != "op" else [fields[1], fields[0], *fields[2:]]
        if self._keys.get(id(lent)) is None:
            raise TypeError("not an object of the test's")
        if verb == "call":
            args, kwargs = rest
            if not may_be_called(lent, args, kwargs):
                raise TypeError(f"{lent!r} takes no arguments here")
            return lent(*args, **kwargs)
        if verb == "op":
            word, *operands = rest
            if word not in str(abilities_of(lent)).split() and word not in {"enter", "exit"}:
                raise TypeError(f"{type(lent).__name__!r} object cannot do that")
            return OPERATIONS[word](lent, *operands)
        name, *value = rest
        if not is_public(name) or abilities_of(lent) == "function" or not may_get(lent, name):
            raise AttributeError(f"{type(lent).__name__!r} object has no attribute {name!r}")
        if verb == "get":
            return getattr(lent, name)
        if not may_set(lent, name, *value):
            raise AttributeError(f"{name!r} of a {type(lent).__name__!r} object of the test's cannot be set to that")
        return setattr(lent, name, *value)
