"""Notices when an answer has changed the modules that tests in its process are made of.

Watched are the modules that run the tests, those that the tests import, and all that these use in turn. Of each module
its functions, classes and constants are compared by identity with what they were, of each class its methods, and of
each function its code and its defaults. What is added counts where it would hide something: a built-in function from
the code of a module, or an inherited method from a class.

A change that is undone before a test ends is not noticed. Nor is one of a mutable object, such as a table.
"""

from __future__ import annotations

import builtins
import operator
import sys
import unittest.mock
from types import BuiltinFunctionType, FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Baseline"]

# Bound before the answer is loaded: what it puts in the place of these built-in functions does not run here.
_all, _callable, _issubclass, _len, _list, _map, _type, _vars = all, callable, issubclass, len, list, map, type, vars
_getitem, _is = operator.getitem, operator.is_
_functions_of = (operator.attrgetter("__code__"), operator.attrgetter("__defaults__"))
_KeyError, _FunctionType = KeyError, FunctionType

_MEMBERS = (classmethod, staticmethod, property, ModuleType, MemberDescriptorType, GetSetDescriptorType)
_CONSTANTS = frozenset({bool, int, float, complex, str, bytes, tuple, frozenset})
_VARIABLE_MODULES = frozenset({"sys", "time", "mimetypes", "doctest", "logging"})
"""Modules whose public data may change in the course of honest code."""
_IMMUTABLE_TYPE: Final = 1 << 8
"""``Py_TPFLAGS_IMMUTABLETYPE`` (Include/object.h): attributes of such a class cannot be set."""
_BUILTIN_NAMES = frozenset(vars(builtins))
_ADDED_BY_PYTHON = frozenset(
    {"__abstractmethods__", "__annotations__", "__annotations_cache__", "__annotate__", "__annotate_func__", "__doc__",
     "__parameters__", "__signature__", "__warningregistry__"}
)  # fmt: skip


_DEFINED = (FunctionType, BuiltinFunctionType, type)


def _is_a(value: Any, kinds: Any) -> bool:
    # isinstance() would ask the value for its `__class__`, and a module that is loaded at its first use would load.
    return _issubclass(_type(value), kinds)


class Baseline:
    """What modules were made of at one time.

    Args:
        names: modules that are watched, with those that they use.
        patched_by_tests: source of tests, which may themselves patch what they name for longer than one test.
    """

    def __init__(self, names: Iterable[str], patched_by_tests: str = "") -> None:
        self._source = patched_by_tests
        self._owners: list[Any] = []
        """Modules and classes."""
        self._names: list[frozenset[str]] = []
        """Names of the attributes of each owner."""
        self._namespaces: list[Mapping[str, Any]] = []
        """Namespace of each attribute that is watched."""
        self._keys: list[str] = []
        self._values: list[Any] = []
        self._functions: list[FunctionType] = []
        seen: set[int] = set()
        for module in _closure(names):
            self._add(module, seen)
        self._sizes = [_len(_vars(owner)) for owner in self._owners]
        self._made_of = [_list(_map(part, self._functions)) for part in _functions_of]

    def is_intact(self) -> bool:
        """Return whether nothing has changed."""
        try:
            is_same = _all(_map(_is, _map(_getitem, self._namespaces, self._keys), self._values))
        except _KeyError:
            is_same = False
        return (
            (is_same or self._is_patched_by_tests())
            and _all(
                _all(_map(_is, _map(part, self._functions), parts))
                for part, parts in zip(_functions_of, self._made_of, strict=True)
            )
            and self._has_no_harmful_additions()
        )

    def _add(self, owner: Any, seen: set[int]) -> None:
        if id(owner) in seen:
            return
        seen.add(id(owner))
        namespace = _vars(owner)
        members = {key: value for key, value in namespace.items() if _is_watched(owner, key, value)}
        self._owners.append(owner)
        self._names.append(frozenset(namespace))
        self._namespaces += [namespace] * _len(members)
        self._keys += members
        self._values += members.values()
        for value in members.values():
            for function in _functions_in(value):
                if id(function) not in seen:
                    seen.add(id(function))
                    self._functions.append(function)
            if _is_a(value, type) and not value.__flags__ & _IMMUTABLE_TYPE and _type(owner) is ModuleType:
                self._add(value, seen)

    def _is_patched_by_tests(self) -> bool:
        """Return whether all that differs was patched by test code: for a class or a module, by names in its source."""
        missing = object()
        for namespace, key, value in zip(self._namespaces, self._keys, self._values, strict=True):
            now = namespace.get(key, missing)
            if now is not value and not self._is_of_tests(key, now):
                return False
        return True

    def _is_of_tests(self, key: str, value: Any) -> bool:
        is_theirs = _is_a(value, unittest.mock.NonCallableMock) or (
            _type(value) is _FunctionType and value.__globals__.get("__name__") == "test_solution"
        )
        return is_theirs and key in self._source

    def _has_no_harmful_additions(self) -> bool:
        sizes = [_len(_vars(owner)) for owner in self._owners]
        if sizes == self._sizes:
            return True
        for place, owner in enumerate(self._owners):
            if sizes[place] == self._sizes[place]:
                continue
            added = frozenset(_vars(owner)) - self._names[place]
            if any(_hides_something(owner, name) for name in added):
                return False
        # Nobody has to look at these again.
        self._names = [frozenset(_vars(owner)) for owner in self._owners]
        self._sizes = sizes
        return True


def _hides_something(owner: Any, name: str) -> bool:
    """Return whether a new attribute takes the place of something that code finds elsewhere."""
    if _is_a(owner, ModuleType):
        return name in _BUILTIN_NAMES
    if name in _ADDED_BY_PYTHON:
        return False
    is_special = name[:2] == "__" and name[-2:] == "__"
    return is_special or any(name in _vars(base) for base in owner.__mro__[1:])


def _is_watched(owner: Any, key: str, value: Any) -> bool:
    if _callable(value) or _is_a(value, _MEMBERS):
        return True
    is_constant = _type(value) in _CONSTANTS and key[:1] != "_"
    return is_constant and _type(owner) is ModuleType and owner.__name__ not in _VARIABLE_MODULES


def _functions_in(value: Any) -> list[FunctionType]:
    """Return the functions that a member is made of."""
    parts = (
        (value.fget, value.fset, value.fdel)
        if _is_a(value, property)
        else (getattr(value, "__func__", value) if _is_a(value, classmethod | staticmethod) else value,)
    )
    return [part for part in parts if _type(part) is _FunctionType]


def _closure(names: Iterable[str]) -> list[ModuleType]:
    """Return the loaded modules of these names, and those of what is in their namespaces, and so on."""
    pending = _list(frozenset(names) & frozenset(sys.modules))
    found: dict[str, ModuleType] = {}
    while pending:
        name = pending.pop()
        # The answer has a module of this name of its own, which it may change.
        module = builtins if name == "builtins" else sys.modules.get(name)
        if name in found or module is None or _type(module) is not ModuleType:
            continue
        found[name] = module
        for value in _list(_vars(module).values()):
            used: Any = None
            if _type(value) is ModuleType:
                used = value.__name__
            elif _is_a(value, _DEFINED):
                used = value.__module__
            if _type(used) is str:
                pending.append(used)
    return [found[name] for name in sorted(found)]
