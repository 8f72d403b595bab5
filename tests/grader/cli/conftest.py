from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.progress import PROGRESS, without_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Event = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str
    """Without lines of progress."""
    progress: tuple[str, ...] = ()

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()


class Command(Protocol):
    def __call__(self, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Ended: ...


def event_of(sample_id: object, answer: str, **reference: Any) -> Event:
    """Make a sample as a trainer sends it; the task is add(a, b) unless a reference is given."""
    reference = reference or {
        "entry_point": "add",
        "tests": [{"args": [1, 2], "expected": 3}, {"args": [0, 0], "expected": 0}],
    }
    messages = [{"role": "user", "content": "Add."}, {"role": "assistant", "content": answer}]
    return {"id": sample_id, "messages": messages, "reference_answer": reference}


@pytest.fixture
def right() -> Event:
    return event_of("right", "```python\ndef add(a, b):\n    return a + b\n```\n")


@pytest.fixture
def wrong() -> Event:
    return event_of("wrong", "```python\ndef add(a, b):\n    return a - b\n```\n")


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file of JSON lines; text is written as it is."""

    def write(*lines: object, name: str = "samples.jsonl") -> Path:
        path = tmp_path / name
        texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        return path

    return write


@pytest.fixture
def grader_command() -> Command:
    """Return a function that runs the command line in a process of its own, and checks that there is no traceback."""

    def run(*args: str, stdin: bytes = b"", env: dict[str, str] | None = None, timeout_s: float = 100) -> Ended:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
        environ |= {"GRADER_WORKERS": "1", **(env or {})}
        command = [sys.executable, "-W", "error", "-m", "grader.cli", *args]
        ended = subprocess.run(command, input=stdin, capture_output=True, env=environ, timeout=timeout_s, check=False)
        out, err = ended.stdout.decode(), ended.stderr.decode()
        assert "Traceback" not in err, err
        # A run that a busy machine draws out reports its progress; only tests of that look at it.
        progress = [line for line in err.splitlines(keepends=True) if line.startswith(PROGRESS)]
        return Ended(ended.returncode, out, without_progress(err), tuple(progress))

    return run


@pytest.fixture
def on_a_terminal() -> Callable[..., tuple[int, bytes, bytes]]:
    """Return a function that runs the command line with stderr on a terminal.

    The function returns the exit code, stdout, and the bytes that the terminal received.
    """

    def run(*args: str) -> tuple[int, bytes, bytes]:
        leader, follower = pty.openpty()
        environ = os.environ | {"TERM": "xterm", "GRADER_WORKERS": "1"}
        command = [sys.executable, "-m", "grader.cli", *args]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower, env=environ) as running:
            os.close(follower)
            seen = bytearray()
            try:
                while data := os.read(leader, 4096):
                    seen += data
            except OSError:  # how Linux says that the other end is closed
                pass
            assert running.stdout is not None
            out = running.stdout.read()
        os.close(leader)
        return running.returncode, out, bytes(seen)

    return run
