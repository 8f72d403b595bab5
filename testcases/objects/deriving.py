"""Classes that test code derives from the answer's: what the answer's process is told of them."""

from __future__ import annotations

import types
from typing import Any

__all__ = ["members_of"]

_LEFT_OUT = frozenset(
    {"__module__", "__qualname__", "__classcell__", "__dict__", "__weakref__", "__class_held__", "__firstlineno__",
     "__static_attributes__", "__annotations__", "__annotate_func__", "__annotate__"}
)  # fmt: skip


def members_of(namespace: dict[str, Any]) -> dict[str, list[Any]]:
    """Each member of a class body: what kind it is, and what it is made of."""
    return {name: _member(member) for name, member in namespace.items() if name not in _LEFT_OUT}


def _member(member: Any) -> list[Any]:
    match member:
        case staticmethod() | classmethod():
            return [type(member).__name__, [member.__func__]]
        case property():
            return ["property", [member.fget, member.fset, member.fdel]]
        case types.FunctionType() if getattr(member, "__isabstractmethod__", False):
            return ["abstract", [member]]
    return ["plain", [member]]
