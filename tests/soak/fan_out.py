"""Grade a file on a function with injected failures, and locally, and compare the results.

``python -m tests.soak.fan_out --samples 2000``; see also ``make fan-out``. The function is a local endpoint, which is
started for the run, or exists at ``--port``. One invocation in twenty fails, in one of six ways, and so does the first
batch of one sample in twenty. Every sample must have exactly one result, equal to the local one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.aws.front import Faults, Front, forward_to
from tests.soak.samples import Mix, items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Trial", "endpoint", "run"]

ROOT = Path(__file__).parents[2]
MEASURED = {"cpu_ms", "duration_ms", "peak_mb"}
"""Metrics that differ from run to run."""


@dataclass(slots=True)
class Trial:
    """Result of a run."""

    samples: int
    wrong: list[str] = field(default_factory=list)
    """Descriptions of everything that is wrong."""
    requests: int = 0
    faults: list[str] = field(default_factory=list)
    tier: str = ""
    """Isolation tier of the function and of the local run; verdicts of hostile answers depend on it."""
    here_s: float = 0.0
    there_s: float = 0.0


def run(samples: int, *, port: int | None = None, seed: int = 0, concurrency: int = 8, batch_size: int = 16) -> Trial:
    """Grade samples locally and on the function.

    Args:
        samples: number of samples.
        port: port of a local endpoint; ``None`` to start one.
        seed: seed of the samples and the faults.
        concurrency: number of concurrent invocations.
        batch_size: samples per invocation.
    """
    trial = Trial(samples)
    with tempfile.TemporaryDirectory() as folder:
        file, here, there = (Path(folder) / name for name in ("samples.jsonl", "here.jsonl", "there.jsonl"))
        file.write_text("".join(json.dumps(row) + "\n" for row in _rows(samples, seed)))
        with endpoint(port) as served, Front(faults := Faults(forward_to(served), seed=seed)) as front:
            started = time.monotonic()
            trial.tier = _tier_at(served)
            options = [str(file), "--out", str(here), "--no-details"]  # functions return none
            trial.wrong += _command(options, {"GRADER_ISOLATION": trial.tier})
            trial.here_s = time.monotonic() - started
            options = ["--on", "lambda:function", "--concurrency", str(concurrency), "--batch-size", str(batch_size)]
            started = time.monotonic()
            trial.wrong += _command([str(file), "--out", str(there), *options], front.environ)
            trial.there_s = time.monotonic() - started
        trial.requests, trial.faults = faults.requests, faults.faults
        trial.wrong += _differences(_results(here), _results(there), samples)
    return trial


@contextmanager
def endpoint(port: int | None = None) -> Iterator[int]:
    """Start a local endpoint, unless there is one, and yield its port."""
    if port is not None:
        yield port
        return
    environ = _environ() | {"PORT": "0"}
    command = [sys.executable, "-m", "grader.runtime"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stderr is not None
        match = re.match(rb"listening on http://localhost:(\d+)/", process.stderr.readline())
        assert match, "the endpoint did not start"
        threading.Thread(target=process.stderr.read, daemon=True).start()
        try:
            yield int(match[1])
        finally:
            process.kill()


def _rows(samples: int, seed: int) -> Iterator[dict[str, Any]]:
    """Make rows; every tenth has no id, and two ids belong to several samples each."""
    for item in items(0, samples, Mix(seed, hostile_every=100, problems=40)):
        number = item.sample.id
        row = {
            "messages": [
                {"role": "user", "content": item.sample.prompt or "Write it."},
                {"role": "assistant", "content": item.sample.completion},
            ],
            "reference_answer": item.sample.reference,
        }
        match number % 10:
            case 3:
                yield row
            case 7:
                yield row | {"id": f"twin-{number % 20}"}
            case 9:
                yield row | {"id": number}
            case _:
                yield row | {"id": f"sample-of-{number}-é"}


def _environ() -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "AWS_", "PORT"))}
    return environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


def _command(arguments: Sequence[str], environ: dict[str, str]) -> list[str]:
    """Run ``grader grade``; return a description of its failure, if any."""
    ended = subprocess.run(
        [sys.executable, "-m", "grader.cli", "grade", *arguments, "--json"],
        env=_environ() | environ,
        capture_output=True,
        check=False,
        text=True,
    )
    return [f"exit code {ended.returncode}: {ended.stderr[-500:]}"] if ended.returncode else []


def _results(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    results = [json.loads(line) for line in path.read_text().splitlines()]
    for result in results:
        result["metrics_list"] = [one for one in result["metrics_list"] if one["name"] not in MEASURED]
        result["metrics"] = {name: value for name, value in result["metrics"].items() if name not in MEASURED}
    return results


def _tier_at(port: int) -> str:
    reply = forward_to(port)({"grader": "doctor"})
    return str(json.loads(reply.body)["tier"])


def _differences(here: Sequence[dict[str, Any]], there: Sequence[dict[str, Any]], samples: int) -> list[str]:
    if [one["line"] for one in there] != list(range(1, samples + 1)):
        return [f"{len(there)} results for {samples} samples, {len({one['line'] for one in there})} of them different"]
    return [
        f"line {one['line']}: {name} is {other.get(name)} instead of {one.get(name)}"
        for one, other in zip(here, there, strict=True)
        for name in one.keys() | other.keys()
        if one.get(name) != other.get(name)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="fan_out", description=__doc__)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, help="port of a running endpoint, such as that of a container")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=16)
    options = parser.parse_args(arguments)
    trial = run(
        options.samples,
        port=options.port,
        seed=options.seed,
        concurrency=options.concurrency,
        batch_size=options.batch_size,
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(trial.faults).most_common())
    print(f"{trial.samples} samples; {trial.requests} invocations, of which {len(trial.faults)} failed: {kinds}")
    print(f"tier {trial.tier}; {trial.here_s:.1f} s here, {trial.there_s:.1f} s there; {len(trial.wrong)} differences")
    for complaint in trial.wrong[:20]:
        print(f"ERROR: {complaint}")
    return 1 if trial.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
