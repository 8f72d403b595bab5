"""Ask a service by HTTP while clients hang up and processes of its grader are killed; nothing may be lost, or grow.

``python -m tests.soak.service --requests 50000``; see also ``make soak-service``.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from grader.service.app import RewardService
from grader.service.limits import ServiceLimits
from tests.soak.injector import Injector

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Result", "run", "serving"]

_CLIENTS = 24
_ASKED_TOGETHER = 1000
_HANG_UPS = 0.1
"""Share of the requests whose client leaves before the response."""
_REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}]}
_ANSWERS = {
    "right": ("def add(a, b):\n    return a + b + {0} - {0}\n", 1.0),
    "wrong": ("def add(a, b):\n    return a - b + 10 + {0}\n", 0.0),
    "endless": ("def add(a, b):\n    while True:\n        a += {0}\n", 0.0),
    "killer": ("import os\ndef add(a, b):\n    getattr(os, 'ab' + 'ort')({0} * 0 or None)\n", 0.0),
}
_KINDS = ["right"] * 60 + ["wrong"] * 37 + ["endless"] * 1 + ["killer"] * 2


@dataclass(slots=True)
class Result:
    """Result of a run."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Descriptions of everything that is wrong."""
    faults: int = 0
    seconds: float = 0.0


def run(requests: int, *, seed: int = 0, pause_s: float = 1.0, workers: int = 2) -> Result:
    """Ask a service.

    Args:
        requests: number of requests.
        seed: seed of the requests and the faults.
        pause_s: mean seconds between two faults.
        workers: workers of the grader.
    """
    result = Result()
    config = GraderConfig.load(
        None, {"GRADER_REWARD_PRESET": "binary", "GRADER_UNSCORED": "raise", "GRADER_WORKERS": str(workers)}
    )
    limits = LimitsConfig(cpu_s=0.5, total_cpu_s=1.0)
    started = time.monotonic()
    with Grader(_with_limits(config, limits)) as grader:
        with serving(grader) as port, ThreadPoolExecutor(_CLIENTS) as pool:
            first = min(requests, max(100, requests // 10))
            _ask_all(pool, port, range(first), seed, result)
            before = _sizes()
            with Injector(grader, seed=seed, pause_s=pause_s) as injector:
                _ask_all(pool, port, range(first, requests), seed, result)
            result.faults = len(injector.faults)
            result.wrong += _in_flight(port)
            after = _sizes()
        for name, (most, spare) in {
            "descriptors": (before["descriptors"], 40),
            "threads": (before["threads"], 8),
        }.items():
            if after[name] > most + spare:
                result.wrong.append(f"{name}: {most} before, {after[name]} after")
        if after["rss_mb"] > 1.3 * before["rss_mb"] + 20:
            result.wrong.append(f"memory: {before['rss_mb']} MB before, {after['rss_mb']} MB after")
    result.seconds = time.monotonic() - started
    return result


def _with_limits(config: GraderConfig, limits: LimitsConfig) -> GraderConfig:
    from dataclasses import replace  # noqa: PLC0415 - for this function only

    return replace(config, limits=limits)


@contextmanager
def serving(grader: Grader) -> Iterator[int]:
    """Serve the grader's rewards from a thread; gives the port."""
    app = RewardService(grader, limits=ServiceLimits(max_requests=4 * _CLIENTS)).app()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def _ask_all(pool: ThreadPoolExecutor, port: int, numbers: range, seed: int, result: Result) -> None:
    # Bit by bit: a pool keeps a future for each of its tasks, which would be all of the memory that grows here.
    for first in range(numbers.start, numbers.stop, _ASKED_TOGETHER):
        some = numbers[first - numbers.start :][:_ASKED_TOGETHER]
        for text, complaint in pool.map(lambda number: _ask(port, number, random.Random(f"{seed}/{number}")), some):
            result.counts[text] += 1
            if complaint:
                result.wrong.append(complaint)


def _ask(port: int, number: int, chance: random.Random) -> tuple[str, str]:
    """Make a request; return what became of it, and what is wrong with that."""
    kind = chance.choice(_KINDS)
    code, reward = _ANSWERS[kind]
    # Some of them are equal, and graded once.
    body = json.dumps(
        {"response": f"```python\n{code.format(number % 1000)}```", "label": _REFERENCE, "prompt": ""}
    ).encode()
    if chance.random() < _HANG_UPS:
        _hang_up(port, body, chance)
        return "hung up", ""
    connection = HTTPConnection("127.0.0.1", port, timeout=200)
    try:
        connection.request("POST", "/slime", body)
        response = connection.getresponse()
        text = response.read()
    except (OSError, HTTPException) as error:
        return "lost", f"request {number} ({kind}): {error!r}"
    finally:
        connection.close()
    if response.status == 500:
        return "unscored", ""
    if response.status != 200 or json.loads(text) != reward:
        return "wrong", f"request {number} ({kind}): status {response.status}: {text[:200]!r}"
    return kind, ""


def _hang_up(port: int, body: bytes, chance: random.Random) -> None:
    head = f"POST /slime HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall((head + body)[: chance.randrange(1, len(head) + len(body) + 200)])
        time.sleep(chance.random() * 0.05)


def _in_flight(port: int) -> list[str]:
    """Return a complaint if requests are in flight a while after the last one."""
    until = time.monotonic() + 60
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        if "grader_requests_in_flight 0.0" in text:
            return []
        if time.monotonic() > until:
            return ["requests are in flight after the last one"]
        time.sleep(0.5)


def _sizes() -> dict[str, Any]:
    gc.collect()
    status = Path("/proc/self/status").read_text()
    rss_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return {
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        # Those that answer requests start as more requests are in flight, up to the number of the limits.
        "threads": sum(not thread.name.startswith("grader-request") for thread in threading.enumerate()),
        "rss_mb": rss_kb // 1024,
    }


def main() -> None:
    """Print the counts, and exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    result = run(arguments.requests, seed=arguments.seed)
    print(f"{sum(result.counts.values())} requests in {result.seconds:.0f} s, {result.faults} faults")
    print(", ".join(f"{name}: {count}" for name, count in result.counts.most_common()))
    for complaint in result.wrong[:20]:
        print(f"wrong: {complaint}")
    raise SystemExit(1 if result.wrong else 0)


if __name__ == "__main__":
    main()
