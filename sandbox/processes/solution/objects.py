"""The solution's side of objects that cross: objects of the answer in test code, and of test code in the answer.

The harness believes nothing that is reported here about objects, because the answer could have changed it. Attributes
of classes are read past their metaclass, which could define them as code of the answer.
"""

from __future__ import annotations

import abc
import builtins
import types
from typing import TYPE_CHECKING, Any

from sandbox.processes.solution.kept_arguments import ArgumentsOfCall
from sandbox.processes.solution.operations import OPERATIONS
from sandbox.processes.solution.trampoline import CallFailedError, call
from sandbox.wire.loaded_modules import loaded_module
from sandbox.wire.mutation import apply_changes, containers_in, shared_containers, track
from sandbox.wire.protocol import ARGUMENT_KEY, GLOBAL_KEY, HARNESS_KEY, key_of_name
from sandbox.wire.standard_values import standard_class_name
from sandbox.wire.values import Construction, NamedItems, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sandbox.processes.solution.harness_objects import HarnessObjects
    from sandbox.processes.solution.trampoline import Steps
    from sandbox.wire.mutation import Tracked

__all__ = ["Objects", "built_in_error", "exact_str", "is_class", "members_of", "module_of", "mro_of", "name_of"]


_ERRORS = {
    id(kind): name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__name__ == name
}
_name: Callable[[type], str] = type.__dict__["__name__"].__get__
_module: Callable[[type], Any] = type.__dict__["__module__"].__get__
_read_abstract_methods: Callable[[type], Any] = type.__dict__["__abstractmethods__"].__get__
mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""A class and its bases, in the order in which attributes are looked up."""
members_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
"""Attributes that a class itself defines."""


def name_of(kind: type) -> str:
    """Return a class's name."""
    return exact_str(_name(kind))


def module_of(kind: type) -> str:
    """Return the name of the module that a class claims to be of; empty if that is not a string."""
    module = _module(kind)
    return module if type(module) is str else ""


def is_class(value: object) -> bool:
    """Return whether a value is a class."""
    # Not isinstance: that also asks the value's __class__, which the answer can define.
    return issubclass(type(value), type)


def exact_str(text: str) -> str:
    """Return the same text as an exact `str`, not of a derived class."""
    return str.__getitem__(text, slice(None))


def built_in_error(kind: type) -> str | None:
    """Return the name of a built-in exception; ``None`` for any other class."""
    return _ERRORS.get(id(kind))


_TYPES: tuple[type, ...] = (
    types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodWrapperType, types.GeneratorType,
    types.CoroutineType, types.AsyncGeneratorType, types.ModuleType, types.MappingProxyType, map, filter, zip,
    enumerate, reversed, slice, property, memoryview, type({}.keys()), type({}.values()), type({}.items()),
    type(iter([])), type(iter(())), type(iter({})), type(iter(set())), type(iter("")), type(iter(range(0))),
)  # fmt: skip
_KNOWN_TYPES = {id(kind): kind.__name__ for kind in _TYPES}
"""Types that the harness knows by name; others are described to it (`Objects.describe`)."""
_CONTAINERS = frozenset({list, tuple, dict})
_LISTED = (types.FunctionType, classmethod, staticmethod, property)
_DOCUMENTED = frozenset({types.FunctionType, classmethod, property})
_MODULE = types.ModuleType
_MAX_MEMBERS = 1000
_DOC_CHARS = 2000
_MAX_SHARED = 64
"""Values whose containers are remembered, the latest; the harness watches fewer."""


def _abstract_methods(kind: type) -> list[str]:
    try:
        names = _read_abstract_methods(kind)
    except AttributeError:  # it has none of its own
        return []
    return sorted(name for name in names if type(name) is str)[:_MAX_MEMBERS] if type(names) is frozenset else []


