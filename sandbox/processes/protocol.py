"""What examiner and solution process say to each other.

Each message is one frame holding a list encoded by `sandbox.values`. The examiner asks, the solution process answers,
one at a time. Requests: ``["load", settings]``, ``["call", target, args, kwargs]``, ``["get", target, attribute]``,
``["run"]``. Answers: ``["ok", value, args]``, ``["raised", class name, built-in base, text, line]``, ``["large"]``.

Answers come from a process that the answer owns: the examiner believes nothing in them but the values themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["CALL", "ENTRY_MODULE", "GET", "LARGE", "LOAD", "OK", "RAISED", "RUN", "LoadSettings"]

LOAD, CALL, GET, RUN = "load", "call", "get", "run"
OK, RAISED, LARGE = "ok", "raised", "large"

ENTRY_MODULE = "solution"
"""Name of the module the answer becomes; a real entry of ``sys.modules``, which dataclasses and typing look up."""


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """How a solution process is to load the answer."""

    source: str
    preamble: str = ""
    """Python that runs first in the same module; what the answer then defines wins."""
    own_names: tuple[str, ...] = ()
    """Names that must come from the answer: forgotten after the preamble has run."""
    names: tuple[str, ...] = ()
    """Names to report the values of; functions and classes come back as references."""
    program: bool = False
    """A whole program, run as ``__main__`` by the request ``run``; nothing is executed at load."""
    cpu_s: float = 60.0
    memory_mb: int = 512
    value_bytes: int = 16 << 20
    threads: int = 0
    """Threads to have ready for the answer, which can start none itself."""
    extra: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> list[Any]:
        """As plain data."""
        return [getattr(self, name) for name in self.__slots__]
