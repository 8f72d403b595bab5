"""Mutation of arguments: how containers that a call changed in place cross back.

Both processes have copies of the same arguments, so both can number the mutable containers in them alike. The one that
ran the call sends the new contents of each changed container. A container that has a number keeps its identity, so a
row moved to another index of a matrix is that row, for the caller too.
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
"""First letter of the key of a reference to a container with a number."""


@dataclass(slots=True)
class Tracked:
    """Containers, with their contents when tracking began."""

    containers: list[Any]
    before: list[Any]

    def changes(self) -> list[Any] | None:
        """Return number and contents of each container that was changed; ``None`` if none was."""
        changed = [
            (number, container)
            for number, (container, old) in enumerate(zip(self.containers, self.before, strict=True))
            if not _is_unchanged(container, old)
        ]
        if not changed:
            return None
        numbers = {id(container): number for number, container in enumerate(self.containers)}
        return [[number, _with_references(container, numbers, top=True)] for number, container in changed]


def track(values: Iterable[Any]) -> Tracked | None:
    """Track the mutable containers in some values; return ``None`` if there are none."""
    containers = containers_in(values)
    return Tracked(containers, [_snapshot(container) for container in containers]) if containers else None


def containers_in(values: Iterable[Any]) -> list[Any]:
    """Return the mutable containers in plain data, in an order that copies of the data share."""
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


def apply_changes(changes: Sequence[Any], containers: Sequence[Any], resolve: Callable[[Any], Any]) -> None:
    """Change containers as the other process has changed its copies. Malformed changes are skipped.

    Args:
        changes: result of `Tracked.changes` for copies of these containers.
        containers: the containers by their numbers.
        resolve: returns the object that a reference means here.
    """

    def look_up(reference: Any) -> Any:
        key = getattr(reference, "key", "")
        if type(reference) is Reference and type(key) is str and key[:1] == _NUMBERED and key[1:].isdecimal():
            number = int(key[1:10])  # cut, because the answer may have sent thousands of digits
            return containers[number] if number < len(containers) else None
        return resolve(reference)

    for change in changes:
        match change:
            case [int(number), contents] if 0 <= number < len(containers):
                _set_contents(containers[number], restore(contents, look_up))


def _snapshot(container: Any) -> Any:
    kind = type(container)
    if kind in _MAPPINGS:
        return list(dict.items(container))
    return bytes(container) if kind is bytearray else list(container)


def _is_unchanged(container: Any, old: Any) -> bool:
    # By identity: == would call methods of the answer's, and takes 1 for True. Items that were replaced by equal ones
    # are sent once too often, which does no harm.
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


def _with_references(value: Any, numbers: dict[int, int], *, top: bool = False) -> Any:
    """Return a copy in which the containers that have numbers are replaced by references."""
    kind = type(value)
    if kind in _SCALARS or kind in {set, bytearray}:
        return value
    if not top and id(value) in numbers:
        return Reference(f"{_NUMBERED}{numbers[id(value)]}")
    if kind in _MAPPINGS:
        return {key: _with_references(item, numbers) for key, item in dict.items(value)}
    if kind in _SEQUENCES or kind is tuple:
        items = [_with_references(item, numbers) for item in value]
        return tuple(items) if kind is tuple else items
    return value


def _set_contents(container: Any, contents: Any) -> None:
    kind = type(container)
    if contents is container:
        return
    if kind in _MAPPINGS and type(contents) is dict:
        container.clear()
        for key, value in contents.items():
            container[key] = value
    elif kind in _SEQUENCES and type(contents) is list:
        container.clear()
        container.extend(contents)
    elif kind is set and type(contents) is set:
        container.clear()
        container.update(contents)
    elif kind is bytearray and type(contents) is bytearray:
        container[:] = contents
