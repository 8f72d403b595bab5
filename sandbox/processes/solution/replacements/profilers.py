"""Replacement of ``cProfile`` and ``profile``, which would trace the calls of all code.

It measures the whole run only.
"""

from __future__ import annotations

import sys as _sys
import time as _time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Profile", "run", "runctx"]


class Profile:
    """A profiler that sees no calls."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.stats: dict[Any, Any] = {}
        self.total_s = 0.0
        self._began: float | None = None

    def enable(self, *_: Any, **__: Any) -> None:
        """Begin to measure."""
        self._began = _time.perf_counter()

    def disable(self) -> None:
        """End the measurement."""
        if self._began is not None:
            self.total_s += _time.perf_counter() - self._began
            self._began = None

    def __enter__(self) -> Self:
        self.enable()
        return self

    def __exit__(self, *_: object) -> None:
        self.disable()

    def clear(self) -> None:
        """Forget what was measured."""
        self.total_s = 0.0

    def create_stats(self) -> None:
        """End the measurement; `pstats.Stats` calls this."""
        self.disable()
        # One entry for all: what `pstats` gets must not be empty.
        self.stats = {("~", 0, "<module>"): (1, 1, self.total_s, self.total_s, {})}

    snapshot_stats = create_stats

    def getstats(self) -> list[Any]:
        """Return an empty list."""
        return []

    def dump_stats(self, file: Any) -> None:
        """Write a profile without calls to a file."""
        import marshal  # noqa: PLC0415 - not a name of the module

        with open(file, "wb") as stream:
            marshal.dump({}, stream)

    def print_stats(self, sort: Any = -1) -> None:  # noqa: ARG002 - its signature
        """Print how long it took."""
        _sys.stdout.write(f"         0 function calls in {self.total_s:.3f} seconds\n\n")

    def run(self, command: str) -> Self:
        """Run a statement in the main module."""
        import __main__  # noqa: PLC0415 - not a name of the module

        return self.runctx(command, vars(__main__), vars(__main__))

    def runctx(self, command: str, variables: dict[str, Any], local: dict[str, Any]) -> Self:
        """Run a statement."""
        with self:
            exec(command, variables, local)
        return self

    def runcall(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function and return its result."""
        with self:
            return function(*args, **kwargs)


def run(statement: str, filename: str | None = None, sort: Any = -1) -> None:
    """Run a statement in the main module, and print or write its profile."""
    _report(Profile().run(statement), filename, sort)


def runctx(statement: str, globals: Any, locals: Any, filename: str | None = None, sort: Any = -1) -> None:  # noqa: A002 - its signature
    """Run a statement, and print or write its profile."""
    _report(Profile().runctx(statement, globals, locals), filename, sort)


def _report(profile: Profile, filename: str | None, sort: Any) -> None:
    if filename is None:
        profile.print_stats(sort)
    else:
        profile.dump_stats(filename)
