"""Which attributes of test code's objects an answer may see and set.

What a test asserts of an object that it lent is read from that object when the answer is done. So what decides about it
is not the answer's to change: methods, what a mock has recorded, and how it was configured. Methods of mocks and of
test cases follow names and set attributes by themselves, with no regard to what is public, so they are not even seen.
"""

from __future__ import annotations

import functools
import inspect
import types
import unittest
import unittest.mock
from typing import TYPE_CHECKING, Any, Final

from testcases.candidate import TEST_MODULES
from testcases.objects.handles import Mirror
from testcases.objects.lending import abilities_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["may_be_called", "may_get", "may_set"]

_MOCK: Final = unittest.mock.NonCallableMock
_MOCKS: Final = [kind for kind in vars(unittest.mock).values() if isinstance(kind, type) and issubclass(kind, _MOCK)]
_NAMES_OF_MOCKS: Final = frozenset({"method_calls", *(name for kind in _MOCKS for name in dir(kind))})
_ASSERTING: Final = ("assert", "assret", "asert", "aseert", "assrt")
"""How a name begins that is no child of a mock (`unittest.mock.NonCallableMock.__getattr__`)."""
_NAMES_OF_CASES: Final = frozenset(dir(unittest.IsolatedAsyncioTestCase))
_HARMLESS_MODULES: Final = frozenset({"math", "_operator"})
_CONTAINERS: Final = frozenset({list, tuple, set, frozenset, dict})
_DEEPEST: Final = 5
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
        return _is_plain(value)
    if isinstance(lent, type | BaseException):
        return False
    found = inspect.getattr_static(lent, name, _MISSING)
    if type(found) is types.MemberDescriptorType or (found is _MISSING and _has(type(lent), "__getattr__")):
        found = getattr(lent, name, _MISSING)
    elif _has(type(found), "__set__"):
        return True  # a property of test code's, or nothing that can be set
    if _is_answers(found):
        return True
    if callable(found) or _has(type(found), "__get__"):
        return False
    wanted = frozenset[str]().union(*map(_methods, _leaves(found)))
    return not wanted or all(_is_plain(leaf) or wanted <= _methods(leaf) for leaf in _leaves(value))


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
        return name in _NAMES_OF_MOCKS or name.startswith(_ASSERTING)
    return isinstance(lent, unittest.TestCase) and name in _NAMES_OF_CASES


def _may_be_wrapped(found: Any) -> bool:
    """Whether it may be called through a mock that wraps what has it: what an answer could have by itself."""
    return abilities_of(found) is not None or getattr(found, "__module__", None) in _HARMLESS_MODULES


def _is_answers(value: Any) -> bool:
    """Whether it stands for an object or a class of the answer's, and test code did not derive that."""
    kind = value if isinstance(value, Mirror) else type(value)
    return isinstance(kind, Mirror) and kind.__module__ not in TEST_MODULES


def _is_plain(value: Any) -> bool:
    """Whether it is neither an object of the answer's nor one of test code, nor can be called."""
    if isinstance(type(value), Mirror) or isinstance(value, type | BaseException):
        return False
    return abilities_of(value) is None and not callable(value)


def _has(kind: type, name: str) -> bool:
    """Whether a class has an attribute; one that mirrors a class of the answer's is not asked."""
    return any(name in vars(base) for base in kind.__mro__)


def _leaves(value: Any, depth: int = 0) -> Iterator[Any]:
    """What is in containers of containers, or else the value itself."""
    items = value.values() if type(value) is dict else value
    if type(value) in _CONTAINERS and depth < _DEEPEST:
        for item in items:
            yield from _leaves(item, depth + 1)
    else:
        yield value


def _methods(value: Any) -> frozenset[str]:
    """Names of what test code can call of an object of its own."""
    kind = type(value)
    if _is_answers(value):
        return frozenset()
    if not (_is_mock(value) or kind.__module__ in TEST_MODULES):
        return frozenset()
    members = [member for base in kind.__mro__ for member in vars(base).items()]
    return frozenset(
        name for name, member in members if name[:1] != "_" and (callable(member) or isinstance(member, classmethod))
    )
