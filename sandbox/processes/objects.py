"""The solution's side of objects: those of the answer that test code holds, and those of test code that it was given.

What is said here of the answer's objects is the answer's own word, and worth no more to the examiner.
"""

from __future__ import annotations

import abc
import builtins
import sys
import types
from typing import TYPE_CHECKING, Any

from sandbox.mutation import watch
from sandbox.processes.operations import OPERATIONS
from sandbox.processes.protocol import GLOBAL, LENT
from sandbox.values import NamedItems, Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.lent import Lending

__all__ = ["Objects"]

_TYPES: tuple[type, ...] = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType, types.GeneratorType,
    types.CoroutineType, types.AsyncGeneratorType, types.ModuleType, types.MappingProxyType, map, filter, zip,
    enumerate, reversed, slice, property, memoryview, type({}.keys()), type({}.values()), type({}.items()),
    type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")), type(iter(range(0))),
)  # fmt: skip
_WORDS = {kind: kind.__name__ for kind in _TYPES}
"""Types whose name says all; others are described."""
_LISTED = (types.FunctionType, classmethod, staticmethod, property)
_MOST_MEMBERS = 1000


class Objects:
    """Objects by their numbers."""

    def __init__(self, module: types.ModuleType, lending: Lending) -> None:
        self.module = module
        self.lending = lending
        self.kept: dict[int, Any] = {}

    def keep(self, value: Any) -> Reference:
        """Have an object stay, and what stands for it."""
        lent = self.lending.reference_to(value)
        if lent is not None:
            return lent
        kind: type = type(value)
        key = id(value)
        if issubclass(kind, type):
            name = str(value.__name__)
            if vars(builtins).get(name) is value:
                return Reference(f"{GLOBAL}builtins:{name}", "type", is_callable=True)
            self.kept[key] = value
            return Reference(key, name, is_callable=True)
        self.kept[key] = value
        of: int | str = _WORDS.get(kind, "")
        if not of:
            of = id(kind)
            self.kept[of] = kind
        return Reference(key, kind.__name__, callable(value), of)

    def revive(self, reference: Reference | NamedItems) -> Any:
        """What a reference of the examiner's stands for."""
        if isinstance(reference, NamedItems):
            own = reference.reference.key
            return self.kept[own] if type(own) is int else self.lending.named_tuple(reference)
        key = reference.key
        if isinstance(key, int):
            return self.kept[key]
        if key.startswith(GLOBAL):
            return _global(key.removeprefix(GLOBAL))
        return self.lending.stand_in(reference) if key.startswith(LENT) else reference

    def drop(self, keys: list[int]) -> None:
        """Let objects go that test code has let go."""
        for key in keys:
            self.kept.pop(key, None)

    # What is asked

    def call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, list[Any] | None]:
        """What a call returns, and what it did to its arguments."""
        watched = watch([*args, *kwargs.values()])
        value = self.find(target)(*args, **kwargs)
        return value, watched.changes() if watched is not None else None

    def get(self, target: Any, attribute: str) -> Any:
        """An attribute."""
        return getattr(self.module if target is None else self.find(target), attribute)

    def public(self) -> list[str]:
        """The names that a star import takes."""
        names = getattr(self.module, "__all__", None)
        if names is not None:
            return [str(name) for name in names]
        found = vars(self.module).items()
        return [name for name, value in found if not name.startswith("_") and not isinstance(value, types.ModuleType)]

    def operate(self, name: str, operands: list[Any]) -> Any:
        """What Python does for an operator or a built-in function."""
        return OPERATIONS[name](*operands)

    def find(self, target: Any) -> Any:
        """What a target means."""
        if type(target) is list:
            return getattr(target[0], target[1])
        if type(target) is not str:
            return target
        first, *rest = target.split(".")
        namespace = self.module.__dict__
        if first not in namespace and "Solution" in namespace:
            first, rest = "Solution", [first, *rest]  # as contest sites have it
        found = namespace[first]
        for name in rest:
            found = getattr(found() if isinstance(found, type) else found, name)
        return found

    def describe(self, key: int) -> dict[str, Any]:
        """What a class is made of: its line of classes, and the members of its own."""
        kind: Any = self.kept[key]
        line = []
        for base in kind.__mro__:
            self.kept[id(base)] = base
            line.append([id(base), str(base.__module__), base.__name__])
        members: dict[str, str] = {}
        slots: list[str] = []
        absent: list[str] = []
        for name, member in list(vars(kind).items())[:_MOST_MEMBERS]:
            if name.startswith("__") and name.endswith("__"):
                (absent if member is None else slots).append(name)
            elif isinstance(member, _LISTED):
                members[name] = type(member).__name__
        fields = kind.__dict__.get("__dataclass_fields__")
        names = kind.__dict__.get("_fields")
        return {
            "line": line,
            "members": members,
            "slots": slots,
            "absent": absent,
            "fields": [str(name) for name in fields] if type(fields) is dict else None,
            "names": [str(name) for name in names] if type(names) is tuple else None,
            "doc": str(kind.__doc__)[:2000] if kind.__doc__ is not None else None,
        }

    def make(self, name: str, bases: list[Any], members: dict[str, Any]) -> type:
        """A class that test code derives; its methods run where they were written."""

        def fill(namespace: dict[str, Any]) -> None:
            namespace["__module__"] = self.module.__name__
            for key, (kind, value) in members.items():
                namespace[key] = _WRAPPERS[kind](*value)

        return types.new_class(name, tuple(bases), {}, fill)


_WRAPPERS: dict[str, Callable[..., Any]] = {
    "plain": lambda value: value,
    "staticmethod": staticmethod,
    "classmethod": classmethod,
    "property": property,
    "abstract": abc.abstractmethod,
}


def _global(name: str) -> Any:
    """What both processes have: something of a module, by its name there."""
    module, _, path = name.partition(":")
    found: Any = sys.modules[module]
    for part in path.split(".") if path else ():
        found = getattr(found, part)
    return found
