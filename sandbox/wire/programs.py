"""What a runner of programs is sent, and what it reports (`sandbox.processes.harness.programs`)."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["ProgramReport", "ProgramSpec"]


class ProgramSpec(NamedTuple):
    """The surroundings of a program; a tuple, because that is how they cross."""

    stdin: bytes = b""
    preamble: str = ""
    """Code that runs first in its namespace."""
    files: tuple[tuple[str, bytes], ...] = ()
    """Paths and contents of files that it finds; relative paths are in its working directory."""
    fetch: tuple[str, ...] = ()
    """Paths of files to return."""


class ProgramReport(NamedTuple):
    """What a program has done."""

    status: str
    """A `sandbox.wire.replies.SolutionStatus`, or ``files`` if its files could not be made."""
    detail: str = ""
    """One line for people, unless it has ended well."""
    output: bytes = b""
    errors: bytes = b""
    raised_type: str = ""
    """Name of the exception that has ended it; empty without one."""
    raised_text: str = ""
    raised_line: int = 0
    """Line of the program that it came from, from 1; 0 for elsewhere."""
    exit_code: int = 0
    seconds: float = 0.0
    """Wall-clock seconds of the run."""
    files: Any = ()
    """Paths and contents of those files that were asked for and are there."""