class Objects:
    """Objects of the answer that test code holds, by key, and requests about them."""

    def __init__(self, module: types.ModuleType, harness_objects: HarnessObjects) -> None:
        self.module = module
        self.harness_objects = harness_objects
        self.kept: dict[int, Any] = {}
        self._shared: dict[int, list[Any]] = {}
        """Containers in values that test code took, by the number of the request."""
        self.arguments: dict[int, Tracked] = {}
        """Containers in arguments of calls that the answer may still hold, by the number of the call."""
        self._numbered: dict[int, tuple[Any, int]] = {}
        """Objects with a key that the harness knows beforehand, by address, and their keys."""
        self._named: dict[int, tuple[Any, str]] = {}
        """What the harness has sent by name, by its address: it goes back by the same name."""
        self._by_path: dict[str, Any] = {}
        """What has crossed by name, in either direction."""

    def number(self, index: int, value: Any) -> None:
        """Give the object of a name of the settings the key by which it can be called before it was sent."""
        if type(value) is types.FunctionType:
            key = self._numbered.setdefault(id(value), (value, key_of_name(index)))[1]
            self.kept[key] = value

    def keep(self, value: Any) -> Reference:
        """Keep an object alive for test code, and return the reference that crosses in its place."""
        # An object of the harness crosses as the reference that it came as, so that test code gets its own object back.
        own_reference = self.harness_objects.reference_to(value)
        if own_reference is not None:
            return own_reference
        if (named := self._named.get(id(value))) is not None:
            return Reference(named[1], "global", callable(value))
        kind: type = type(value)
        # An address is unique while the object is alive, and `kept` keeps it alive until test code drops it.
        key = id(value)
        if is_class(value):
            name = name_of(value)
            path = f"builtins:{name}" if vars(builtins).get(name) is value else standard_class_name(value)
            if path is not None:
                self._by_path.setdefault(path, value)
                return Reference(f"{GLOBAL_KEY}{path}", "type", is_callable=True)
            self.kept[key] = value
            return Reference(key, name, is_callable=True)
        if (numbered := self._numbered.get(key)) is not None:
            key = numbered[1]
        self.kept[key] = value
        of: int | str = _KNOWN_TYPES.get(id(kind), "")
        if not of:
            of = id(kind)
            self.kept[of] = kind
        return Reference(key, name_of(kind), callable(value), of)

    def resolve(self, reference: Reference | NamedItems | Construction) -> Any:
        """Return the object that a reference from the harness stands for."""
        if isinstance(reference, Construction):
            return _construct(reference)
        if isinstance(reference, NamedItems):
            own_key = reference.reference.key
            return self.kept[own_key] if type(own_key) is int else self.harness_objects.named_tuple(reference)
        key = reference.key
        if isinstance(key, int):
            return self.kept[key]
        if key.startswith(ARGUMENT_KEY) and "." in key:
            number, _, index = key.removeprefix(ARGUMENT_KEY).partition(".")
            return self.arguments[int(number)].containers[int(index)]
        if key.startswith(GLOBAL_KEY):
            path = key.removeprefix(GLOBAL_KEY)
            if reference.kind == "target":
                return _global(path)
            # A name stands for the object that it was sent for, though a patch may have put another in its place.
            if path not in self._by_path:
                self._by_path[path] = _global(path)
            value = self._by_path[path]
            self._named[id(value)] = value, key
            return value
        return self.harness_objects.object_for(reference) if key.startswith(HARNESS_KEY) else reference

    def drop(self, keys: list[int]) -> None:
        """Free objects that test code no longer holds."""
        for key in keys:
            self.kept.pop(key, None)

    # Requests. Each is `Steps`, because it may run code of the answer.

    def call(
        self,
        target: Any,
        args: list[Any],
        kwargs: dict[str, Any],
        number: int = 0,
        alive: Collection[int] | None = None,
    ) -> Steps:
        """Call a function; return its value, and the changes that it made to its arguments.

        Args:
            target: see `find`.
            args: positional arguments.
            kwargs: keyword arguments.
            number: the number by which both processes know the containers in them from now on; 0 if the harness does
                not ask for later changes.
            alive: the numbers of earlier calls that the harness still knows.
        """
        watched = track([*args, *kwargs.values()])
        function = yield from self.find(target)
        if watched is None or not (number or self.arguments):
            value = yield call(function, *args, **kwargs)
            return value, _with_shared(value, None if watched is None else watched.changes(value))
        arguments = ArgumentsOfCall(self.arguments, watched, number, alive)
        try:
            value = yield call(function, *args, **kwargs)
        except CallFailedError:
            arguments.fail()
            raise
        # So that the trampoline holds the value no longer. It may be an argument, whose references are counted.
        yield call(_itself, None)
        reported = arguments.finish(watched.changes(value), id(value))
        return value, _with_shared(value, reported)

    def get(self, target: Any, attribute: str, number: int = 0) -> Steps:
        """Return an attribute of an object, or of the answer's module if ``target`` is ``None``."""
        owner = self.module
        if target is not None:
            owner = yield from self.find(target)
        value = yield call(getattr, owner, attribute)
        self.share(number, value)
        return value

    def share(self, number: int, value: Any) -> None:
        """Remember the containers in a value, if test code is going to tell what it changes in them."""
        if number and (containers := containers_in([value])):
            self._shared[number] = containers
            for old in list(self._shared)[:-_MAX_SHARED]:
                del self._shared[old]

    def take_changes(self, number: int, changes: list[Any], count: int = 0) -> Steps:
        """Change containers as test code has changed its copies.

        Returns:
            Whether both processes know the same containers by that number, of which the harness knows so many.
        """
        kept = self.arguments.get(number)
        yield call(apply_changes, changes, kept.containers if kept else self._shared.get(number, ()), _itself)
        if kept is None:
            return False
        kept.renew()
        return len(kept.containers) == count

    def public_names(self) -> Steps:
        """Return the names that a star import takes."""
        exported = yield call(getattr, self.module, "__all__", None)
        if exported is not None:
            names = yield call(list, exported)
            return [exact_str(name) for name in names if issubclass(type(name), str)]
        return [name for name, value in vars(self.module).items() if name[:1] != "_" and type(value) is not _MODULE]

    def operate(self, name: str, operands: list[Any], number: int = 0) -> Steps:
        """Do what Python does for an operator or a built-in function."""
        value = yield call(OPERATIONS[name], *operands)
        self.share(number, value)
        return value

    def find(self, target: Any) -> Steps:
        """Return the object that a target means.

        Args:
            target: a dotted name; an object and the name of its attribute, as a list; or an object itself.
        """
        if type(target) is list:
            attribute = yield call(getattr, *target)
            return attribute
        if type(target) is not str:
            return target
        first, *rest = target.split(".")
        namespace = self.module.__dict__
        # Contest sites ask for a method of a class Solution, and problems name the method only.
        if first not in namespace and "Solution" in namespace:
            first, rest = "Solution", [first, *rest]
        value = namespace[first]
        for name in rest:
            if is_class(value):
                value = yield call(value)
            value = yield call(getattr, value, name)
        return value

    def describe(self, key: int) -> Steps:
        """Describe a class: its bases, and the members that it defines itself."""
        kind: Any = self.kept[key]
        mro = []
        for base in mro_of(kind):
            self.kept[id(base)] = base
            mro.append([id(base), module_of(base), name_of(base)])
        members: dict[str, str] = {}
        slots: list[str] = []
        absent: list[str] = []
        for name, member in list(members_of(kind).items())[:_MAX_MEMBERS]:
            if name.startswith("__") and name.endswith("__"):
                (absent if member is None else slots).append(name)
            elif issubclass(type(member), _LISTED):
                members[name] = name_of(type(member))
        docs = {
            name: member.__doc__[:_DOC_CHARS]
            for name, member in list(members_of(kind).items())[:_MAX_MEMBERS]
            if type(member) in _DOCUMENTED and type(member.__doc__) is str
        }
        fields = members_of(kind).get("__dataclass_fields__")
        names = next((found for base in mro_of(kind) if (found := members_of(base).get("_fields")) is not None), None)
        text = yield call(getattr, kind, "__doc__", None)
        return {
            "mro": mro,
            "members": members,
            "docs": docs,
            "slots": slots,
            "absent": absent,
            "fields": [str(name) for name in fields] if type(fields) is dict else None,
            "names": [str(name) for name in names] if type(names) is tuple else None,
            "doc": text[:2000] if type(text) is str else None,
            "abstract": _abstract_methods(kind),
        }

    def make(self, name: str, bases: list[Any], members: dict[str, Any], options: dict[str, Any]) -> Steps:
        """Make a class that test code derives from a class of the answer; its methods run in the harness."""

        def fill(namespace: dict[str, Any]) -> None:
            namespace["__module__"] = self.module.__name__
            for key, (kind, value) in members.items():
                namespace[key] = _WRAPPERS[kind](*value)

        derived = yield call(types.new_class, name, tuple(bases), options, fill)
        return derived


