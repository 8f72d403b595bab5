"""``sys.path`` as test code and solution both see and change it, without a way for the solution to be imported here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sandbox.wire.protocol import GET, OP
from sandbox.wire.replies import SolutionStatus
from testcases.proxies.exportable import GlobalRef

if TYPE_CHECKING:
    from testcases.solution_client import SolutionClient

__all__ = ["ImportPath"]

_SYS = GlobalRef("sys:")
_MAX_ENTRIES = 1000


class _NothingThere:
    """Finder for an entry of the solution: nothing can be imported from it."""

    @staticmethod
    def find_spec(fullname: str, target: object = None) -> None:
        """Find nothing."""


class ImportPath:
    """The path of both processes. Entries of this host are known in the other one by names that mean nothing."""

    def __init__(self) -> None:
        self._shown = {entry: f"/usr/lib/python{number}" for number, entry in enumerate(dict.fromkeys(sys.path))}
        self._meant = {shown: entry for entry, shown in self._shown.items()}
        self._of_solution: set[str] = set()
        self._known: list[str] | None = None
        # Before any other: what the solution puts into the path must never be imported by the process of the tests.
        sys.path_hooks.insert(0, self._hook)

    def _hook(self, entry: str) -> _NothingThere:
        if entry in self._of_solution:
            return _NothingThere()
        raise ImportError(entry)

    def forget(self) -> None:
        """Forget what the other process knows: it is a new one."""
        self._known = None

    def send(self, client: SolutionClient) -> None:
        """Send the path if test code has changed it, or the process is new."""
        if list(sys.path) != self._known:
            self._known = list(sys.path)
            path = [self._shown.get(entry, entry) for entry in self._known if type(entry) is str]
            client.ask(OP, "setattr", [_SYS, "path", path])

    def receive(self, client: SolutionClient) -> None:
        """Take the path over as the solution has changed it."""
        reply = client.ask(GET, _SYS, "path")
        path: Any = reply.value if reply.status is SolutionStatus.RETURNED else None
        if type(path) is not list or len(path) > _MAX_ENTRIES or not all(type(entry) is str for entry in path):
            return
        entries = [self._meant.get(entry) or str(entry) for entry in path]
        if entries != sys.path:
            own = {entry for entry in entries if entry not in sys.path and entry not in self._shown}
            self._of_solution |= own
            for entry in own:
                sys.path_importer_cache.pop(entry, None)
            sys.path[:] = entries
        self._known = list(sys.path)
