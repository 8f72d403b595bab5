"""The conformance kit: this host passes it, and it notices when something does not hold."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from sandbox.conformance import kit
from sandbox.conformance.attacks import CONTROL, Attack, attacks, families
from sandbox.conformance.kit import AttackStatus, check_conformance
from sandbox.errors import IsolationError
from sandbox.types import Tier
from tests.sandbox.conftest import IMPORTED, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.conformance.kit import ConformanceReport

RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"


def check(*selected: Attack, deadline_s: float | None = None, **more: Any) -> ConformanceReport:
    return check_conformance(settings(workers=1, **more), selected=selected, deadline_s=deadline_s)


def statuses(report: ConformanceReport) -> list[AttackStatus]:
    return [outcome.status for outcome in report.results]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "tier", [Tier.RLIMIT, Tier.NAMESPACES, pytest.param(Tier.SECCOMP, marks=pytest.mark.long)], ids=str
)
def test_every_attack_is_held_off_and_every_control_passes(tier: Tier) -> None:
    try:
        report = check_conformance(settings(isolation=tier))
    except IsolationError as error:
        pytest.skip(str(error))
    assert report.as_dict()["not_held"] == []
    assert [found for found in report.host if not found.held] == []
    assert report.held
    assert report.tier is tier
    assert len(report.results) == len(attacks())


def test_every_family_has_members_and_a_description() -> None:
    members = {family: [attack for attack in attacks() if attack.family == family] for family in families()}
    assert len(members) >= 16
    for family, found in members.items():
        assert len(found) >= 5, family
        assert len({attack.name for attack in found}) == len(found)
        assert families()[family].endswith(".")
        assert all(attack.must_pass == (family == CONTROL) for attack in found)


def test_no_attack_is_a_right_answer_in_disguise_nor_empty() -> None:
    assert all(attack.source.strip() for attack in attacks())
    assert len({attack.source for attack in attacks()}) == len(attacks())


def test_an_attack_that_passes_is_noticed() -> None:
    report = check(Attack("exit", "is right", RIGHT), Attack("exit", "is wrong", WRONG))
    assert statuses(report) == [AttackStatus.BEATEN, AttackStatus.HELD]
    assert not report.held
    (entry,) = report.as_dict()["not_held"]
    assert (entry["family"], entry["name"], entry["status"]) == ("exit", "is right", "beaten")


def test_a_control_that_fails_is_noticed() -> None:
    report = check(Attack(CONTROL, "is right", RIGHT), Attack(CONTROL, "is wrong", WRONG))
    assert statuses(report) == [AttackStatus.HELD, AttackStatus.REFUSED]
    assert report.results[1].detail.endswith("returned: -1")


def test_what_the_deadline_cuts_off_is_not_held() -> None:
    report = check(Attack("exit", "is wrong", WRONG), deadline_s=0.000001)
    assert statuses(report) == [AttackStatus.NOT_RUN]
    assert not report.held


def test_a_secret_that_is_seen_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "a known secret")
    seen = "def add(a, b):\n    return 'so ' + 'a known secret' + ' it is'\n"
    printed = "def add(a, b):\n    print('a known secret')\n"
    report = check(Attack("secrets", "returned", seen), Attack("secrets", "printed", printed))
    assert statuses(report) == [AttackStatus.BEATEN] * 2
    assert "saw a secret" in report.results[0].detail


def test_a_sandbox_that_trusts_an_exit_code_is_beaten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "_RUNNER", "tests.sandbox.conformance.credulous:run_spec")
    paths = (str(Path(__file__).parents[3]), *settings().paths)
    report = check(*(attack for attack in attacks() if attack.family == "exit"), paths=paths)
    assert AttackStatus.BEATEN in statuses(report)
    assert not report.held


def test_a_sandbox_that_fails_is_unscored_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "_RUNNER", "tests.sandbox.conformance.credulous:fail")
    paths = (str(Path(__file__).parents[3]), *settings().paths)
    report = check(Attack("exit", "is wrong", WRONG), paths=paths)
    assert statuses(report) == [AttackStatus.UNSCORED]


def test_what_is_left_on_the_host_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "conformance-before").touch()
    monkeypatch.setattr(kit, "_FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(kit, "tagged_pids", lambda _: [1])

    def leave(_: object) -> None:
        (tmp_path / "conformance-left").touch()
        left.append(socket.socket(socket.AF_UNIX))
        left[0].bind("\0conformance-socket-left")

    left: list[socket.socket] = []
    try:
        report = check_conformance(settings(workers=1), selected=[Attack("exit", "is wrong", WRONG)], on_result=leave)
    finally:
        left[0].close()
    assert [found.held for found in report.host] == [False, False, False, True]
    assert report.host[1].detail == f"{tmp_path}/conformance-left, @conformance-socket-left"
    assert not report.held


@pytest.mark.parametrize(("number", "harm"), [(signal.SIGSTOP, "in state T"), (signal.SIGKILL, "ended by SIGKILL")])
def test_harm_to_another_process_of_the_user_is_noticed(number: int, harm: str) -> None:
    def strike(_: object) -> None:
        for pid in children():
            if b"sys.stdin.read" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(int(pid), number)
                time.sleep(0.1)

    report = check_conformance(settings(workers=1), selected=[Attack("exit", "is wrong", WRONG)], on_result=strike)
    assert [found.detail for found in report.host if not found.held] == [harm]


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


BROKEN = {
    "an environment that is handed on": (
        "scheduler/zygote.py", "env=_ENVIRONMENT,", "env=os.environ | _ENVIRONMENT,",
        "secrets", {"returns its environment": "beaten"}, [],
    ),
    "a comparison that accepts whatever is not an integer": (
        "conformance/spec.py", "type(reply.value) is int and reply.value == left + right",
        "(reply.value == left + right or not type(reply.value) is int)",
        "eq", {"is equal to everything": "beaten", "hopes that not a number is near enough": "beaten"}, [],
    ),
    "a harness that lets go of an answer that leaves": (
        "conformance/spec.py", 'reply.status == "returned" and type', 'reply.status == "exited" or type',
        "exit", {"leaves without clean-up in the call": "beaten"}, [],
    ),
}  # fmt: skip
"""Changes to a copy of the sandbox, and what the kit has to report of each."""


@pytest.fixture
def copy() -> Iterator[Path]:
    """A copy of the sandbox in a folder that answers can enter, and whose attacks go for that folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied = folder / "sandbox"
        shutil.copytree(sandbox.__path__[0], copied, ignore=shutil.ignore_patterns("__pycache__"))
        for file in [copied / "conformance" / "kit.py", *copied.glob("conformance/attacks/*.txt")]:
            file.write_text(file.read_text().replace("/tmp", f"{name}/left"))
        probe = copied / "isolation" / "rlimits.py"  # else the sandbox would not even start
        refused = 'return "a descriptor can be opened under RLIMIT_NOFILE=0"'
        assert probe.read_text().count(refused) == 1
        probe.write_text(probe.read_text().replace(refused, "pass"))
        (folder / "left").mkdir()
        (folder / "left").chmod(0o777)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize("name", BROKEN)
