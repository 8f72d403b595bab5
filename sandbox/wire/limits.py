"""Limits on what one sample may use."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one sample's run. Time is counted so that a busy host changes no verdict."""

    cpu_s: float = 10.0
    """CPU seconds for loading the answer, and again for each call or program run; more than 0."""
    total_cpu_s: float = 20.0
    """CPU seconds for everything the answer does in one sample; more than 0."""
    wall_s: float = 15.0
    """Seconds a call may take that were not spent waiting for a CPU, so sleeping included; more than 0."""
    memory_mb: int = 512
    """Address space in MiB on top of what the process has before the answer is loaded; at least 1."""
    output_kb: int = 16 * 1024
    """KiB of output the answer may write in one process, and of one value it may return; at least 1."""
    value_mb: int = 256
    """MiB of memory that one value may take in the harness; at least 1. A value of 16 MiB can take a hundred times as
    much, so this is estimated before it is parsed."""
    timeouts: int = 1
    """Number of tests that may time out or write too much before the rest of the sample is not run; at least 1."""
    restarts: int = 8
    """Number of times that a lost process of the answer is replaced, so that later tests still count; 0 or more."""

    spare_cpu_s: float = 2.0
    """CPU seconds that the tests may use beyond `total_cpu_s`; 0 or more. Test code is interrupted when it has used as
    many as the answer may. What goes on is a single call of a function in C, which is ended along with its process."""

    @property
    def harness_cpu_s(self) -> float:
        """CPU seconds that the harness may use for a sample: test code, and ours for values of the answer."""
        return self.total_cpu_s + self.spare_cpu_s

    @property
    def backstop_s(self) -> float:
        """Wall-clock seconds after which a run counts as a fault of the grader: far above any honest use."""
        return 30.0 + 10.0 * (self.total_cpu_s + self.wall_s)
