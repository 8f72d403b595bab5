"""A contender: a program that judges workloads, in a process of its own, so that imports and memory do not mix."""

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
    """A contender cannot be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Contender:
    """What is measured."""

    name: str
    version: str
    """Empty for this grader, which is what the checkout has."""
    python: Path
    """The interpreter whose packages it wants."""
    program: tuple[str, ...]
    """Module of `benchmarks.throughput.contenders`, and its arguments."""
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One batch, judged."""

    seconds: float
    passed: tuple[bool, ...]
    usage: Usage
    told: Mapping[str, Any] = field(default_factory=dict)
    """What else the contender says; see its module."""


def environ_for(python: Path) -> dict[str, str]:
    """The environment of programs that an interpreter runs: nothing of ours that changes what they do.

    The interpreter that runs this finds what it finds here, too, wherever that is installed.
    """
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "PYTHON"))}
    found = os.environ.get("PYTHONPATH", "") if python == Path(sys.executable) else ""
    return environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), found]))}


class Running:
    """A contender that is running; it waits, and uses nothing but memory, until it is asked."""

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
        """Give it the workload; it warms up.

        Raises:
            ContenderFailedError: it cannot.
        """
        self._ask({"prepare": workload.dump()})

    def run(self, number: int) -> Run:
        """Have it judge the workload, as it is in the round of that number.

        Raises:
            ContenderFailedError: it cannot.
        """
        before = cpu_s(self._process.pid)
        told = self._ask({"run": number})
        spent = {role: seconds - before.get(role, 0.0) for role, seconds in cpu_s(self._process.pid).items()}
        peaks = peaks_mb(self._process.pid)
        for key, role in (("child_peak_mb", "children"), ("answer_peak_mb", "answers")):
            if told.get(key):
                peaks[role] = told[key]
        return Run(told["seconds"], tuple(told["passed"]), Usage(spent, peaks), told)

    def _ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ContenderFailedError(f"{self.contender.name} has ended") from None
        line = self._process.stdout.readline()
        if not line:
            raise ContenderFailedError(f"{self.contender.name} has ended with {self._process.wait()}")
        told: dict[str, Any] = json.loads(line)
        return told

    def close(self) -> None:
        """End it."""
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
