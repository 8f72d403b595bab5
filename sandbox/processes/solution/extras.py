"""What only processes of the large zygote offer, because few answers need it: threads, coroutines, rare modules.

Loading this module loads asyncio and much else, which the small zygote does without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.processes.solution import event_loop, on_demand, preallocated_threads
from sandbox.wire.protocol import AWAIT, START

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.solution.trampoline import Steps
    from sandbox.wire.protocol import LoadSettings

__all__ = ["coroutine_verbs", "prepare"]

_STACK_WORD = "stack_size"
"""Word of sources that ask for threads with large stacks."""


def prepare() -> Callable[[LoadSettings], int]:
    """Prepare what can be prepared before the fork, and return a function for a child.

    It starts threads and loads modules for the answer, and returns the bytes of address space of the threads' stacks.
    """
    event_loop.install_event_loop()
    load_on_demand = on_demand.prepare()

    def extend(settings: LoadSettings) -> int:
        large_stacks = _STACK_WORD in settings.source
        preallocated_threads.preallocate(settings.threads, large=large_stacks)
        load_on_demand(settings.modules)
        return preallocated_threads.stack_bytes(settings.threads, large=large_stacks)

    return extend


def coroutine_verbs() -> dict[str, Callable[..., Steps]]:
    """Return the functions that serve requests about coroutines, by verb."""
    coroutines = event_loop.Coroutines()
    return {START: coroutines.start, AWAIT: coroutines.finish}
