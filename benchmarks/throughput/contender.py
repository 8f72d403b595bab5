"""Contenders: programs that grade workloads, each in a process of its own, so that imports and memory do not mix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.throughput.usage import Usage, cpu_s, peaks_mb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.throughput.workload import Workload

__all__ = ["Contender", "ContenderFailedError", "Run", "Running", "environ_for"]

_ROOT = Path(__file__).parents[2]
_GRACE_S = 30.0


class ContenderFailedError(Exception):
    """A contender cannot be measured; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Program to measure."""

    name: str
    version: str
    """Version of the program; empty for this grader, which is that of the checkout."""
    python: Path
    """Interpreter with the packages that the program needs."""
    program: tuple[str, ...]
    """Name of a module in `benchmarks.throughput.contenders`, and its arguments."""
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """Result of grading one batch."""

    seconds: float
    passed: tuple[bool, ...]
    usage: Usage
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further measurements of the contender; see its module."""


def environ_for(python: Path) -> dict[str, str]:
    """Return the environment for programs of an interpreter, without variables that change their behaviour."""
    # This interpreter keeps its PYTHONPATH, because its packages may be installed there.
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "PYTHON"))}
    path = os.environ.get("PYTHONPATH", "") if python == Path(sys.executable) else ""
    return environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), path]))}


class Running:
    """Running contender; between requests it waits and uses only memory."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self._process = subprocess.Popen(
            [
                contender.python,
                "-m",
                f"benchmarks.throughput.contenders.{contender.program[0]}",
                *contender.program[1:],
            ],
            env={**environ_for(contender.python), **contender.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def prepare(self, workload: Workload) -> None:
        """Send it the workload, and let it warm up.

        Raises:
            ContenderFailedError: the contender has exited.
        """
        self._ask({"prepare": workload.dump()})

    def run(self, number: int) -> Run:
        """Let it grade the workload of a round.

        Raises:
            ContenderFailedError: the contender has exited.
        """
        before = cpu_s(self._process.pid)
        reply = self._ask({"run": number})
        spent = {role: seconds - before.get(role, 0.0) for role, seconds in cpu_s(self._process.pid).items()}
        peaks = peaks_mb(self._process.pid)
        for key, role in (("child_peak_mb", "children"), ("answer_peak_mb", "solutions")):
            if reply.get(key):
                peaks[role] = reply[key]
        return Run(reply["seconds"], tuple(reply["passed"]), Usage(spent, peaks), reply)

    def _ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ContenderFailedError(f"{self.contender.name} has exited") from None
        line = self._process.stdout.readline()
        if not line:
            raise ContenderFailedError(f"{self.contender.name} exited with {self._process.wait()}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def close(self) -> None:
        """Stop the contender."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
