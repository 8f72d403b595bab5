"""Containers that test code took from attributes of the solution's objects, and may change.

What crosses is a copy, but ``account.history.append(3)`` means the list that the account has. So test code's copies are
watched, and what it changed in them is sent before the next request. Changes that the answer makes later do not come
back: a test that takes a list keeps what it saw, and an answer cannot change it behind the test's back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.wire.mutation import containers_in, track
from sandbox.wire.protocol import SHARE
from sandbox.wire.replies import SolutionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.wire.mutation import Tracked
    from sandbox.wire.replies import Reply
    from testcases.solution_client import SolutionClient

__all__ = ["SharedContainers"]

_MAX_SHARED = 32
"""Values that are watched, the latest: each is looked through before every request."""
_MAX_ITEMS = 10_000
"""Items that a value may have and still be watched."""


class SharedContainers:
    """The values that are watched, by the number that both processes know each by."""

    def __init__(self) -> None:
        self._generation = 0
        self._last = 0
        self._tracked: dict[int, Tracked] = {}

    def next_number(self) -> int:
        """Return the number for the next value that test code takes."""
        self._last += 1
        return self._last

    def add(self, generation: int, number: int, value: Any) -> Any:
        """Watch a value that came from the process of this generation, and return it."""
        self._forget_others(generation)
        tracked = track([value]) if sum(map(len, _sized(value))) <= _MAX_ITEMS else None
        if tracked is not None:
            self._tracked[number] = tracked
            for old in list(self._tracked)[:-_MAX_SHARED]:
                del self._tracked[old]
        return value

    def send_changes(self, client: SolutionClient) -> Reply | None:
        """Send what test code has changed; return the reply if the process was lost over it.

        Raises:
            ValueCodecError: test code has put something into a container that can neither cross nor be exported.
        """
        for number, changes in self._changes(client.generation):
            reply = client.ask(SHARE, number, changes)
            if reply.status not in {SolutionStatus.RETURNED, SolutionStatus.RAISED}:
                return reply
        return None

    def _changes(self, generation: int) -> Iterator[tuple[int, list[Any]]]:
        """Yield number and changes of each value that test code has changed since the last call."""
        self._forget_others(generation)
        for number, tracked in list(self._tracked.items()):
            changes = tracked.changes()
            if changes is not None:
                renewed = track(tracked.containers[:1])
                # A container that test code put in has no number there, so only those that were there are watched on.
                if renewed is not None and len(renewed.containers) == len(tracked.containers):
                    self._tracked[number] = renewed
                else:
                    del self._tracked[number]
                yield number, changes

    def _forget_others(self, generation: int) -> None:
        if generation != self._generation:
            self._generation = generation
            self._tracked.clear()


def _sized(value: Any) -> list[Any]:
    return [container for container in containers_in([value]) if hasattr(container, "__len__")]
