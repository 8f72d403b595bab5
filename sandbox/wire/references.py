"""What crosses in place of a value that stays in the writer's process, or that is made anew in the reader's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.errors import ValueCodecError

__all__ = ["Construction", "NamedItems", "Reference"]


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that stays in the writer's process."""

    key: int | str
    """The writer's number for it, or its name there."""
    kind: str = "object"
    """Name of its class, for people."""
    is_callable: bool = False
    of: int | str = 0
    """The writer's number for its class, or a word for what it can do; 0 for a class."""

    def pack(self) -> list[Any]:
        """Return the fields as they cross."""
        return [self.key, self.kind, self.is_callable, self.of]

    @classmethod
    def unpack(cls, fields: list[Any]) -> Reference:
        """Return the reference that `pack` was called on.

        Raises:
            ValueCodecError: the fields are not of these types; the answer can have written anything.
        """
        key, kind, is_callable, of = fields
        if type(key) not in (int, str) or type(kind) is not str or type(of) not in (int, str):
            raise ValueCodecError("malformed value: a bad reference")
        return cls(key, kind[:200], is_callable is True, of)


@dataclass(frozen=True, slots=True)
class NamedItems:
    """A named tuple: an object that stays, and its items."""

    reference: Reference
    names: tuple[str, ...]
    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Construction:
    """A call that makes a value where it is read, of an object that both processes have by name."""

    function: Any
    """A `Reference`; once it was restored, the object itself."""
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
