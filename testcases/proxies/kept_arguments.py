"""Containers of test code that the solution was given as arguments, and still holds after the call.

What crosses is a copy, but ``bag = Bag(items)`` may keep the test's own list. So both processes know the containers in
the arguments of such a call by a number, and each tells the other what has changed: the test before its next request
and after a callback, the solution before its next reply and before a callback. An answer can claim to hold what it does
not: then it can change what test code has given it, as every function can, and nothing else.
"""

from __future__ import annotations

from collections import OrderedDict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sandbox.wire.mutation import Tracked, apply_changes, is_mutable, kept_count, track, with_keys
from sandbox.wire.protocol import ARGUMENT_KEY, SHARE
from sandbox.wire.replies import SolutionStatus
from testcases.proxies.argument_changes import ARGUMENT_CHANGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.wire.replies import Reply
    from testcases.solution_client import SolutionClient

__all__ = ["KeptArguments"]

_MAX_CALLS: Final = 32
"""Calls whose arguments are watched: the latest, and those with the latest changes."""
_MAX_SIZE: Final = 10_000
"""Containers and items that are watched in all: each is looked at before every request."""
_MAX_TOLD: Final = 500_000
"""Containers and items that are looked through, in all, because something in them has changed: a change of one item has
all looked through, and a test may make thousands."""
_SCALARS: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
_VIEWED: Final[tuple[dict[Any, Any], ...]] = ({}, OrderedDict())
_UNSEEN: Final = frozenset({
    memoryview, MappingProxyType,
    *(type(view) for viewed in _VIEWED for view in (viewed.keys(), viewed.values(), viewed.items())),
})  # fmt: skip
_UNSEEN_MODULES: Final = frozenset({"numpy", "argparse"})
"""Types, and modules of types, whose objects cross as copies, and may change without any watched container changing."""
_DONE: Final = frozenset({SolutionStatus.RETURNED, SolutionStatus.RAISED})


