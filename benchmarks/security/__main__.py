"""``make security``: puts every attack to this grader, in each tier, and to others, and makes the docs' tables."""

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
from benchmarks.security.own import adopt_orphans, put_to_tier, read_doctor
from benchmarks.security.page import replaced, tables
from benchmarks.security.peers import PEERS, PeersUnavailableError, put_to_peer, set_up
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
    """Run the command; 0 when everything held in this grader, 1 when not, 2 when it could not be tried."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.security", description=__doc__)
    parser.add_argument("--page", type=Path, default=_PAGE, help="the page to write the tables into")
    parser.add_argument(
        "--collection", type=Path, default=_ROOT.parent / "shared" / "attacks", help="more answers, where it exists"
    )
    parser.add_argument(
        "--lambda-like",
        type=Path,
        default=_ROOT / "build" / "lambda-like" / "doctor.json",
        help="what the doctor has said in the Lambda-like box (make test-lambda-like), where it exists",
    )
    parser.add_argument("--no-peers", action="store_true", help="leave the other graders out")
    parser.add_argument("--again", action="store_true", help="write the tables from what the last run has found")
    wanted = parser.parse_args(arguments)
    results = _FOLDER / "findings.json"
    try:
        if wanted.again:
            found = Findings.of_dict(json.loads(results.read_text("utf-8")))
        else:
            found = _find(wanted.collection, peers=not wanted.no_peers)
        if wanted.lambda_like.exists():
            found = found.with_lambda_like(read_doctor(wanted.lambda_like))
    except (OSError, ValueError, PeersUnavailableError) as error:
        print(f"security: {error}", file=sys.stderr)
        return 2
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(found.as_dict(), indent=1) + "\n", "utf-8")
    wanted.page.write_text(replaced(wanted.page.read_text("utf-8"), tables(found)), "utf-8")
    print(f"security: the tables are in {wanted.page}, all that was found is in {results}")
    return 0 if found.held else 1


def _find(collection: Path, *, peers: bool) -> Findings:
    own, more = bundled(), collected(collection)
    answers = [*own, *more]
    adopt_orphans()
    tiers = []
    for tier in Tier:
        count = _Counter(f"tier {tier.value}", len(answers) * len(FORMS))
        tiers.append(put_to_tier(answers, tier, count))
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
    found = []
    for peer in PEERS:
        count = _Counter(peer, len(answers))
        workers = len(os.sched_getaffinity(0))
        found.append(put_to_peer(answers, peer, _FOLDER, workers=workers, on_answer=count))
        count.end()
    return tuple(found)


class _Counter:
    """Tells on stderr how far things are."""

    def __init__(self, what: str, of: int) -> None:
        self._what, self._of, self._done, self._started = what, of, 0, time.monotonic()

    def __call__(self) -> None:
        self._done += 1
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self._what}: {self._done} of {self._of}")

    def end(self) -> None:
        """Say how long it took."""
        start = "\r" if sys.stderr.isatty() else ""
        seconds = time.monotonic() - self._started
        sys.stderr.write(f"{start}{self._what}: {self._done} of {self._of} in {seconds:.0f} s\n")


if __name__ == "__main__":
    sys.exit(main())
