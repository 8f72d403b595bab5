"""The image's entry point as a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["RIGHT", "ROOT", "clean_environ", "descendants", "initial_environ", "sample", "serving"]

ROOT = Path(__file__).parents[2]
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
_ADDITION = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}]}


def sample(name: str, completion: str, reference: Any = None) -> dict[str, Any]:
    """One sample as trainers send it; by default its tests are those of an addition."""
    messages = [{"role": "user", "content": "Write it."}, {"role": "assistant", "content": completion}]
    return {"id": name, "messages": messages, "reference_answer": reference or _ADDITION}


def clean_environ() -> dict[str, str]:
    """This process's environment, with the checkout where the interpreter looks and no settings."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "AWS_", "PORT"))}
    return environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


@contextmanager
def serving(environ: Mapping[str, str], *arguments: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The entry point, started with these variables besides the usual ones; ended with everything it has started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "grader.runtime", *arguments],
        env=clean_environ() | dict(environ),
        cwd="/",
        start_new_session=True,
        **options,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def initial_environ(pid: int) -> dict[str, str]:
    """Initial environment of a process (proc(5), ``/proc/PID/environ``)."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}


def descendants(pid: int) -> list[int]:
    """Every process that comes from this one by way of parents, without itself."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        children = [child for child, its_parent in parents.items() if its_parent == parent]
        found += children
        waiting += children
    return found
