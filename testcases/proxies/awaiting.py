"""Coroutines of test code that the answer awaits: each runs to its end here, in a loop of its own.

Test code may wait for the answer in a loop at that moment. That loop cannot go on meanwhile, so it is set aside.
"""

from __future__ import annotations

from typing import Any

__all__ = ["finish", "next_of"]

_loops: list[Any] = []
"""The loop, once there is one: queues and locks of test code belong to the loop that they were first used in."""


def finish(coroutine: Any) -> Any:
    """Run a coroutine to its end and return its result."""
    import asyncio  # noqa: PLC0415 - slow to import, and few tests have coroutines
    from asyncio import events, tasks  # noqa: PLC0415 - as above

    outer = events._get_running_loop()  # noqa: SLF001 - there is no other way to set a running loop aside
    task = None if outer is None else tasks.current_task(outer)
    if not _loops or _loops[0].is_closed():
        _loops[:] = [asyncio.new_event_loop()]
    loop = _loops[0] if not _loops[0].is_running() else asyncio.new_event_loop()
    if outer is not None and task is not None:
        tasks._leave_task(outer, task)  # noqa: SLF001 - as above
    events._set_running_loop(None)  # noqa: SLF001 - as above
    try:
        return loop.run_until_complete(coroutine)
    finally:
        events._set_running_loop(outer)  # noqa: SLF001 - as above
        if outer is not None and task is not None:
            tasks._enter_task(outer, task)  # noqa: SLF001 - as above
        if loop is not _loops[0]:
            loop.close()


async def next_of(iterator: Any) -> Any:
    """Return the next item of an asynchronous iterator of test code."""
    return await type(iterator).__anext__(iterator)
