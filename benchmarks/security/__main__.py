"""``make security``: run every attack against this grader, in each isolation tier, and against other graders."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.security.answers import FORMS, bundled, collected
from benchmarks.security.findings import Findings
from benchmarks.security.own import adopt_orphans, read_doctor, run_tier
from benchmarks.security.page import replace_tables, tables
from benchmarks.security.peers import PEERS, PeersUnavailableError, run_peer, set_up
from sandbox.conformance.attacks import families
from sandbox.types import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.security.answers import Answer
    from benchmarks.security.findings import PeerFindings

_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / "build" / "security"
_PAGE = _ROOT / "docs" / "security.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if this grader stopped every attack, 1 if not, and 2 if they could not be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.security", description=__doc__)
    parser.add_argument("--page", type=Path, default=_PAGE, help="page to write the tables into")
    parser.add_argument(
        "--collection",
        type=Path,
        default=_ROOT.parent / "shared" / "attacks",
        help="folder with more answers, if it exists",
    )
    parser.add_argument(
        "--lambda-like",
        type=Path,
        default=_ROOT / "build" / "lambda-like" / "doctor.json",
        help="the doctor's report from the Lambda-like container (make test-lambda-like), if it exists",
    )
    parser.add_argument("--no-peers", action="store_true", help="do not test the other graders")
    parser.add_argument("--again", action="store_true", help="write the tables from the results of the last run")
    options = parser.parse_args(arguments)
    results = _FOLDER / "findings.json"
    try:
        if options.again:
            findings = Findings.from_dict(json.loads(results.read_text("utf-8")))
        else:
            findings = _find(options.collection, peers=not options.no_peers)
        if options.lambda_like.exists():
            findings = findings.with_lambda_like(read_doctor(options.lambda_like))
    except (OSError, ValueError, PeersUnavailableError) as error:
        print(f"security: {error}", file=sys.stderr)
        return 2
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(findings.as_dict(), indent=1) + "\n", "utf-8")
    options.page.write_text(replace_tables(options.page.read_text("utf-8"), tables(findings)), "utf-8")
    print(f"security: the tables are in {options.page}, all results in {results}")
    return 0 if findings.held else 1


def _find(collection: Path, *, peers: bool) -> Findings:
    own, more = bundled(), collected(collection)
    answers = [*own, *more]
    adopt_orphans()
    tiers = []
    for tier in Tier:
        count = _Counter(f"tier {tier.value}", len(answers) * len(FORMS))
        tiers.append(run_tier(answers, tier, count))
        count.end()
    return Findings(
        bundled=len(own),
        collected=len(more),
        python=platform.python_version(),
        kernel=".".join(platform.release().split(".")[:2]),
        tiers=tuple(tiers),
        peers=_peers(answers) if peers else (),
        descriptions=families(),
    )


def _peers(answers: Sequence[Answer]) -> tuple[PeerFindings, ...]:
    set_up(_FOLDER)
    findings = []
    for peer in PEERS:
        count = _Counter(peer, len(answers))
        workers = len(os.sched_getaffinity(0))
        findings.append(run_peer(answers, peer, _FOLDER, workers=workers, on_answer=count))
        count.end()
    return tuple(findings)


class _Counter:
    """Progress counter on stderr."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total, self._done, self._started = name, total, 0, time.monotonic()

    def __call__(self) -> None:
        self._done += 1
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._name}: {self._done} of {self._total}")

    def end(self) -> None:
        """Print the final count and the time."""
        start = "\r" if sys.stderr.isatty() else ""
        seconds = time.monotonic() - self._started
        sys.stderr.write(f"{start}{self._name}: {self._done} of {self._total} in {seconds:.0f} s\n")


if __name__ == "__main__":
    sys.exit(main())