def test_an_isolation_layer_that_is_not_applied_is_noticed(name: str, copy: Path) -> None:
    file, old, new, families, statuses, host = BROKEN[name]
    source = (copy / "sandbox" / file).read_text()
    assert source.count(old) == 1
    (copy / "sandbox" / file).write_text(source.replace(old, new))
    command = [sys.executable, "-I", "-S", "-c", KIT, families, str(copy), *IMPORTED]
    report = json.loads(subprocess.check_output(command, text=True, env={"TMPDIR": f"{copy}/left"}))
    found = {one["name"]: one["status"] for one in report["not_held"]}
    assert found.items() >= statuses.items()
    assert [one["name"] for one in report["host"] if not one["held"]] == host
    assert not report["held"]


def test_the_copy_holds_when_nothing_is_taken_out(copy: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", KIT, "eq exit net", str(copy), *IMPORTED]
    report = json.loads(subprocess.check_output(command, text=True, env={"TMPDIR": f"{copy}/left"}))
    assert (report["not_held"], report["held"]) == ([], True)


KIT = """
import json, sys
sys.path[:0] = sys.argv[2:]
from sandbox.conformance.attacks import attacks
from sandbox.conformance.kit import check_conformance
from sandbox.sandbox import SandboxSettings
from sandbox.types import Tier
selected = [attack for attack in attacks() if attack.family in sys.argv[1].split()]
settings = SandboxSettings(runner="", paths=tuple(sys.argv[2:]), isolation=Tier.RLIMIT)
print(json.dumps(check_conformance(settings, selected=selected).as_dict()))
"""


def test_it_runs_without_any_package_but_the_sandbox() -> None:
    script = "import sys; sys.path[:0] = sys.argv[1:]; import sandbox.conformance.kit; print(*sys.modules)"
    root = str(Path(sandbox.__path__[0]).parent)
    modules = subprocess.check_output([sys.executable, "-S", "-I", "-c", script, root], text=True).split()
    packages = {name.partition(".")[0] for name in modules}
    assert not packages & {"pytest", "grader", "testcases", "black", "pydantic", "RestrictedPython", "boto3"}


def test_each_result_is_reported_as_soon_as_it_is_there() -> None:
    names: list[str] = []
    selected = [Attack("exit", str(number), WRONG) for number in range(3)]
    check_conformance(
        replace(settings(workers=1)), selected=selected, on_result=lambda result: names.append(result.attack.name)
    )
    assert sorted(names) == ["0", "1", "2"]
