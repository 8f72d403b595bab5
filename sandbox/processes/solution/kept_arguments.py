"""Containers in arguments of calls that the answer still holds after the call, by the number of the call.

Both processes have such containers, so each tells the other what it changes in them. Whether the answer holds one is
seen by the number of references to it. The harness need not believe it: it shares only what test code has passed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sandbox.wire.mutation import KEPT

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.wire.mutation import Tracked

__all__ = ["ArgumentsOfCall", "known_ids"]

_count_references = sys.getrefcount
"""Looked up here, once, because the answer may patch the module."""


def known_ids(arguments: dict[int, Tracked], alive: Collection[int] | None) -> set[int]:
    """Forget calls that the harness has forgotten; return the ids of the containers that both processes know.

    Args:
        arguments: containers by the number of the call.
        alive: numbers that the harness still knows; ``None`` if it does not say.
    """
    if alive is not None:
        for number in [number for number in arguments if number not in alive]:
            del arguments[number]
    return {id(container) for tracked in arguments.values() for container in tracked.containers}


class ArgumentsOfCall:
    """Containers in the arguments of one call, before it is made.

    Args:
        arguments: containers of earlier calls, by number.
        watched: all containers in the arguments of this call.
        number: its number; 0 if the harness does not ask for later changes.
        alive: see `known_ids`.
    """

    def __init__(
        self, arguments: dict[int, Tracked], watched: Tracked, number: int, alive: Collection[int] | None
    ) -> None:
        self._arguments = arguments
        self._watched = watched
        self._number = number
        self._known = known_ids(arguments, alive)
        self._new = watched.without(self._known)
        self._holders = [*map(_count_references, self._new.containers)]

    def fail(self) -> None:
        """Take note that the call has raised: what it has changed is told before the reply."""
        if self._number and self._new.is_changed:
            self._arguments[self._number] = self._new

    def finish(self, changes: list[Any] | None, returned: int) -> list[Any] | None:
        """Return what to report of a call that has returned: changes, and whether arguments are kept.

        Args:
            changes: all changes to the arguments.
            returned: the id of the value, to which the caller has one reference.
        """
        # Changes of what is known already are told by that number.
        untold = [
            change
            for change in changes or ()
            if change[0] < 0 or id(self._watched.containers[change[0]]) not in self._known
        ]
        held = [*map(_count_references, self._new.containers)]
        before = [
            count + (id(container) == returned)
            for container, count in zip(self._new.containers, self._holders, strict=True)
        ]
        if self._number and any(now > then for now, then in zip(held, before, strict=True)):
            self._new.renew()
            self._arguments[self._number] = self._new
            untold.insert(0, [KEPT, len(self._new.containers)])
        return untold or None
