"""Members of the enums that a prompt defines: they are in both processes, and stand for each other."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import ENTRY_MODULE, GLOBAL_KEY
from sandbox.wire.values import Reference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["PromptEnums"]

_Enum = enum.Enum


class PromptEnums:
    """The enums of one prompt, as test code has them."""

    def __init__(self) -> None:
        self._kinds: dict[str, type[enum.Enum]] = {}

    def learn(self, namespace: Mapping[str, Any], names: Collection[str]) -> None:
        """Note the enums among these names of a namespace."""
        for name in names:
            kind: Any = namespace.get(name)
            if issubclass(type(kind), enum.EnumMeta) and kind.__name__ == name:
                self._kinds[name] = kind

    def reference_to(self, value: Any) -> Reference | None:
        """Return what stands for the solution's member for one of test code's; ``None`` for any other value."""
        kind = type(value)
        if self._kinds.get(kind.__name__) is not kind or not value.name.isidentifier():
            return None
        return Reference(f"{GLOBAL_KEY}{ENTRY_MODULE}:{kind.__name__}.{value.name}", "target")

    def is_known(self, kind: type) -> bool:
        """Return whether a class of proxies is that of an enum of the prompt, by its name and its bases."""
        if kind.__name__ not in self._kinds:
            return False
        bases = [one for base in kind.__mro__ for one in vars(base).get("__standard_classes__", ())]
        return any(issubclass(base, _Enum) for base in bases)

    def member(self, kind: type, name: Any) -> Any:
        """Return test code's member for one of the solution's that says its name; ``None`` if there is none."""
        return self._kinds[kind.__name__].__members__.get(name) if type(name) is str else None
