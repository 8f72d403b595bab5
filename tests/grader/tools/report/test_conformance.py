"""The tables of a conformance report, and the exit code of the command."""

from __future__ import annotations

import io
import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
import typer
from rich.console import Console

from grader.cli import doctor as command
from grader.core.grader import Grader
from grader.tools.report.conformance import conformance_tables
from sandbox.conformance.attacks import Attack
from sandbox.conformance.kit import AttackResult, AttackStatus, ConformanceReport, HostCheck
from sandbox.types import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

HELD = AttackResult(Attack("exit", "is wrong", ""), AttackStatus.HELD)
BEATEN = AttackResult(Attack("exit", "is [red]right[/]", ""), AttackStatus.BEATEN, "4 of 4 cases\x1b[31m")
CLEAN = HostCheck("no process is left", held=True)


def report(outcomes: Sequence[AttackResult], *host: HostCheck) -> ConformanceReport:
    return ConformanceReport(Tier.RLIMIT, (), tuple(outcomes), host, 1.5)


def shown(found: ConformanceReport) -> str:
    screen = io.StringIO()
    Console(file=screen, width=120).print(conformance_tables(found))
    return screen.getvalue()


def test_stopped_attacks_are_counted_by_family() -> None:
    text = shown(report([HELD, BEATEN], CLEAN))
    assert re.search(r"exit .* 1 .* 2 ", text)
    assert re.search(r"no process is left\W+yes", text)


def test_attacks_that_were_not_stopped_are_listed_as_plain_text() -> None:
    text = shown(report([HELD, BEATEN], HostCheck("no file is left", held=False, detail="/tmp/a")))
    assert re.search(r"exit\W+is \[red\]right\[/\]\W+beaten\W+4 of 4 cases", text)
    assert "\x1b" not in text
    assert re.search(r"no file is left\W+no\W+/tmp/a", text)


def test_there_is_no_table_of_failures_without_failures() -> None:
    assert "not stopped" not in shown(report([HELD], CLEAN))


@pytest.mark.parametrize(("outcome", "ending"), [(HELD, nullcontext()), (BEATEN, pytest.raises(typer.Exit))])
def test_the_command_exits_with_1_when_an_attack_was_not_stopped(
    outcome: AttackResult, ending: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Grader, "check_conformance", lambda *_, **__: report([outcome], CLEAN))
    monkeypatch.setattr(command, "attack_cases", tuple)  # the attack suite has a test of its own
    with ending as end:
        command.doctor(attack=True)
    assert end is None or end.value.exit_code == 1
    assert "Attacks" in capsys.readouterr().out
