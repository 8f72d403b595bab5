"""What a class says of itself, read past its metaclass: attributes that one defines are code of the answer's."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["built_in_error", "is_class", "line_of", "members_of", "module_of", "name_of", "plain_text"]

_ERRORS = {
    id(kind): name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__name__ == name
}
_name: Callable[[type], str] = type.__dict__["__name__"].__get__
_module: Callable[[type], Any] = type.__dict__["__module__"].__get__
line_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
"""A class and its bases, in the order in which attributes are looked up."""
members_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
"""What a class itself defines."""


def name_of(kind: type) -> str:
    """A class's name."""
    return plain_text(_name(kind))


def module_of(kind: type) -> str:
    """The name of the module a class says it is of; empty when that is no name."""
    module = _module(kind)
    return module if type(module) is str else ""


def is_class(value: object) -> bool:
    """Whether a value is a class, whatever it says it is."""
    return issubclass(type(value), type)


def plain_text(text: str) -> str:
    """The same text as exactly a string."""
    return str.__getitem__(text, slice(None))


def built_in_error(kind: type) -> str | None:
    """The name of a built-in exception; ``None`` for any other class."""
    return _ERRORS.get(id(kind))
