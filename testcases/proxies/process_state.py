"""State of the test's process that the solution sees, as in one process: environment, arguments, standard input."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import CALL, OP
from testcases.proxies.exportable import GlobalRef

if TYPE_CHECKING:
    from testcases.solution_client import SolutionClient

__all__ = ["ProcessState"]

_ENVIRON, _SYS = GlobalRef("os:environ"), GlobalRef("sys:")
_REAL_STDIN = GlobalRef("sys:__stdin__")
_SOLUTION_ARGV = ["solution.py"]


class ProcessState:
    """Sends what test code has changed before each request. Only changes cross, so most requests send nothing."""

    def __init__(self) -> None:
        self._first = self._read()
        self._sent = self._first
        self._generation = 0

    @staticmethod
    def _read() -> tuple[dict[str, str], list[Any], Any]:
        return dict(os.environ), list(sys.argv), sys.stdin

    def send(self, client: SolutionClient) -> None:
        """Send what has changed since the last call, or since the beginning to a new process.

        Raises:
            ValueError: something cannot cross.
        """
        before = self._sent if client.generation == self._generation else self._first
        self._generation = client.generation
        environ, argv, stdin = now = self._read()
        self._sent = now
        if environ != before[0]:
            for name in before[0].keys() - environ.keys():
                client.ask(CALL, [_ENVIRON, "pop"], [name, None], {})
            for name in environ:
                if before[0].get(name) != environ[name]:
                    client.ask(OP, "setitem", [_ENVIRON, name, environ[name]])
        if argv != before[1]:
            client.ask(OP, "setattr", [_SYS, "argv", _SOLUTION_ARGV if argv == self._first[1] else argv])
        if stdin is not before[2]:
            client.ask(OP, "setattr", [_SYS, "stdin", _REAL_STDIN if stdin is self._first[2] else stdin])
