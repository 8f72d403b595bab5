"""Mutation of arguments: how containers that a call changed in place cross back.

Both processes have copies of the same arguments, so both can number the mutable containers in them alike. The one that
ran the call sends the new contents of each changed container. A container that has a number keeps its identity, so a
row moved to another index of a matrix is that row, for the caller too.
"""

from __future__ import annotations

from array import array
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from operator import is_
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.values import Reference, restore

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

__all__ = [
    "KEPT",
    "RETURNED",
    "SHARED",
    "Tracked",
    "apply_changes",
    "containers_in",
    "contents_of",
    "is_mutable",
    "kept_count",
    "merge_shared",
    "refill",
    "returned_container",
    "shared_containers",
    "track",
    "with_keys",
]

_MAPPINGS = frozenset({dict, OrderedDict, Counter, defaultdict})
_SEQUENCES = frozenset({list, deque})
_MUTABLE = _MAPPINGS | _SEQUENCES | {set, bytearray, array, Random}
_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
RETURNED: Final = -1
"""Takes the place of a number in the entry for a container that was returned."""
SHARED: Final = -2
"""Takes the place of a number in the entry for containers that are in the returned value several times."""
KEPT: Final = -3
"""Takes the place of a number in the entry that says that the callee still holds an argument; with their number."""
_OF_SCALARS = frozenset({bytearray, array})
_NUMBERED = "m"
"""First letter of the key of a reference to a container with a number."""


@dataclass(slots=True)
class Tracked:
    """Containers, with their contents when tracking began."""

    containers: list[Any]
    before: list[Any]

    def changes(self, returned: Any = None) -> list[Any] | None:
        """Return number and contents of each container that was changed; ``None`` if there is nothing to report.

        Args:
            returned: what the call returned. If it is one of the containers, the last entry says so: `RETURNED` and its
                number.
        """
        changed = [
            (number, container)
            for number, (container, old) in enumerate(zip(self.containers, self.before, strict=True))
            if not _is_unchanged(container, old)
        ]
        is_returned = type(returned) in _MUTABLE and any(returned is container for container in self.containers)
        if not changed and not is_returned:
            return None
        numbers = {id(container): number for number, container in enumerate(self.containers)}
        changes = [[number, _with_references(container, numbers, top=True)] for number, container in changed]
        return [*changes, [RETURNED, numbers[id(returned)]]] if is_returned else changes

    @property
    def is_changed(self) -> bool:
        """True if a container was changed."""
        return not all(map(_is_unchanged, self.containers, self.before))

    @property
    def size(self) -> int:
        """Number of containers, and of the items that they had when tracking began."""
        return len(self.containers) + sum(map(len, self.before))

    def renew(self) -> None:
        """Track the contents as they are now, and containers that were put in, under the next numbers."""
        self.before[:] = map(_snapshot, self.containers)
        self._extend()

    def renew_changed(self, changes: Any, numbered: Sequence[Any]) -> None:
        """Do the same for those that the other process has reported as changed, whatever else it reports.

        Args:
            changes: its report.
            numbered: the containers by the numbers in it.
        """
        reported: set[int] = set()
        for change in changes if type(changes) is list else ():
            match change:
                case [int(number), _] if 0 <= number < len(numbered):
                    reported.add(id(numbered[number]))
        for number, container in enumerate(self.containers):
            if id(container) in reported:
                self.before[number] = _snapshot(container)
        self._extend()

    def without(self, known: Container[int]) -> Tracked:
        """Return the same without the containers that have these ids."""
        pairs = zip(self.containers, self.before, strict=True)
        left = [(container, old) for container, old in pairs if id(container) not in known]
        return Tracked([container for container, _ in left], [old for _, old in left])

    def _extend(self) -> None:
        # In an order that both processes share: by the number of the container that holds it, and its place there.
        known = set(map(id, self.containers))
        for container in self.containers:  # grows meanwhile
            for inner in _held_by(container):
                if id(inner) not in known:
                    known.add(id(inner))
                    self.containers.append(inner)
                    self.before.append(_snapshot(inner))

    def changed(self) -> list[tuple[Any, list[Any]]]:
        """Return each container that was changed, with its former contents as `contents_of` returns them."""
        return [
            (container, _contents(container, old))
            for container, old in zip(self.containers, self.before, strict=True)
            if not _is_unchanged(container, old)
        ]


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
        elif kind is ChainMap:
            found += containers_in(value.maps)
        elif (kind in _SEQUENCES or kind is tuple) and not _SCALARS.issuperset(map(type, value)):
            found += containers_in(value)
    return found


def _held_by(container: Any) -> Iterator[Any]:
    """Yield the containers that a container or a tuple holds, but not what these hold in turn."""
    kind = type(container)
    if kind in _MAPPINGS:
        container = container.values()
    elif kind not in _SEQUENCES and kind is not tuple:
        return
    if _SCALARS.issuperset(map(type, container)):
        return  # as most are, and a test may have thousands of items told one by one
    for value in container:
        if type(value) in _MUTABLE:
            yield value
        elif type(value) is ChainMap:
            yield from _held_by(tuple(value.maps))
        elif type(value) is tuple:
            yield from _held_by(value)


