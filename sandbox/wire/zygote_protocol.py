"""The zygote's protocol: messages over SOCK_SEQPACKET sockets, one message a packet, a letter first.

A request has a capital letter, and its reply the same letter in lower case.

The scheduler asks over the control socket:

* `FORK` and a role's letter, with one descriptor: fork a child in that role. Reply: `FORKED` and its pid.
* `KILL` and a pid: kill that child. No reply.
* `KILL` alone: kill every child. Reply: `ALL_KILLED` when none is left.
* `END` and a pid: kill that child, unless it has ended, and wait for it. Reply: `ENDED` and its packed `ExitInfo`;
  without one if the pid is not known.

A harness gets a second socket of the same kind (`FORKS`), to ask for solution processes:

* `FORK` with one descriptor. Reply: `FORKED` and the child's pid.
* `FORK_ONCE` with one descriptor: fork a child that is expected to end by itself. No reply, but when it has ended,
  `DIED` and its packed `ExitInfo`.
* `WHICH`: say which child was forked last. Reply: `FORKED` and its pid.
* `END` and a pid of a child that it asked for, or no pid for the last one. Reply: as above.

It gets a third one, of the same kind (`SMALL_FORKS`), for processes that the small zygote forks, a child of the zygote
(`sandbox.processes.small_zygote`). The zygote tells the small one over a socket of their own:

* `ATTACH` and a harness's pid, with one descriptor: serve that harness.
* `KILL` alone: as above.
"""

from __future__ import annotations

import os
import signal
import struct
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "ALL_KILLED",
    "ANALYZER",
    "ATTACH",
    "CHANNEL",
    "CONTROL",
    "DIED",
    "END",
    "ENDED",
    "FORK",
    "FORKED",
    "FORKS",
    "FORK_ONCE",
    "HARNESS",
    "KILL",
    "LIBRARY",
    "SMALL_FORKS",
    "SOLUTION",
    "WHICH",
    "ExitInfo",
]

# SOCK_SEQPACKET keeps the bounds of messages, and descriptors arrive with the message they were sent with (unix(7)). So
# the fork server needs neither buffers nor frames.
FORK, FORK_ONCE, WHICH, KILL, END, ATTACH = b"F", b"O", b"W", b"K", b"E", b"A"
FORKED, DIED, ALL_KILLED, ENDED = b"f", b"d", b"k", b"e"
HARNESS, SOLUTION, ANALYZER = "H", "S", "A"
"""Letters of the roles that a child can be forked in."""

CHANNEL = 3
"""A child's own descriptor."""
FORKS = 4
"""The descriptor over which a harness asks its zygote for solution processes."""
SMALL_FORKS = 5
"""The same of the small zygote."""
CONTROL = 99
"""The zygote's own descriptor, of the socket to its parent. Children close all of their own range, so it must be below
`LIBRARY`, whatever the number is that the parent has for it."""
LIBRARY = 100
"""The first of the descriptors of folders from which a harness imports modules
(`sandbox.processes.library_folders`)."""


@dataclass(frozen=True, slots=True)
class ExitInfo:
    """Exit status and resource usage of a process that has ended."""

    pid: int
    status: int
    """Wait status, as in wait(2)."""
    cpu_s: float
    """CPU seconds it used in all."""
    peak_mb: float
    """Its largest resident memory, in MiB."""

    _FORMAT: ClassVar[struct.Struct] = struct.Struct("!iIQQ")

    def pack(self) -> bytes:
        """Return the fields as bytes."""
        return self.packed(self.pid, self.status, self.cpu_s, int(self.peak_mb * 1024))

    @classmethod
    def packed(cls, pid: int, status: int, cpu_s: float, peak_kb: int) -> bytes:
        """Return what `pack` would of an object with these fields, without making one."""
        return cls._FORMAT.pack(pid, status, int(cpu_s * 1e6), peak_kb)

    @classmethod
    def unpack(cls, data: bytes) -> ExitInfo:
        """Return the information that `pack` was called on."""
        pid, status, cpu_us, peak_kb = cls._FORMAT.unpack(data)
        return cls(pid, status, cpu_us / 1e6, peak_kb / 1024)

    @property
    def was_killed(self) -> bool:
        """True if SIGKILL ended it. A person does that, or a host that is out of memory; it is not a crash."""
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL
