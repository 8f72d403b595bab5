"""Coroutines of the answer, run in an event loop of its process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sandbox.processes.calls import call

if TYPE_CHECKING:
    from sandbox.processes.calls import Work

__all__ = ["Coroutines"]


class Coroutines:
    """Runs what is awaited elsewhere. All of it runs in one loop, so what was started together goes on together."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Future[Any]] = {}

    def start(self, awaitable: Any) -> Work:
        """Have it run from the next `finish` on, whichever that is for."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        if id(awaitable) not in self._tasks:
            self._tasks[id(awaitable)] = yield call(asyncio.ensure_future, awaitable, loop=self._loop)

    def finish(self, awaitable: Any) -> Work:
        """What it returns."""
        yield from self.start(awaitable)
        assert self._loop is not None
        result = yield call(self._loop.run_until_complete, self._tasks.pop(id(awaitable)))
        return result
