"""The solution's side of objects: those of the answer that test code holds, and those of test code that it was given.

What is reported here of the answer's objects is the answer's own word, and worth no more to the harness. Classes are
read past their metaclass: attributes that one defines are code of the answer's.
"""

from __future__ import annotations

import abc
import builtins
import sys
import types
from typing import TYPE_CHECKING, Any

from sandbox.processes.solution.operations import OPERATIONS
from sandbox.processes.solution.trampoline import call
from sandbox.wire.mutation import track
from sandbox.wire.protocol import GLOBAL_KEY, HARNESS_KEY
from sandbox.wire.values import NamedItems, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.processes.solution.proxies import Proxies
    from sandbox.processes.solution.trampoline import Steps

__all__ = ["Objects", "built_in_error", "exact_str", "is_class", "members_of", "module_of", "mro_of", "name_of"]


_ERRORS = {
    id(kind): name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__name__ == name
}
_name: Callable[[type], str] = type.__dict__["__name__"].__get__
_module: Callable[[type], Any] = type.__dict__["__module__"].__get__
mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""A class and its bases, in the order in which attributes are looked up."""
members_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
"""What a class itself defines."""


def name_of(kind: type) -> str:
    """A class's name."""
    return exact_str(_name(kind))


def module_of(kind: type) -> str:
    """The name of the module a class says it is of; empty when that is no name."""
    module = _module(kind)
    return module if type(module) is str else ""


def is_class(value: object) -> bool:
    """Whether a value is a class, whatever it says it is."""
    return issubclass(type(value), type)


def exact_str(text: str) -> str:
    """The same text as exactly a string."""
    return str.__getitem__(text, slice(None))


def built_in_error(kind: type) -> str | None:
    """The name of a built-in exception; ``None`` for any other class."""
    return _ERRORS.get(id(kind))


_TYPES: tuple[type, ...] = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType, types.GeneratorType,
    types.CoroutineType, types.AsyncGeneratorType, types.ModuleType, types.MappingProxyType, map, filter, zip,
    enumerate, reversed, slice, property, memoryview, type({}.keys()), type({}.values()), type({}.items()),
    type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")), type(iter(range(0))),
)  # fmt: skip
_WORDS = {id(kind): kind.__name__ for kind in _TYPES}
"""Types whose name says all; others are described."""
_LISTED = (types.FunctionType, classmethod, staticmethod, property)
_MODULE = types.ModuleType
_MOST_MEMBERS = 1000


class Objects:
    """Objects by their numbers."""

    def __init__(self, module: types.ModuleType, proxies: Proxies) -> None:
        self.module = module
        self.proxies = proxies
        self.kept: dict[int, Any] = {}

    def keep(self, value: Any) -> Reference:
        """Have an object stay, and what stands for it."""
        lent = self.proxies.reference_to(value)
        if lent is not None:
            return lent
        kind: type = type(value)
        key = id(value)
        if is_class(value):
            name = name_of(value)
            if vars(builtins).get(name) is value:
                return Reference(f"{GLOBAL_KEY}builtins:{name}", "type", is_callable=True)
            self.kept[key] = value
            return Reference(key, name, is_callable=True)
        self.kept[key] = value
        of: int | str = _WORDS.get(id(kind), "")
        if not of:
            of = id(kind)
            self.kept[of] = kind
        return Reference(key, name_of(kind), callable(value), of)

    def revive(self, reference: Reference | NamedItems) -> Any:
        """What a reference of the examiner's stands for."""
        if isinstance(reference, NamedItems):
            own = reference.reference.key
            return self.kept[own] if type(own) is int else self.proxies.named_tuple(reference)
        key = reference.key
        if isinstance(key, int):
            return self.kept[key]
        if key.startswith(GLOBAL_KEY):
            return _global(key.removeprefix(GLOBAL_KEY))
        return self.proxies.proxy_for(reference) if key.startswith(HARNESS_KEY) else reference

    def drop(self, keys: list[int]) -> None:
        """Let objects go that test code has let go."""
        for key in keys:
            self.kept.pop(key, None)

    # What is asked

    def call(self, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Steps:
        """What a call returns, and what it did to its arguments."""
        watched = track([*args, *kwargs.values()])
        function = yield from self.find(target)
        value = yield call(function, *args, **kwargs)
        return value, watched.changes() if watched is not None else None

    def get(self, target: Any, attribute: str) -> Steps:
        """An attribute."""
        owner = self.module
        if target is not None:
            owner = yield from self.find(target)
        value = yield call(getattr, owner, attribute)
        return value

    def public(self) -> Steps:
        """The names that a star import takes."""
        names = yield call(getattr, self.module, "__all__", None)
        if names is not None:
            found = yield call(list, names)
            return [exact_str(name) for name in found if issubclass(type(name), str)]
        return [name for name, value in vars(self.module).items() if name[:1] != "_" and type(value) is not _MODULE]

    def operate(self, name: str, operands: list[Any]) -> Steps:
        """What Python does for an operator or a built-in function."""
        value = yield call(OPERATIONS[name], *operands)
        return value

    def find(self, target: Any) -> Steps:
        """What a target means."""
        if type(target) is list:
            found = yield call(getattr, *target)
            return found
        if type(target) is not str:
            return target
        first, *rest = target.split(".")
        namespace = self.module.__dict__
        if first not in namespace and "Solution" in namespace:
            first, rest = "Solution", [first, *rest]  # as contest sites have it
        found = namespace[first]
        for name in rest:
            if is_class(found):
                found = yield call(found)
            found = yield call(getattr, found, name)
        return found

    def describe(self, key: int) -> Steps:
        """What a class is made of: its line of classes, and the members of its own."""
        kind: Any = self.kept[key]
        line = []
        for base in mro_of(kind):
            self.kept[id(base)] = base
            line.append([id(base), module_of(base), name_of(base)])
        members: dict[str, str] = {}
        slots: list[str] = []
        absent: list[str] = []
        for name, member in list(members_of(kind).items())[:_MOST_MEMBERS]:
            if name.startswith("__") and name.endswith("__"):
                (absent if member is None else slots).append(name)
            elif issubclass(type(member), _LISTED):
                members[name] = name_of(type(member))
        fields = members_of(kind).get("__dataclass_fields__")
        names = members_of(kind).get("_fields")
        text = yield call(getattr, kind, "__doc__", None)
        return {
            "line": line,
            "members": members,
            "slots": slots,
            "absent": absent,
            "fields": [str(name) for name in fields] if type(fields) is dict else None,
            "names": [str(name) for name in names] if type(names) is tuple else None,
            "doc": text[:2000] if type(text) is str else None,
        }

    def make(self, name: str, bases: list[Any], members: dict[str, Any]) -> Steps:
        """A class that test code derives; its methods run where they were written."""

        def fill(namespace: dict[str, Any]) -> None:
            namespace["__module__"] = self.module.__name__
            for key, (kind, value) in members.items():
                namespace[key] = _WRAPPERS[kind](*value)

        made = yield call(types.new_class, name, tuple(bases), {}, fill)
        return made


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
