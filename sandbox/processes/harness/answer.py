"""The answer under test, and the settings by which a process loads it."""

from __future__ import annotations

import marshal
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.processes.memory_files.exchange import all_files
from sandbox.processes.memory_files.tree import current
from sandbox.wire.modules_on_demand import modules_named_in
from sandbox.wire.protocol import PREAMBLE_FILE, LoadSettings, threads_for
from sandbox.wire.small_modules import needs_few_modules
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from sandbox.wire.limits import Limits

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer under test."""

    source: str
    code: bytes = b""
    """The compiled source, marshalled; empty if it is to be compiled where it runs. It is never loaded here."""
    threads: int = field(init=False)
    modules: tuple[str, ...] = field(init=False)
    needs_few_modules: bool = field(init=False)
    """True if the small zygote seems to have all modules that it imports."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "threads", threads_for(self.source))
        object.__setattr__(self, "modules", tuple(modules_named_in(self.source)))
        object.__setattr__(self, "needs_few_modules", needs_few_modules(self.source))

    def settings(
        self, limits: Limits, *, cpu_s: float, preamble: str, in_process_spec: dict[str, Any] | None, **more: Any
    ) -> LoadSettings:
        """Return the settings by which a process loads it.

        Args:
            limits: limits of the sample.
            cpu_s: CPU seconds at which the kernel ends the process.
            preamble: code that runs first.
            in_process_spec: tests that run in the process itself.
            more: other fields of the settings.
        """
        # Other code that runs in the process.
        beside = preamble + str(in_process_spec or "")
        files = all_files(current.tree)
        return LoadSettings(
            source=self.source,
            preamble=preamble,
            cpu_s=cpu_s,
            memory_mb=limits.memory_mb,
            value_bytes=limits.output_kb * 1024,
            threads=max(self.threads, threads_for(beside)),
            modules=(*self.modules, *modules_named_in(beside)),
            files=b"" if files is None else encode(files),
            in_process_spec=b"" if in_process_spec is None else encode(in_process_spec),
            code=self.code,
            preamble_code=_compiled(preamble),
            **more,
        )


@lru_cache(maxsize=64)
def _compiled(preamble: str) -> bytes:
    """Return a preamble compiled, once for all answers; empty if it cannot be: then the process reports that."""
    if not preamble:
        return b""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return marshal.dumps(compile(preamble, PREAMBLE_FILE, "exec", dont_inherit=True))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return b""
