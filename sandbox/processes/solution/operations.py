"""Operators and built-in functions that can be requested for an object, by name.

Each is done as Python does it: with the methods of the object's class, and reflected ones where the first operand's
class returns ``NotImplemented``.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import itertools
import math
import operator
import types
import typing
from typing import TYPE_CHECKING, Any

from sandbox.processes.solution.effects import set_log_levels, watch_logs, watch_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["OPERATIONS"]

_MAX_ITEMS = 1_000_000
"""Number of items that are taken from an iterable for a container."""


def _plain(value: Any, kind: str) -> Any:
    """Convert a value to plain data: to the value of its built-in base class, else by its own conversion methods."""
    match kind:
        case "int" | "bool":
            return int.__int__(value) if isinstance(value, int) else operator.index(value)
        case "float":
            return float.__float__(value) if isinstance(value, float) else float(value)
        case "complex":
            return complex(value)
        case "str":
            return str.__str__(value) if isinstance(value, str) else str(value)
        case "bytes":
            return bytes.__getitem__(value, slice(None)) if isinstance(value, bytes) else bytes(value)
        case "dict":
            return dict(value)
        case "list" | "tuple" | "set" | "frozenset":
            return list(itertools.islice(value, _MAX_ITEMS))
    raise TypeError(f"not convertible to {kind}")


def _base(value: Any) -> Any:
    """Return the plain value of an object whose class derives from a number or text class."""
    for kind in (int, float, str, bytes, complex):
        if isinstance(value, kind):
            return _plain(value, kind.__name__)
    raise TypeError("not derived from plain data")


def _leave(manager: Any, error: BaseException | None) -> Any:
    # On the class, as a ``with`` statement looks special methods up; an attribute of the instance does not count.
    kind = type(manager)
    if error is None:
        return kind.__exit__(manager, None, None, None)
    return kind.__exit__(manager, type(error), error, error.__traceback__)


def _leave_async(manager: Any, error: BaseException | None) -> Any:
    kind = type(manager)
    if error is None:
        return kind.__aexit__(manager, None, None, None)
    return kind.__aexit__(manager, type(error), error, error.__traceback__)


def _signature(function: Any, options: dict[str, Any]) -> Any:
    """Return the parameters of a function: name, kind, default and annotation in a list each; and what it returns."""
    found = inspect.signature(function, **options)
    empty = inspect.Parameter.empty
    parameters = [
        [one.name, int(one.kind), *_given(one.default, empty), *_given(one.annotation, empty)]
        for one in found.parameters.values()
    ]
    return [parameters, _given(found.return_annotation, empty)]


def _given(value: Any, empty: Any) -> list[Any]:
    return [False, None] if value is empty else [True, value]


def _type_hints(owner: Any, options: dict[str, Any]) -> dict[str, Any]:
    return typing.get_type_hints(owner, **options)


def _annotations(owner: Any, options: dict[str, Any]) -> dict[str, Any]:
    return inspect.get_annotations(owner, **options)


def _annotations_of_members(kind: type) -> list[Any]:
    """Return the annotations of a class's functions by their names; and what its fields are by theirs."""
    notes = {name: _notes_of(member) for name, member in list(_members_of(kind).items())}
    fields = _members_of(kind).get("__dataclass_fields__", {})
    # The fields of the base classes are in it, too.
    missing = dataclasses.MISSING
    return [
        {name: found for name, found in notes.items() if found},
        {
            name: [field.type, *_given(field.default, missing), *_given(field.default_factory, missing)]
            for name, field in fields.items()
        },
    ]


def _notes_of(member: Any) -> Any:
    function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    try:
        return function.__annotations__ if isinstance(function, types.FunctionType) else None
    except Exception:  # noqa: BLE001 - names that are missing when they are evaluated, since Python 3.14
        return None


_replaced: dict[tuple[int, str], tuple[type, Any]] = {}
"""Members of classes that test code has replaced: the class, and what was there."""
_MISSING: Any = object()
_members_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


def _set_member(kind: type, name: str, value: Any, member_kind: str) -> None:
    """Set an attribute of a class, and keep what was there as the class had it, such as a `staticmethod`."""
    _replaced.setdefault((id(kind), name), (kind, _members_of(kind).get(name, _MISSING)))
    if member_kind == "property":
        value = property(lambda _, ask=value: ask(), lambda _, new, ask=value: ask(new))  # type: ignore[misc]  # defaults
    setattr(kind, name, value)


def _restore_member(kind: type, name: str) -> None:
    _, original = _replaced.pop((id(kind), name), (kind, _MISSING))
    if original is _MISSING:
        delattr(kind, name)
    else:
        setattr(kind, name, original)


def _attributes_of(value: Any) -> list[str]:
    """Return the names of the attributes that an object itself has."""
    slots = [name for base in type(value).__mro__ for name in _names_of_slots(vars(base).get("__slots__", ()))]
    return [*getattr(value, "__dict__", ()), *(name for name in slots if hasattr(value, name))]


def _only_attribute(value: Any) -> Any:
    """Return the only attribute of an object."""
    names = _attributes_of(value)
    if len(names) != 1:
        raise TypeError("it has no attribute, or several")
    return object.__getattribute__(value, names[0])


def _kin(value: Any) -> Any:
    """Return an object of the same class that has nothing in common with it: its attributes are bare objects."""
    names = _attributes_of(value)
    if not names:
        raise TypeError("two objects without attributes may well be equal")
    kin = object.__new__(type(value))
    for name in names:
        object.__setattr__(kin, name, object())
    return kin


def _names_of_slots(slots: Any) -> list[str]:
    return [slots] if isinstance(slots, str) else [name for name in slots if name not in {"__dict__", "__weakref__"}]


_OPERATORS = """
    lt le eq ne gt ge add sub mul truediv floordiv mod pow matmul lshift rshift and_ or_ xor iadd isub imul itruediv
    ifloordiv imod ipow imatmul ilshift irshift iand ior ixor contains getitem setitem delitem neg pos invert index
"""

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    name: getattr(operator, name)
    for name in _OPERATORS.split()
} | {
    "abs": abs, "bool": bool, "bytes": bytes, "complex": complex, "copy": copy.copy, "deepcopy": copy.deepcopy,
    "delattr": delattr, "dir": dir, "divmod": divmod, "float": float, "format": format, "hash": hash, "int": int,
    "iter": iter, "len": len, "next": next, "repr": repr, "reversed": reversed, "round": round, "setattr": setattr,
    "str": str, "trunc": math.trunc, "floor": math.floor, "ceil": math.ceil, "aiter": aiter, "anext": anext,
    "enter": lambda manager: type(manager).__enter__(manager), "exit": _leave,
    "aenter": lambda manager: type(manager).__aenter__(manager), "aexit": _leave_async,
    "set_member": _set_member, "restore_member": _restore_member,
    "watch_warnings": watch_warnings, "watch_logs": watch_logs, "set_log_levels": set_log_levels,
    "signature": _signature, "type_hints": _type_hints, "annotations": _annotations,
    "annotations_of_members": _annotations_of_members,
    "plain": _plain, "base": _base, "only": _only_attribute, "isinstance": isinstance, "issubclass": issubclass,
    "stranger": lambda one, name, is_left: OPERATIONS[name](*((one, object()) if is_left else (object(), one))),
    "method_of_stranger": lambda one, name, more: getattr(one, name)(object(), *more),
    "kin": lambda one, name, is_left: OPERATIONS[name](*((one, _kin(one)) if is_left else (_kin(one), one))),
}  # fmt: skip
"""Functions by the name that a request uses."""
