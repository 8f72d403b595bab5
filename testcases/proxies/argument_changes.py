"""Arguments of the test's own that calls of the solution have changed while a comparison is evaluated.

`testcases.source.comparisons` says which comparisons, and why.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.mutation import contents_of, is_mutable, refill

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.wire.mutation import Tracked

__all__ = ["ARGUMENT_CHANGES", "ArgumentChanges"]

_MAX_OPEN = 100
"""Comparisons that may be nested. One that an exception has ended stays open, until one around it ends."""


@dataclass(slots=True)
class _Comparison:
    """A comparison that is being evaluated."""

    number: int
    changed: dict[int, tuple[Any, list[Any]]] = field(default_factory=dict)
    """Containers that the solution has changed, by id, with their former contents."""
    copies: list[tuple[Any, Any]] = field(default_factory=list)
    """Copies with former contents, and the containers that they were made of."""

    def restored(self, value: Any, known: dict[int, Any]) -> Any:
        """Return a value as it was: the same object, or a copy if it or something in it was changed."""
        key, kind = id(value), type(value)
        if key in known or not (is_mutable(value) or kind is tuple):
            return known.get(key, value)
        known[key] = value  # ends the recursion for a value that contains itself
        was_changed = key in self.changed
        contents = self.changed[key][1] if was_changed else contents_of(value)
        former = [self.restored(item, known) for item in contents]
        if not was_changed and all(one is other for one, other in zip(former, contents, strict=True)):
            return value
        if kind is tuple:
            known[key] = tuple(former)
        else:
            known[key] = copy.copy(value)
            refill(known[key], former)
            self.copies.append((known[key], value))
        return known[key]


class ArgumentChanges:
    """The comparisons that are being evaluated, the innermost last, and what they have seen changed."""

    def __init__(self) -> None:
        self._open: list[_Comparison] = []

    # For test code

    def begin(self, number: int) -> int:
        """Begin a comparison, and return its number."""
        del self._open[:-_MAX_OPEN]
        self._open.append(_Comparison(number))
        return number

    def end(self, number: int, result: Any) -> Any:
        """End a comparison, with those in it that an exception has ended, and return its result."""
        while self._open and self._open.pop().number != number:
            continue
        return result

    def before(self, number: int, value: Any) -> Any:
        """Return a value as it was when the comparison with this number began."""
        comparison = next((one for one in reversed(self._open) if one.number == number), None)
        return value if comparison is None or not comparison.changed else comparison.restored(value, {})

    # For the session with the solution

    def clear(self) -> None:
        """Forget everything: another solution is tested."""
        self._open.clear()

    @property
    def is_watching(self) -> bool:
        """True while a comparison is evaluated."""
        return bool(self._open)

    def record(self, tracked: Tracked | None) -> None:
        """Record what a call has changed."""
        for container, former in [] if tracked is None else tracked.changed():
            for comparison in self._open:
                comparison.changed.setdefault(id(container), (container, former))

    def originals(self, values: Sequence[Any]) -> list[Any]:
        """Return arguments of a call of the solution, which gets a container itself and not a copy of what it was."""
        copies = {id(one): original for comparison in self._open for one, original in comparison.copies}
        return [copies.get(id(value), value) for value in values]


ARGUMENT_CHANGES: Final = ArgumentChanges()
