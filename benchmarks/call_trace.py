"""Count the modules that one call test passes through in the grader's process.

The process is a new one, with the modules of any checkout. All its threads count, once another sample with a call test
has been graded:

- modules: those of the project that run any code;
- switches: calls from a function of one module of the project into a function of another. Resuming a generator or a
  coroutine is a call; what a library written in Python calls for the project is not. Returns are not counted: there is
  one for each call.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["PACKAGES", "trace_call"]

PACKAGES = ("grader", "sandbox", "testcases")
_ROUNDS = 3
_PUBLIC = ("grader", "grader.core.grader", "grader.types", "grader.grader", "grader.sample")
"""Modules that define, or used to define, the public classes; other checkouts can be older."""


def trace_call(root: Path) -> dict[str, Any]:
    """Grade two samples with one call test each, in a new process with the modules of a checkout, and trace the second.

    Returns:
        ``modules`` and ``switches`` of the second sample, and ``modules_from_start``: number of modules that ran since
        the grader was created.

    Raises:
        RuntimeError: the checkout has no grader that can be called, or modules of another checkout were loaded.
    """
    root = root.resolve()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "PYTHON"))}
    ended = subprocess.run(
        [sys.executable, "-B", "-P", __file__],
        env={**environ, "PYTHONPATH": str(root)},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        reason = (ended.stderr.strip().splitlines() or ["no error message"])[-1]
        raise RuntimeError(f"{root}: one call test could not be traced: {reason}")
    counts: dict[str, Any] = json.loads(ended.stdout)
    strangers = [file for file in counts.pop("files") if not Path(file).is_relative_to(root)]
    if strangers:
        raise RuntimeError(f"{root}: modules came from elsewhere: {strangers[0]}")
    return counts


class _Tracer:
    """Profile function that counts modules and switches while it is on."""

    def __init__(self) -> None:
        self.is_on = False
        self.modules: set[str] = set()
        self.switches: Counter[tuple[str, str]] = Counter()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if not self.is_on or event != "call":
            return
        module = _module_of(frame)
        if module is None:
            return
        self.modules.add(module)
        caller = None if frame.f_back is None else _module_of(frame.f_back)
        if caller is not None and caller != module:
            self.switches[caller, module] += 1


def _module_of(frame: FrameType) -> str | None:
    """Return the name of the project's module of a frame; ``None`` for other code."""
    name: str = frame.f_globals.get("__name__", "")
    return name if name.partition(".")[0] in PACKAGES else None


def _trace() -> dict[str, Any]:
    """Trace the grader that this process finds on its path."""
    make_grader, make_sample = _public("Grader"), _public("Sample")
    samples = [
        make_sample(
            id=name,
            completion=f"```python\ndef {name}(a, b):\n    return a + b\n```\n",
            reference={"entry_point": name, "tests": [{"args": [1, 2], "expected": 3}]},
        )
        for name in ("warm_up", *(f"add_{number}" for number in range(_ROUNDS)))
    ]
    tracer = _Tracer()
    # threading.setprofile affects threads that start later, sys.setprofile this one: the grader starts its own threads.
    threading.setprofile(tracer)
    sys.setprofile(tracer)
    tracer.is_on = True
    rounds = []
    with make_grader() as grader:
        rewards = [grader.grade(samples[0]).reward]
        from_start = set(tracer.modules)
        for sample in samples[1:]:
            tracer.modules.clear()
            tracer.switches.clear()
            rewards.append(grader.grade(sample).reward)
            rounds.append((set(tracer.modules), tracer.switches.total()))
        tracer.is_on = False
    sys.setprofile(None)
    if any(reward != 1.0 for reward in rewards):
        raise RuntimeError(f"the rewards are {rewards}")
    loaded = [module for name, module in sys.modules.items() if name.partition(".")[0] in PACKAGES]
    return {
        "modules": median_low(len(modules) for modules, _ in rounds),
        "switches": median_low(switches for _, switches in rounds),
        "modules_from_start": len(from_start.union(*(modules for modules, _ in rounds))),
        "files": [file for module in loaded if (file := getattr(module, "__file__", None))],
    }


def _public(name: str) -> Any:
    """Find a public class, in whichever module this checkout defines it."""
    for module in _PUBLIC:
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise RuntimeError(f"no {name} in {', '.join(_PUBLIC)}")


if __name__ == "__main__":
    print(json.dumps(_trace()))
