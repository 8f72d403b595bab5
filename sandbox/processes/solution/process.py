"""The program of a solution process: prepared in the zygote, begun in each child."""

from __future__ import annotations

import _socket
import os
import random
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.isolation import imports
from sandbox.processes.solution import lockdown, warm_up
from sandbox.processes.solution.in_process import TOKEN, isolate_builtins, load_in_process_runner, step_function
from sandbox.processes.solution.solution import Solution
from sandbox.processes.solution.trampoline import Task, call
from sandbox.wire.loaded_modules import call_where_missing
from sandbox.wire.protocol import AWAIT, START, STEP
from sandbox.wire.values import decode
from sandbox.wire.zygote_protocol import CHANNEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from sandbox.processes.solution.trampoline import Steps
    from sandbox.wire.protocol import LoadSettings

__all__ = ["prepare", "prepare_small"]

_leave = os._exit
"""Looked up here, once: an answer may have replaced it."""


def prepare(in_process_runner: str = "") -> Callable[[int], Callable[[], Any]]:
    """Prepare everything that can be before the fork, and return the program of a solution process.

    Args:
        in_process_runner: ``module:class`` that runs tests in this process; empty if there are none.
    """
    from sandbox.processes.solution import extras  # noqa: PLC0415 - what the small zygote does without

    extend = extras.prepare()
    return _prepare(load_in_process_runner(in_process_runner), lambda: lockdown.prepare(extend), extras.coroutine_verbs)


def prepare_small() -> Callable[[int], Callable[[], Any]]:
    """Do as `prepare` in the small zygote: no threads, no coroutines, no rare modules, and no tests in the process."""
    call_where_missing(partial(_leave, imports.EXIT_CODE))
    return _prepare(None, lockdown.prepare_small, lambda: dict.fromkeys((START, AWAIT), _leave_for_the_large_zygote))


def _leave_for_the_large_zygote(*_: Any) -> Steps:
    yield call(_leave, imports.EXIT_CODE)


def _prepare(
    make_runner: Callable[[dict[str, Any]], Any] | None,
    prepare_lockdown: Callable[[], Callable[[LoadSettings, ModuleType], None]],
    more_verbs: Callable[[], Mapping[str, Callable[..., Steps]]],
) -> Callable[[int], Callable[[], Any]]:
    # A child shares the zygote's pages until it writes to them, and even a new reference to an object is a write: to
    # its reference count. So all objects of the first requests exist before the fork, and a child does nothing for the
    # first time.
    stdin, out = warm_up.prepare_streams()
    sys.argv[:] = ["solution.py"]
    random.seed(0)
    warm_up.serve_trial_answer(lambda channel: Solution(channel, out, more_verbs()))
    connect, dup2, closerange, lock_down = _socket.socket, os.dup2, os.closerange, prepare_lockdown()
    solution = Solution(CHANNEL, out, more_verbs())
    take = Task(solution.serve()).take

    def main(channel: int) -> Callable[[], Any]:
        """Receive the first message and lock the process down; return the argument of `base_frame.run`."""
        # Standard streams replace descriptors 0 to 2; all others but the channel are closed.
        for number, descriptor in enumerate(solution.receive_settings(connect(fileno=channel))):
            dup2(descriptor, number)
        closerange(channel + 1, 64)
        if solution.settings.program:
            stdin.fill()
        lock_down(solution.settings, solution.module)
        if make_runner is not None and solution.settings.in_process_spec:
            spec = decode(solution.settings.in_process_spec)
            isolate_builtins(solution.module)
            token = spec.pop(TOKEN)
            solution.verbs[STEP] = step_function(make_runner(spec), solution.module, token)
        return take

    return main
