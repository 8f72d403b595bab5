"""State of the test's process that the solution sees: environment, arguments, standard input, seeds, decimals."""

from __future__ import annotations

import contextlib
import decimal
import os
import random
import sys
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import CALL, OP
from testcases.proxies.exportable import GlobalRef, context_arguments
from testcases.replacements import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.solution_client import SolutionClient

__all__ = ["ProcessState", "recorded_seeds"]

_ENVIRON, _SYS = GlobalRef("os:environ"), GlobalRef("sys:")
_DECIMAL = GlobalRef("decimal:")
_REAL_STDIN = GlobalRef("sys:__stdin__")
_SOLUTION_ARGV = ["solution.py"]


_RANDOM, _NUMPY_RANDOM = GlobalRef("random:"), GlobalRef("numpy.random:")
# Bound here, because test code may patch them.
_get_state, _get_context = random.getstate, decimal.getcontext
_seeds: dict[str, tuple[Any, ...]] = {}
"""Generators that test code has seeded since the last request: ``random``, and numpy's with what it was seeded with."""


@contextlib.contextmanager
def recorded_seeds() -> Iterator[None]:
    """Record when test code seeds the random numbers, so that the solution draws the same ones.

    The state is sent only after that. If it were sent always, an answer could predict what the test draws next.
    """
    numpy_random: Any = getattr(sys.modules.get("numpy"), "random", None)
    owners = [(random, "seed", "random"), (random, "setstate", "random")]
    owners += [(numpy_random, "seed", "numpy")] if numpy_random is not None else []
    with replaced((owner, name, _recording(getattr(owner, name), generator)) for owner, name, generator in owners):
        try:
            yield
        finally:
            _seeds.clear()


def _recording(original: Any, generator: str) -> Any:
    def seed(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        _seeds[generator] = (*args, *kwargs.values())

    return seed


def _decimal_context() -> list[Any]:
    """Return what the present context of `decimal` consists of, without its flags."""
    return list(context_arguments(_get_context()))


class ProcessState:
    """Sends what test code has changed before each request. Only changes cross, so most requests send nothing."""

    def __init__(self) -> None:
        self._first = self._read()
        self._sent = self._first
        self._generation = 0

    @staticmethod
    def _read() -> tuple[dict[str, str], list[Any], Any, list[Any]]:
        return dict(os.environ), list(sys.argv), sys.stdin, _decimal_context()

    def send(self, client: SolutionClient) -> None:
        """Send what has changed since the last call, or since the beginning to a new process.

        Raises:
            ValueError: something cannot cross.
        """
        if _seeds:
            if "random" in _seeds:
                client.ask(CALL, [_RANDOM, "setstate"], [_get_state()], {})
            if "numpy" in _seeds:
                client.ask(CALL, [_NUMPY_RANDOM, "seed"], list(_seeds["numpy"]), {})
            _seeds.clear()
        before = self._sent if client.generation == self._generation else self._first
        self._generation = client.generation
        environ, argv, stdin, decimals = now = self._read()
        self._sent = now
        self._send_environ(client, before[0], environ)
        if argv != before[1]:
            client.ask(OP, "setattr", [_SYS, "argv", _SOLUTION_ARGV if argv == self._first[1] else argv])
        if decimals != before[3]:
            client.ask(CALL, [_DECIMAL, "setcontext"], [_get_context()], {})
        if stdin is not before[2]:
            client.ask(OP, "setattr", [_SYS, "stdin", _REAL_STDIN if stdin is self._first[2] else stdin])

    @staticmethod
    def _send_environ(client: SolutionClient, before: dict[str, str], environ: dict[str, str]) -> None:
        for name in before.keys() - environ.keys():
            client.ask(CALL, [_ENVIRON, "pop"], [name, None], {})
        for name, value in environ.items():
            if before.get(name) != value:
                client.ask(OP, "setitem", [_ENVIRON, name, value])
