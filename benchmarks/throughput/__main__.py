"""``make bench``: this grader, others, and what nothing can be faster than, side by side; docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.throughput import roster
from benchmarks.throughput.parts import PARTS
from benchmarks.throughput.setting import Setting
from benchmarks.throughput.show import print_table, print_targets, tell
from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from sandbox.types import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.throughput.targets import Target

_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / "build" / "throughput"
_MBPP = _ROOT.parent / "shared" / "data" / "sanitized-mbpp.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when it has measured, whatever that shows, and 2 when it could not."""
    options = _parser().parse_args(arguments)
    mbpp: Path | None = options.mbpp
    if mbpp is not None and not mbpp.exists():
        if mbpp != _MBPP:
            print(f"bench: {mbpp}: there is no such file", file=sys.stderr)
            return 2
        mbpp = None
    try:
        setting = Setting(
            rounds=options.rounds,
            tiers=_tiers(options.tier),
            peers=() if options.no_peers else roster.peers(_FOLDER),
            mbpp=mbpp,
            long=options.full,
            tell=tell,
        )
    except roster.PeersUnavailableError as error:
        print(f"bench: {error}; --no-peers measures without them", file=sys.stderr)
        return 2
    numbers: dict[str, Any] = {}
    targets: list[Target] = []
    for name in options.only or PARTS:
        part = PARTS[name](setting)
        tell("")
        for table in part.tables:
            print_table(table)
        numbers[name] = part.numbers
        targets += part.targets
    if targets:
        print_targets(targets)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    found = {"host": _host(setting), "parts": numbers, "targets": [target.as_dict() for target in targets]}
    options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"bench: all figures are in {options.json}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part; may be given several times")
    parser.add_argument("--rounds", type=_count, default=5, help="how often each contender judges each workload")
    parser.add_argument("--tier", action="append", choices=[tier.value for tier in Tier], help="this tier only")
    parser.add_argument(
        "--full", action="store_true", help="with what takes long: 10,000 samples, 1,000 tests a sample"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the other graders out")
    parser.add_argument("--mbpp", type=Path, default=_MBPP, help="sanitized-mbpp.json; left out where it is missing")
    parser.add_argument("--json", type=Path, default=_ROOT / "build" / "bench.json", help="the file for all figures")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 is wanted")
    return number


def _tiers(wanted: Sequence[str] | None) -> list[Tier]:
    """The tiers to measure, of those that this host has; the highest first."""
    with Grader(GraderConfig()) as grader:
        best = grader.host().tier
    tiers = sorted((tier for tier in Tier if tier.rank <= best.rank), key=lambda tier: -tier.rank)
    return [tier for tier in tiers if not wanted or tier.value in wanted]


def _host(setting: Setting) -> dict[str, Any]:
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "kernel": ".".join(platform.release().split(".")[:2]),
        "python": platform.python_version(),
        "tiers": [tier.value for tier in setting.tiers],
        "rounds": setting.rounds,
    }


if __name__ == "__main__":
    sys.exit(main())
