"""Rules on the objects of test code that may be exported to the solution, and on what it may do with them.

The solution may call functions of test code back, and use the public attributes of its objects. What exists in both
processes, such as ``len`` or `math.sqrt`, is sent by name, and the solution uses its own. Everything else is refused:
from a module, a frame or a code object of test code the answer could reach the expected values.
"""

from __future__ import annotations

import builtins
import collections
import functools
import io
import itertools
import operator
import random
import re
import sys
import threading
import types
import unittest.mock
from typing import TYPE_CHECKING, Any, Final

from testcases.signals import TEST_MODULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["BUILT_IN_CLASSES", "OPERATIONS", "GlobalRef", "abilities_of", "built_in_base", "global_name", "is_public"]

_TEXT_CHARS = 500
# Modules of the harness and of test libraries: nothing in them is sent by name.
_OWN_PACKAGES = frozenset({"testcases", "sandbox", "grader", "pytest", "_pytest", "unittest"})
_ABILITY_NAMES: Final = """
    iter next len getitem setitem delitem contains eq ne lt le gt ge hash bool str repr int float index add sub mul
    truediv neg abs reversed
"""
_ABILITIES: Final = {f"__{name}__": name for name in _ABILITY_NAMES.split()}
_OPERATORS = "getitem setitem delitem contains eq ne lt le gt ge index add sub mul truediv neg"
OPERATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "iter": iter, "next": next, "len": len, "hash": hash, "bool": bool, "str": str, "repr": repr, "int": int,
    "float": float, "abs": abs, "reversed": reversed,
    "enter": lambda one: type(one).__enter__(one), "exit": lambda one, _: type(one).__exit__(one, None, None, None),
    **{name: getattr(operator, name) for name in _OPERATORS.split()},
}  # fmt: skip
"""Functions that perform the operations on exported objects, by name."""
_CONTAINERS = (list, dict, set, collections.deque, bytearray)
_EXPORTABLE_TYPES: tuple[type, ...] = (
    io.StringIO, io.BytesIO, random.Random, re.Pattern, re.Match, types.GeneratorType, map, filter, zip, enumerate,
    unittest.mock.NonCallableMock, type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")),
    type(iter(range(0))), type({}.keys()), type({}.values()), type({}.items()), type(threading.Lock()), threading.Event,
    types.SimpleNamespace,
)  # fmt: skip
_DATA_TYPES: tuple[type, ...] = (
    bool, bytearray, bytes, complex, dict, float, frozenset, int, list, object, range, set, slice, str, tuple,
)  # fmt: skip
_ERRORS = [kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException)]
BUILT_IN_CLASSES: Final[Mapping[str, type]] = {kind.__name__: kind for kind in (*_DATA_TYPES, *_ERRORS)}
"""Classes that the answer may pass to test code by name. Calling them does no harm: they only make data."""


class GlobalRef:
    """Refers to an object in the solution's process by ``module:name``."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def global_name(value: Any) -> str | None:
    """Return ``module:name`` of an object that the solution's process has, too; ``None`` for all others."""
    if type(value) is GlobalRef:
        return value.name
    if isinstance(value, types.ModuleType):
        return f"{value.__name__}:" if _is_standard(value.__name__) else None
    if isinstance(value, types.MethodDescriptorType | types.WrapperDescriptorType):
        owner = value.__objclass__
        return (
            f"builtins:{owner.__name__}.{value.__name__}"
            if _is_same_object("builtins", owner.__name__, owner)
            else None
        )
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        module, name = value.__module__ or "builtins", value.__qualname__
        return f"{module}:{name}" if _is_standard(module) and _is_same_object(module, name, value) else None
    return None


def _is_standard(module: str) -> bool:
    root = module.partition(".")[0]
    return root in sys.stdlib_module_names and root not in _OWN_PACKAGES and module in sys.modules


def _is_same_object(module: str, path: str, value: Any) -> bool:
    # Not every `__module__` and `__qualname__` is true: both can be set, and test code may have patched the name.
    named: Any = sys.modules[module] if module != "builtins" else builtins
    for name in path.split("."):
        named = getattr(named, name, None)
    return named is value


def abilities_of(value: Any) -> str | None:
    """Return the operations that the answer may use on an object; ``None`` if the object may not be exported.

    They are words separated by spaces: ``function``; ``class`` or ``exception`` with a built-in base; or operations.
    """
    # type(), not isinstance(): a mock with a spec, or a proxy, reports another class as its `__class__`.
    kind = type(value)
    if kind is types.FunctionType:
        return "function" if _is_test_module(value.__module__) else None
    if kind is functools.partial:
        harmless = getattr(value.func, "__module__", "") in {"_operator", "math"}
        return "function" if harmless or abilities_of(value.func) == "function" else None
    # A bound method gives access to its object, so it may be exported only if the object may.
    if kind is types.MethodType:
        return "function" if abilities_of(value.__self__) is not None else None
    if issubclass(kind, types.BuiltinMethodType):  # some are of a subclass, such as those of `re.Pattern`
        return (
            "function"
            if type(value.__self__) in _CONTAINERS or issubclass(type(value.__self__), _EXPORTABLE_TYPES)
            else None
        )
    if kind is types.MethodWrapperType:
        return "function" if type(value.__self__) in _CONTAINERS else None
    if isinstance(value, type):
        if issubclass(value, BaseException):
            return f"class {built_in_base(value)}"
        return "function" if _is_test_module(value.__module__) else None
    if isinstance(value, BaseException):
        return f"exception {built_in_base(kind)} {value}"[:_TEXT_CHARS]
    if (
        kind is object
        or _is_test_module(kind.__module__)
        or issubclass(kind, _EXPORTABLE_TYPES)
        or kind.__module__ == itertools.__name__
    ):
        return " ".join(
            word
            for name, word in _ABILITIES.items()
            if (found := getattr(kind, name, None)) is not None and found is not getattr(object, name, None)
        )
    return None


def built_in_base(kind: type) -> str:
    """Return the name of the nearest built-in class that a class derives from."""
    return next((base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"), "Exception")


def is_public(name: Any) -> bool:
    """Return whether an answer may use an attribute of this name.

    With ``__globals__`` or ``__self__`` of a callback it could reach everything in the harness process.
    """
    return type(name) is str and name.isidentifier() and not name.startswith("_")


def _is_test_module(module: Any) -> bool:
    return module in TEST_MODULES