class KeptArguments:
    """Calls of the solution, and the containers in their arguments that are watched."""

    def __init__(self) -> None:
        self._generation = 0
        self._number = 0
        self._sent_count = 0
        self._told = 0
        self._open: dict[int, Tracked] = {}
        """Containers in arguments of calls that have not returned yet."""
        self._kept: dict[int, Tracked] = {}
        """Containers that the solution holds, by the number of the call. The last have changed last."""

    @property
    def change_count(self) -> int:
        """Number of times that test code has changed what the solution holds, also if that is not sent yet."""
        return self._sent_count + any(tracked.is_changed for tracked in self._kept.values())

    def call(self, client: SolutionClient, target: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Reply:
        """Call something in the solution's process."""
        if not ARGUMENT_CHANGES.is_watching:
            return self._call(client, target, args, kwargs)
        given = ARGUMENT_CHANGES.originals(args)
        named = dict(zip(kwargs, ARGUMENT_CHANGES.originals([*kwargs.values()]), strict=True))
        tracked = track([*given, *named.values()])
        try:
            return self._call(client, target, given, named)
        finally:
            ARGUMENT_CHANGES.record(tracked)

    def _call(self, client: SolutionClient, target: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Reply:
        # What was foreseen was encoded before, without a number.
        if client.is_foreseen:
            return client.call(target, args, kwargs)
        self._forget_others(client.generation)
        try:
            watched = track([*args, *kwargs.values()])
        except RecursionError:  # it cannot cross, as whoever encodes it says
            watched = None
        if watched is None:
            return client.call(target, args, kwargs)
        keys = self._keys(watched.containers)
        tracked = watched.without(keys)
        if not 0 < tracked.size <= _MAX_SIZE:
            return client.call(target, args, kwargs, self._fields(keys, target, args, kwargs))
        self._number -= 1
        number = self._number
        self._open[number] = tracked
        fields = [*self._fields(keys, target, args, kwargs), number, list(self._kept)]
        try:
            reply = client.call(target, args, kwargs, fields)
        finally:
            del self._open[number]
        count = kept_count(reply.changes) if reply.status is SolutionStatus.RETURNED else None
        if count is not None and client.generation == self._generation:
            tracked.renew_changed(reply.changes, watched.containers)
            if self._may_go_on(tracked, count):
                self._make_room(tracked.size)
                self._kept[number] = tracked
        return reply

    def _fields(self, keys: dict[int, str], target: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """Return the fields of a request, in which containers that the solution holds are references to those."""
        if not keys:
            return [target, list(args), kwargs]
        named = {name: with_keys(value, keys) for name, value in kwargs.items()}
        return [target, [with_keys(value, keys) for value in args], named]

    def _keys(self, containers: Sequence[Any]) -> dict[int, str]:
        """Return the keys of those containers that the solution holds, by their ids."""
        wanted = set(map(id, containers))
        return {
            id(container): f"{ARGUMENT_KEY}{number}.{index}"
            for number, tracked in self._kept.items()
            for index, container in enumerate(tracked.containers)
            if id(container) in wanted
        }

    def _make_room(self, size: int) -> None:
        """Forget calls whose arguments have not changed for long, so that there is room for one more of that size."""
        size += sum(tracked.size for tracked in self._kept.values())
        while self._kept and (size > _MAX_SIZE or len(self._kept) >= _MAX_CALLS):
            size -= self._kept.pop(next(iter(self._kept))).size

    def take_changes(self, number: int, changes: list[Any], count: int, adopt: Callable[[Any], Any]) -> bool:
        """Change containers as the solution has changed its copies; return whether they are watched on."""
        tracked = self._kept.get(number) or self._open.get(number)
        if tracked is None:
            return False
        before = Tracked(list(tracked.containers), [])
        if ARGUMENT_CHANGES.is_watching:
            before.renew()
        is_kept = False
        try:
            apply_changes(changes, tracked.containers, adopt)
            tracked.renew_changed(changes, before.containers)
            is_kept = self._may_go_on(tracked, count)
        finally:
            if ARGUMENT_CHANGES.is_watching:
                ARGUMENT_CHANGES.record(before)
            was_kept = self._kept.pop(number, None) is not None
        if is_kept and was_kept:
            self._kept[number] = tracked
        return is_kept and was_kept

    def send_changes(self, client: SolutionClient) -> Reply | None:
        """Send what test code has changed; return the reply if the process was lost over it."""
        self._forget_others(client.generation)
        for number, tracked in list(self._kept.items()):
            if not tracked.is_changed:
                continue
            self._sent_count += 1
            try:
                changes = tracked.changes()
                tracked.renew()
                reply = client.ask(SHARE, number, changes, len(tracked.containers))
            except (ValueError, RecursionError):  # test code has put in what cannot cross, and need not
                self._kept.pop(number, None)
                continue
            if reply.status not in _DONE:
                return reply
            was_kept = self._kept.pop(number, None) is not None
            if was_kept and reply.value is True and self._may_go_on(tracked, len(tracked.containers)):
                self._kept[number] = tracked
        return None

    def _may_go_on(self, tracked: Tracked, count: int) -> bool:
        """Return whether both processes know the same containers and see all changes, and need not look too often."""
        size = tracked.size
        self._told += size
        if len(tracked.containers) != count or size > _MAX_SIZE or self._told > _MAX_TOLD:
            return False
        return all(_SCALARS.issuperset(map(type, items)) or all(map(_is_seen, items)) for items in tracked.before)

    def _forget_others(self, generation: int) -> None:
        if generation != self._generation:
            self._generation = generation
            self._kept.clear()


def _is_seen(item: Any, *, in_named_tuple: bool = False) -> bool:
    """Return whether an item of a container cannot change without being seen. Objects that cross by reference cannot.

    If it can, the container is not shared: the solution would be given the container that it has, and not the change.
    """
    kind = type(item)
    if is_mutable(item):
        return not in_named_tuple  # a container in a named tuple is not watched
    if issubclass(kind, tuple):
        in_named_tuple |= kind is not tuple
        return all(_is_seen(part, in_named_tuple=in_named_tuple) for part in tuple.__iter__(item))
    return kind not in _UNSEEN and kind.__module__.partition(".")[0] not in _UNSEEN_MODULES
