"""What a call did to its arguments: how a container that was changed in place crosses back.

Both sides hold copies of the same arguments, so both can number the mutable containers in them alike. The side that
ran the call says of each changed container what it holds now; a container that had a number keeps its identity, so a
row moved to another place in a matrix is that row, for the caller too.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.wire.values import Reference, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Tracked", "apply_changes", "containers_in", "track"]

_MAPPINGS = frozenset({dict, OrderedDict, Counter, defaultdict})
_SEQUENCES = frozenset({list, deque})
_MUTABLE = _MAPPINGS | _SEQUENCES | {set, bytearray}
_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
_NUMBERED = "m"
"""First letter of the key of a reference that stands for a container with a number."""


@dataclass(slots=True)
class Tracked:
    """Containers, and what they held when the watch began."""

    containers: list[Any]
    before: list[Any]

    def changes(self) -> list[Any] | None:
        """For each container that holds something else now: its number, and what it holds; ``None`` when none does."""
        changed = [
            (number, container)
            for number, (container, old) in enumerate(zip(self.containers, self.before, strict=True))
            if not _is_unchanged(container, old)
        ]
        if not changed:
            return None
        numbers = {id(container): number for number, container in enumerate(self.containers)}
        return [[number, _marked(container, numbers, top=True)] for number, container in changed]


def track(values: Iterable[Any]) -> Tracked | None:
    """Watch the mutable containers in some values; ``None`` when there are none."""
    containers = containers_in(values)
    return Tracked(containers, [_snapshot(container) for container in containers]) if containers else None


def containers_in(values: Iterable[Any]) -> list[Any]:
    """The mutable containers in plain data, in an order that copies of the data share."""
    found: list[Any] = []
    for value in values:
        kind = type(value)
        if kind in _SCALARS:
            continue
        if kind in _MUTABLE:
            found.append(value)
        if kind in _MAPPINGS:
            found += containers_in(value.values())
        elif (kind in _SEQUENCES or kind is tuple) and not _SCALARS.issuperset(map(type, value)):
            found += containers_in(value)
    return found


def apply_changes(changes: Sequence[Any], containers: Sequence[Any], found: Callable[[Any], Any]) -> None:
    """Have containers hold what the other side says; what makes no sense is passed over.

    Args:
        changes: what `Tracked.changes` made of copies of these containers.
        containers: by their numbers.
        found: what stands for a reference.
    """

    def look_up(reference: Any) -> Any:
        key = getattr(reference, "key", "")
        if type(reference) is Reference and type(key) is str and key[:1] == _NUMBERED and key[1:].isdecimal():
            number = int(key[1:10])
            return containers[number] if number < len(containers) else None
        return found(reference)

    for change in changes:
        match change:
            case [int(number), held] if 0 <= number < len(containers):
                _set_contents(containers[number], restore(held, look_up))


def _snapshot(container: Any) -> Any:
    kind = type(container)
    if kind in _MAPPINGS:
        return list(dict.items(container))
    return bytes(container) if kind is bytearray else list(container)


def _is_unchanged(container: Any, old: Any) -> bool:
    if type(container) is bytearray:
        return bool(container == old)
    new = _snapshot(container)
    if len(new) != len(old):
        return False
    if type(container) in _MAPPINGS:
        return all(
            key is old_key and value is old_value for (key, value), (old_key, old_value) in zip(new, old, strict=True)
        )
    return all(item is old_item for item, old_item in zip(new, old, strict=True))


def _marked(value: Any, numbers: dict[int, int], *, top: bool = False) -> Any:
    """A copy in which references stand for the containers that have numbers."""
    kind = type(value)
    if kind in _SCALARS or kind in {set, bytearray}:
        return value
    if not top and id(value) in numbers:
        return Reference(f"{_NUMBERED}{numbers[id(value)]}")
    if kind in _MAPPINGS:
        return {key: _marked(item, numbers) for key, item in dict.items(value)}
    if kind in _SEQUENCES or kind is tuple:
        items = [_marked(item, numbers) for item in value]
        return tuple(items) if kind is tuple else items
    return value


def _set_contents(container: Any, held: Any) -> None:
    kind = type(container)
    if held is container:
        return
    if kind in _MAPPINGS and type(held) is dict:
        container.clear()
        for key, value in held.items():
            container[key] = value
    elif kind in _SEQUENCES and type(held) is list:
        container.clear()
        container.extend(held)
    elif kind is set and type(held) is set:
        container.clear()
        container.update(held)
    elif kind is bytearray and type(held) is bytearray:
        container[:] = held
