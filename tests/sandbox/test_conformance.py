"""The conformance kit: what it holds this host to, and that it notices when something does not hold."""

from __future__ import annotations

import secrets
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sandbox
from sandbox import conformance
from sandbox.attacks import CONTROL, Attack, attacks, families
from sandbox.conformance import OutcomeStatus, check_conformance
from sandbox.errors import IsolationError
from sandbox.walls.report import Tier
from tests.sandbox.conftest import settings

if TYPE_CHECKING:
    from sandbox.conformance import ConformanceReport

RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"


def check(*wanted: Attack, deadline_s: float | None = None, **more: Any) -> ConformanceReport:
    return check_conformance(settings(lanes=1, **more), wanted=wanted, deadline_s=deadline_s)


def statuses(report: ConformanceReport) -> list[OutcomeStatus]:
    return [outcome.status for outcome in report.outcomes]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("tier", Tier)
def test_every_attack_is_held_off_and_every_control_passes(tier: Tier) -> None:
    try:
        report = check_conformance(settings(isolation=tier))
    except IsolationError as error:
        pytest.skip(str(error))
    assert report.as_dict()["not_held"] == []
    assert [found for found in report.host if not found.held] == []
    assert report.held
    assert report.tier is tier
    assert len(report.outcomes) == len(attacks())


def test_every_family_has_members_and_says_what_it_tries() -> None:
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
    assert statuses(report) == [OutcomeStatus.BEATEN, OutcomeStatus.HELD]
    assert not report.held
    (told,) = report.as_dict()["not_held"]
    assert (told["family"], told["name"], told["status"]) == ("exit", "is right", "beaten")


def test_a_control_that_fails_is_noticed() -> None:
    report = check(Attack(CONTROL, "is right", RIGHT), Attack(CONTROL, "is wrong", WRONG))
    assert statuses(report) == [OutcomeStatus.HELD, OutcomeStatus.REFUSED]
    assert report.outcomes[1].detail.endswith("returned: -1")


def test_what_the_deadline_cuts_off_is_not_held() -> None:
    report = check(Attack("exit", "is wrong", WRONG), deadline_s=0.000001)
    assert statuses(report) == [OutcomeStatus.NOT_RUN]
    assert not report.held


def test_a_secret_that_is_seen_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "a known secret")
    seen = "def add(a, b):\n    return 'so ' + 'a known secret' + ' it is'\n"
    printed = "def add(a, b):\n    print('a known secret')\n"
    report = check(Attack("secrets", "returned", seen), Attack("secrets", "printed", printed))
    assert statuses(report) == [OutcomeStatus.BEATEN] * 2
    assert "saw a secret" in report.outcomes[0].detail


def test_a_sandbox_that_believes_an_exit_code_is_beaten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "_CONDUCTOR", "tests.sandbox.credulous:conduct")
    paths = (str(Path(__file__).parents[2]), *settings().paths)
    report = check(*(attack for attack in attacks() if attack.family == "exit"), paths=paths)
    assert OutcomeStatus.BEATEN in statuses(report)
    assert not report.held


def test_a_sandbox_that_fails_is_unscored_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "_CONDUCTOR", "tests.sandbox.credulous:fail")
    paths = (str(Path(__file__).parents[2]), *settings().paths)
    report = check(Attack("exit", "is wrong", WRONG), paths=paths)
    assert statuses(report) == [OutcomeStatus.UNSCORED]


def test_what_is_left_on_the_host_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "conformance-left").touch()
    monkeypatch.setattr(conformance, "_PLACES", (str(tmp_path),))
    monkeypatch.setattr(conformance, "bearers", lambda _: [1])
    report = check(Attack("exit", "is wrong", WRONG))
    assert [found.held for found in report.host] == [False, False, True]
    assert not report.held


def test_it_runs_without_any_package_but_the_sandbox() -> None:
    script = "import sys; sys.path[:0] = sys.argv[1:]; import sandbox.conformance; print(*sys.modules)"
    root = str(Path(sandbox.__path__[0]).parent)
    modules = subprocess.check_output([sys.executable, "-S", "-I", "-c", script, root], text=True).split()
    packages = {name.partition(".")[0] for name in modules}
    assert not packages & {"pytest", "grader", "testcases", "black", "pydantic", "RestrictedPython", "boto3"}


def test_each_outcome_is_told_as_soon_as_it_is_there() -> None:
    told: list[str] = []
    wanted = [Attack("exit", str(number), WRONG) for number in range(3)]
    check_conformance(
        replace(settings(lanes=1)), wanted=wanted, on_outcome=lambda outcome: told.append(outcome.attack.name)
    )
    assert sorted(told) == ["0", "1", "2"]
