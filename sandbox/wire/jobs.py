"""Messages between an executor and its harness: a job, and the report on it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

from sandbox.wire.limits import Limits
from sandbox.wire.values import decode, encode

__all__ = ["JobReport", "JobRequest"]

_LIMITS = tuple(field.name for field in fields(Limits))


class JobRequest(NamedTuple):
    """One answer, its limits, and the tests to run it against.

    `pack` and `unpack` list the fields: a new one has to be added to both. Fields of `Limits` cross by themselves.
    """

    source: str
    limits: Limits
    spec: bytes
    """The tests, encoded by `sandbox.wire.values.encode`. They cross as they are, and are decoded by the harness only:
    a spec can be megabytes, and the executor reads nothing in it."""
    traceless: bool = False
    """True if the tests leave nothing behind in the process that runs them. Otherwise they run in one of their own."""
    code: bytes = b""
    """The compiled answer, marshalled; empty if it is not compiled yet. Only a solution process may load it."""

    def pack(self) -> bytes:
        """Return the message."""
        head = encode([self.source, [getattr(self.limits, name) for name in _LIMITS], self.traceless, self.code])
        return head + b"\n" + self.spec  # encoded values are JSON on one line, so the first line break ends the head

    @classmethod
    def unpack(cls, message: bytes) -> JobRequest:
        """Return the request that `pack` was called on."""
        head, _, spec = message.partition(b"\n")
        source, limits, traceless, code = decode(head)
        return cls(source, Limits(*limits), spec, traceless, code)


class JobReport(NamedTuple):
    """Result of a job."""

    report: Any = None
    """Plain data that the runner returned; ``None`` if the tests are broken."""
    error: str = ""
    """Error of the tests themselves, in one line; empty when there is a report."""
    cpu_s: float = 0.0
    """CPU seconds that the answer used."""
    peak_mb: float = 0.0
    """Largest resident memory of the answer's processes, in MiB."""
    output: str = ""
    """The first 2 KiB of what the answer printed."""
    wall_ms: float = 0.0
    answer_started: bool = False
    """True if the answer had a process."""
    memory_exceeded: bool = False
    """True if the harness has grown too much to serve another job."""
    cpu_spent: bool = False
    """True if the tests were ended because they have used up their CPU seconds; then there is no report."""
    load_failure: str = ""
    """Reason in one line why no process could use the answer, by its own doing; empty if one could, or none tried."""

    def pack(self) -> bytes:
        """Return the message.

        Raises:
            ValueCodecError: the report is not plain data.
        """
        return encode(list(self))

    @classmethod
    def unpack(cls, message: bytes) -> JobReport:
        """Return the report that `pack` was called on."""
        return cls(*decode(message))
