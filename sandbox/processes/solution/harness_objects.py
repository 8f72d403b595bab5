"""Objects of the harness in the answer (the glossary's exports): operations on them are requested from the harness."""

from __future__ import annotations

import builtins
import json
import sys
from collections import namedtuple
from typing import TYPE_CHECKING, Any

from sandbox.wire.loaded_modules import loaded_module
from sandbox.wire.values import NamedItems, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["HarnessObject", "HarnessObjects", "new_error"]


class HarnessObject:
    """Object of the harness, as the answer sees it. Its public attributes can be read, set and called."""

    __slots__ = ("__weakref__", "_ask")

    def __init__(self, ask: Callable[..., Any]) -> None:
        object.__setattr__(self, "_ask", ask)

    def __getattr__(self, name: str) -> Any:
        return self._ask("get", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        self._ask("set", self, name, value)

    def __enter__(self) -> Any:
        return self._ask("op", "enter", self)

    def __exit__(self, kind: object, error: object, trace: object) -> Any:
        return self._ask("op", "exit", self, None)


class _HarnessType(type):
    """The class of classes of test code, as the answer sees them: calling one makes an object in the harness."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return _ask_of(cls)("call", cls, list(args), kwargs)

    def __getattr__(cls, name: str) -> Any:
        return _ask_of(cls)("get", cls, name)

    def __setattr__(cls, name: str, value: object) -> None:
        _ask_of(cls)("set", cls, name, value)

    def __instancecheck__(cls, instance: Any) -> bool:
        is_of_harness = issubclass(type(instance), HarnessObject)
        return is_of_harness and _ask_of(cls)("op", "isinstance", cls, instance) is True

    def __subclasscheck__(cls, subclass: Any) -> bool:
        return type(subclass) is _HarnessType and _ask_of(cls)("op", "issubclass", cls, subclass) is True


def _ask_of(cls: type) -> Callable[..., Any]:
    ask: Callable[..., Any] = vars(cls)["_ask"][0]
    return ask


_OPERATIONS = {
    name.strip("_"): name
    for name in [
        "__iter__",
        "__next__",
        "__len__",
        "__getitem__",
        "__setitem__",
        "__delitem__",
        "__contains__",
        "__eq__",
        "__ne__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__hash__",
        "__bool__",
        "__str__",
        "__repr__",
        "__int__",
        "__float__",
        "__index__",
        "__add__",
        "__sub__",
        "__mul__",
        "__truediv__",
        "__neg__",
        "__abs__",
        "__reversed__",
        "__aenter__",
        "__aiter__",
        "__anext__",
    ]
}


class HarnessObjects:
    """All objects of the harness that this process was given. The same object of test code is always the same here."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self._ask = ask
        self._objects: dict[str, Any] = {}
        self._references: dict[int, Reference] = {}
        self._classes: dict[tuple[str, str], type] = {}
        self._errors: dict[tuple[str, str], type[BaseException]] = {}
        self._tuples: dict[tuple[str, tuple[str, ...]], type] = {}

    def reference_to(self, value: Any) -> Reference | None:
        """Return the reference by which the harness knows one of its objects; ``None`` for any other value."""
        return self._references.get(id(value))

    def object_for(self, reference: Reference) -> Any:
        """Return the object that stands for a reference from the harness."""
        key = str(reference.key)
        if key not in self._objects:
            self.bind(self._make(reference), reference)
        return self._objects[key]

    def bind(self, value: Any, reference: Reference) -> None:
        """Make a value of this process stand for an object of the harness."""
        self._objects[str(reference.key)] = value
        self._references[id(value)] = Reference(reference.key, reference.kind, reference.is_callable)

    def _make(self, reference: Reference) -> Any:
        # "class BASE", "exception BASE ARGS", "type", "function", or the names of its special methods.
        ask, abilities = self._ask, str(reference.of)
        first, _, rest = abilities.partition(" ")
        if first in {"class", "exception"}:
            base, _, text = rest.partition(" ")
            kind = self.exception_class(reference.kind, base)
            return kind if first == "class" else new_error(kind, base, json.loads(text))
        if first == "type":
            return type.__new__(_HarnessType, reference.kind, (), {"_ask": (ask,), "__module__": "test_solution"})
        if first == "function":
            return _make_function(ask, reference.kind, json.loads(rest) if rest else {})
        if first == "coroutine":
            own: list[Any] = []
            own.append(_finishing(ask, own))
            return own[0]
        # Python looks special methods up in the class, so each set of abilities needs a class of its own.
        class_key = (reference.kind, abilities)
        if class_key not in self._classes:
            self._classes[class_key] = _make_class(reference, abilities.split())
        return self._classes[class_key](ask)

    def exception_class(self, name: str, base: str) -> type[BaseException]:
        """Return the class that stands for an exception class of test code.

        Args:
            name: name of the class.
            base: name of the built-in class that it derives from, and, behind ``@``, of the standard library's class.
        """
        if (name, base) not in self._errors:
            built_in, _, path = base.partition("@")
            nearest = _error_class(path) or _error_class(f"builtins:{built_in}") or Exception
            is_itself = nearest.__name__ == name and bool(path or base == name)
            self._errors[name, base] = nearest if is_itself else type(name, (nearest,), {})
        return self._errors[name, base]

    def named_tuple(self, named: NamedItems) -> Any:
        """Return a named tuple with the name and fields of a class of test code."""
        class_key = (named.reference.kind, named.names)
        if class_key not in self._tuples:
            self._tuples[class_key] = namedtuple(named.reference.kind, named.names)  # noqa: PYI024 - known at run time
        return self._tuples[class_key](*named.items)


def new_error(kind: type[BaseException], base: str, args: Sequence[Any]) -> BaseException:
    """Return an exception of a class of `HarnessObjects.exception_class`.

    Raises:
        TypeError: the class takes other arguments.
    """
    # Of the library's classes not all take their own ``args``: what they make of theirs are attributes.
    if "@" not in base:
        return kind(*args)
    error = kind.__new__(kind, *args)
    error.args = tuple(args)
    return error


def _error_class(path: str) -> type[BaseException] | None:
    """Return an exception class by its global name; ``None`` if there is none of that name."""
    module, _, names = path.partition(":")
    found = loaded_module(module)
    for name in names.split("."):
        found = getattr(found, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _make_function(ask: Callable[..., Any], name: str, facts: dict[str, Any]) -> Any:
    """Make what stands for a function of test code."""

    def run(*args: Any, **kwargs: Any) -> Any:
        return ask("call", function, list(args), kwargs)

    async def wait(*args: Any, **kwargs: Any) -> Any:
        return await run(*args, **kwargs)

    function: Any = wait if facts.get("async") else run
    function.__name__ = function.__qualname__ = name
    if facts:
        function.__doc__, function.__qualname__ = facts["doc"], facts["qualname"]
        notes = {name: _note(note) for name, note in facts["annotations"].items() if note is not None}
        function.__annotations__ = notes
        inspect = sys.modules.get("inspect")
        if inspect is not None and "parameters" in facts:
            parameters = [
                inspect.Parameter(
                    name,
                    type(inspect.Parameter.KEYWORD_ONLY)(kind),
                    default=_default(*default) if default else inspect.Parameter.empty,
                    annotation=notes.get(name, inspect.Parameter.empty),
                )
                for name, kind, default in facts["parameters"]
            ]
            returned = notes.get("return", inspect.Signature.empty)
            function.__signature__ = inspect.Signature(parameters, return_annotation=returned)
    return function


def _note(note: str) -> Any:
    """Return an annotation: a class by its name, or a text in quotes."""
    if note == "None":
        return None
    return note[1:-1] if note[:1] in {"'", '"'} else vars(builtins)[note]


def _default(value: Any, is_callable: Any = False) -> Any:  # noqa: FBT002 - an optional item of a list
    """Return a default value, or a function in the place of one of the test, which fills that in when it is called."""
    return (lambda: None) if is_callable else value


def _make_class(reference: Reference, abilities: list[str]) -> type:
    """Make the class of what stands for objects of test code with these abilities."""
    members: dict[str, Any] = {"__slots__": ()}
    for ability in abilities:
        if ability.startswith("fields:"):
            members["__dataclass_fields__"] = _fields(ability.removeprefix("fields:").split(","))
        elif ability == "aexit":
            members["__aexit__"] = _leave_async
        elif ability in _OPERATIONS:
            members[_OPERATIONS[ability]] = _forwarding(ability)
    if reference.is_callable:
        members["__call__"] = _call
    return type(reference.kind, (HarnessObject,), members)


def _forwarding(ability: str) -> Callable[..., Any]:
    def method(self: HarnessObject, *operands: Any) -> Any:
        return self._ask("op", ability, self, *operands)

    return method


async def _finishing(ask: Callable[..., Any], own: list[Any]) -> Any:
    """Await a coroutine of test code. It is a coroutine of this process, because tasks are made of nothing else."""
    return ask("op", "await", own[0])


def _leave_async(self: HarnessObject, *_: object) -> Any:
    return self._ask("op", "aexit", self, None)


def _fields(names: list[str]) -> dict[str, Any]:
    """Return the fields by which `dataclasses` reads an object of test code."""
    dataclasses = sys.modules.get("dataclasses")
    if dataclasses is None or not all(names):
        return {}
    fields: dict[str, Any] = dataclasses.make_dataclass("fields", names).__dataclass_fields__
    return fields


def _call(self: HarnessObject, *args: Any, **kwargs: Any) -> Any:
    return self._ask("call", self, list(args), kwargs)