def with_keys(value: Any, keys: dict[int, str]) -> Any:
    """Return a value in which references take the place of those mutable containers whose ids have keys."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind in _MUTABLE and (key := keys.get(id(value))) is not None:
        return Reference(key)
    if kind is dict:
        return {name: with_keys(item, keys) for name, item in value.items()}
    if kind is list or kind is tuple:
        return kind([with_keys(item, keys) for item in value])
    return value


def kept_count(changes: Any) -> int | None:
    """Return how many containers a call says are tracked, because it keeps arguments; ``None`` if it keeps none."""
    for change in changes if type(changes) is list else ():
        match change:
            case [int(marker), int(count)] if marker == KEPT:
                return count
    return None


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


def is_mutable(value: Any) -> bool:
    """Return whether a value is a container that calls can change."""
    return type(value) in _MUTABLE


def contents_of(container: Any) -> list[Any]:
    """Return the items of a container; of a mapping keys and values in turn."""
    return _contents(container, _snapshot(container))


def refill(container: Any, contents: Sequence[Any]) -> None:
    """Give a container other contents, as `contents_of` returns them."""
    if type(container) in _MAPPINGS:
        _set_contents(container, dict(zip(contents[::2], contents[1::2], strict=True)))
    elif type(container) is array:
        container[:] = array(container.typecode, contents)
    elif type(container) is Random:
        container.setstate(tuple(contents))
    else:
        kind = type(container)
        _set_contents(container, kind(contents) if kind in {set, bytearray} else list(contents))


def _contents(container: Any, snapshot: Any) -> list[Any]:
    return [part for item in snapshot for part in item] if type(container) in _MAPPINGS else list(snapshot)


def returned_container(changes: Any, containers: Sequence[Any]) -> Any:
    """Return the container that a call has returned, by the changes that it reports; ``None`` for anything else."""
    match changes:
        case [*_, [int(marker), int(number)]] if marker == RETURNED and 0 <= number < len(containers):
            return containers[number]
    return None


def shared_containers(value: Any) -> list[Any]:
    """Return the entry that says which containers of a returned value are one object; empty if none are.

    What crosses is a tree: without this, ``[[0]] * 2`` would be two lists on the other side.
    """
    try:
        containers = containers_in([value])
    except RecursionError:
        return []  # too deep to cross, which whoever encodes it says
    first: dict[int, int] = {}
    pairs = [
        [number, earlier]
        for number, container in enumerate(containers)
        if (earlier := first.setdefault(id(container), number)) != number
    ]
    return [[SHARED, pairs]] if pairs else []


def merge_shared(changes: Any, value: Any) -> Any:
    """Return a value in which those containers are one object that `shared_containers` has reported as one.

    Args:
        changes: what the call reports; malformed entries are skipped.
        value: what it returned.
    """
    match changes:
        case [[int(marker), list(pairs)], *_] if marker == SHARED:
            numbers = {pair[0]: pair[1] for pair in pairs if type(pair) is list and [*map(type, pair)] == [int, int]}
            return _Merger(numbers).visit(value) if numbers else value
    return value


class _Merger:
    """Walk through a value, in the order of `containers_in`."""

    def __init__(self, numbers: dict[int, int]) -> None:
        self._numbers = numbers
        self._found: list[Any] = []
        self._complete: set[int] = set()
        """Numbers of containers that were walked through, so that no container can come to contain itself."""

    def visit(self, value: Any) -> Any:
        """Return what takes the place of a value."""
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind not in _MUTABLE:
            return self._visit_items(value)
        number, earlier = len(self._found), self._numbers.get(len(self._found), -1)
        if earlier in self._complete and type(self._found[earlier]) is kind:
            self._found += containers_in([value])
            self._found[number] = self._found[earlier]
        else:
            self._found.append(value)
            self._visit_items(value)
        self._complete.add(number)
        return self._found[number]

    def _visit_items(self, value: Any) -> Any:
        kind = type(value)
        if kind in _MAPPINGS:
            for key, item in list(value.items()):
                value[key] = self.visit(item)
        elif kind in _SEQUENCES:
            for index, item in enumerate(value):
                value[index] = self.visit(item)
        elif kind is ChainMap:
            value.maps[:] = [self.visit(item) for item in value.maps]
        elif kind is tuple:
            return tuple(map(self.visit, value))
        return value


def _snapshot(container: Any) -> Any:
    kind = type(container)
    if kind in _MAPPINGS:
        return list(dict.items(container))
    if kind is Random:
        return Random.getstate(container)
    return bytes(container) if kind in _OF_SCALARS else list(container)


def _is_unchanged(container: Any, old: Any) -> bool:
    # By identity: == would call methods of the answer's, and takes 1 for True. Items that were replaced by equal ones
    # are sent once too often, which does no harm.
    kind = type(container)
    if kind in _OF_SCALARS or kind is Random:
        return bool(_snapshot(container) == old)
    if len(container) != len(old):
        return False
    if kind in _MAPPINGS:
        return all(
            key is old_key and value is old_value
            for (key, value), (old_key, old_value) in zip(dict.items(container), old, strict=True)
        )
    return all(map(is_, container, old))


def _with_references(value: Any, numbers: dict[int, int], *, top: bool = False) -> Any:
    """Return a copy in which the containers that have numbers are replaced by references."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if not top and id(value) in numbers:
        return Reference(f"{_NUMBERED}{numbers[id(value)]}")
    if kind in _MAPPINGS:
        pairs = {key: _with_references(item, numbers) for key, item in dict.items(value)}
        if kind is dict or top:
            return pairs
        copy = defaultdict(value.default_factory) if kind is defaultdict else kind()
        dict.update(copy, pairs)  # of a Counter the numbers would be added
        return copy
    if kind in _SEQUENCES or kind is tuple:
        items = [_with_references(item, numbers) for item in value]
        if kind is deque:
            return items if top else deque(items, value.maxlen)
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
    elif kind in _OF_SCALARS and type(contents) is kind:
        container[:] = contents
    elif kind is Random and type(contents) is Random:
        container.setstate(contents.getstate())
