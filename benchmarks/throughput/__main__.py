"""``make bench``: compare the throughput of this grader with other graders and lower bounds; docs/performance.md."""

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
    """Run the command; return 0 if it could measure, whatever the results, and 2 if it could not."""
    options = _parser().parse_args(arguments)
    mbpp: Path | None = options.mbpp
    if mbpp is not None and not mbpp.exists():
        if mbpp != _MBPP:
            print(f"bench: {mbpp}: no such file", file=sys.stderr)
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
    document = {"host": _host(setting), "parts": numbers, "targets": [target.as_dict() for target in targets]}
    options.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    print(f"bench: all results are in {options.json}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=list(PARTS), help="run this part only; can be given several times"
    )
    parser.add_argument(
        "--rounds", type=_count, default=5, help="number of times that each contender grades each workload"
    )
    parser.add_argument(
        "--tier", action="append", choices=[tier.value for tier in Tier], help="measure this isolation tier only"
    )
    parser.add_argument(
        "--full", action="store_true", help="include what takes long: 10,000 samples, and 1,000 tests per sample"
    )
    parser.add_argument("--no-peers", action="store_true", help="do not measure the other graders")
    parser.add_argument("--mbpp", type=Path, default=_MBPP, help="sanitized-mbpp.json; skipped if it does not exist")
    parser.add_argument("--json", type=Path, default=_ROOT / "build" / "bench.json", help="file for all results")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _tiers(names: Sequence[str] | None) -> list[Tier]:
    """Select the isolation tiers to measure from those of this host, the highest first."""
    with Grader(GraderConfig()) as grader:
        highest = grader.host().tier
    tiers = sorted((tier for tier in Tier if tier.rank <= highest.rank), key=lambda tier: -tier.rank)
    return [tier for tier in tiers if not names or tier.value in names]


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