_WRAPPERS: dict[str, Callable[..., Any]] = {
    "plain": lambda value: value,
    "staticmethod": staticmethod,
    "classmethod": classmethod,
    "property": property,
    "abstract": abc.abstractmethod,
}


def _construct(made: Construction) -> Any:
    """Make the value that a call of the harness stands for."""
    if made.function is not getattr:
        return made.function(*made.args, **made.kwargs)
    owner, name = made.args
    # Found past the object, whose `__getattr__` may be code of the answer; it would run above frames of ours.
    for base in mro_of(owner if is_class(owner) else type(owner)):
        member = members_of(base).get(name)
        if type(member) is types.FunctionType and not is_class(owner):
            return types.MethodType(member, owner)
        if member is not None:
            break
    else:
        return _method_of(owner, name)
    if module_of(type(owner)) in _PLAIN_MODULES or is_class(owner):
        return getattr(owner, name)
    return _method_of(owner, name)


def _method_of(owner: Any, name: str) -> Callable[..., Any]:
    def method(*args: Any, **kwargs: Any) -> Any:
        return getattr(owner, name)(*args, **kwargs)

    return method


def _with_shared(value: Any, changes: list[Any] | None) -> list[Any] | None:
    """Return what a call reports besides its value: the changes, and which containers in the value are one object."""
    # A table of scalars, which most results are, shares nothing.
    shared = shared_containers(value) if type(value) in _CONTAINERS else None
    return [*shared, *(changes or ())] if shared else changes


def _itself(reference: Any) -> Any:
    return reference


_PLAIN_MODULES = frozenset({"builtins", "datetime", "decimal"})


def _global(name: str) -> Any:
    """Return an object that both processes have, by its module and its dotted name there."""
    module, _, path = name.partition(":")
    value = loaded_module(module)
    if value is None:
        raise KeyError(module)
    for part in path.split(".") if path else ():
        value = getattr(value, part)
    return value
