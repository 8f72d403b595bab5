"""Attributes of the solution's classes that test code sets, as mocks do, and puts back.

A proxy class has members of its own for the methods of the solution's class. A mock reads one of them as the original,
and sets it again at the end. It means nothing in the solution's process, so that process keeps the real original.
"""

from __future__ import annotations

import unittest.mock
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.protocol import OP
from testcases.proxies.exportable import abilities_of

if TYPE_CHECKING:
    from testcases.proxies.session import Asking

__all__ = [
    "delete_class_attribute",
    "hide_own_attribute",
    "is_patched",
    "member_kind",
    "restore_class_attribute",
    "set_class_attribute",
    "show_own_attribute",
]

_ORIGINALS: Final = "__patched_members__"
_OWN: Final = "__of_one_object__"
_MISSING: Any = object()


def set_class_attribute(session: Asking, cls: type, name: str, value: Any) -> None:
    """Set an attribute of a class in the solution's process, or put the original back, if the value is that."""
    originals: dict[str, Any] = vars(cls).get(_ORIGINALS, {})
    if name in originals and value is originals[name] is not _MISSING:
        restore_class_attribute(session, cls, name)
        return
    session.ask(OP, "set_member", [cls, name, value, member_kind(value)])
    if name not in originals:
        originals = {**originals, name: _found(cls, name)}
        type.__setattr__(cls, _ORIGINALS, originals)
    # What test code can call is its own, so it is found here, with everything that a mock has. Other values are read in
    # the solution's process, which may change them.
    if abilities_of(value) is not None and callable(value):
        type.__setattr__(cls, name, value)
    elif name in vars(cls):
        type.__delattr__(cls, name)


def restore_class_attribute(session: Asking, cls: type, name: str) -> None:
    """Put the original of an attribute back, in both processes."""
    originals: dict[str, Any] = dict(vars(cls).get(_ORIGINALS, {}))
    original = originals.pop(name)
    session.ask(OP, "restore_member", [cls, name])
    type.__setattr__(cls, _ORIGINALS, originals)
    if name in vars(cls):
        type.__delattr__(cls, name)
    if original is not _MISSING and original is not _found(cls, name):
        type.__setattr__(cls, name, original)


def delete_class_attribute(session: Asking, cls: type, name: str) -> None:
    """Delete an attribute; one that test code has set is replaced by the original, as a mock expects."""
    if is_patched(cls, name):
        restore_class_attribute(session, cls, name)
    else:
        session.ask(OP, "delattr", [cls, name])


def show_own_attribute(proxy: Any, name: str, value: Any) -> None:
    """Have test code find a mock or function that it has set in an object where the class has a method of that name."""
    cls = type(proxy)
    if abilities_of(value) is None or not callable(value) or _found(cls, name) is _MISSING:
        return
    # Attributes of the class come first, since a proxy has none of its own: so it gets a class of its own.
    own = type.__new__(type(cls), cls.__name__, (cls,), {"__slots__": (), _OWN: True, name: staticmethod(value)})
    object.__setattr__(proxy, "__class__", own)


def hide_own_attribute(proxy: Any, name: str) -> None:
    """Undo `show_own_attribute`."""
    cls = type(proxy)
    if _OWN in vars(cls) and name in vars(cls):
        object.__setattr__(proxy, "__class__", cls.__bases__[0])


def is_patched(cls: type, name: str) -> bool:
    """Return whether test code has set an attribute of a class and not put it back."""
    return name in vars(cls).get(_ORIGINALS, {})


def member_kind(value: Any) -> str:
    """Return what a value is as a member of a class: a mock of a property is asked when the attribute is read."""
    return "property" if isinstance(value, unittest.mock.PropertyMock) else ""


def _found(cls: type, name: str) -> Any:
    """Return an attribute as its class has it, without asking the solution."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), _MISSING)
