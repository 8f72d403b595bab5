"""The tables of docs/security.md: counts, and attacks that were not stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.security.__main__ import main
from benchmarks.security.answers import CASES, FORMS, Answer, Must, bundled, collected
from benchmarks.security.findings import Findings, PeerFindings, TierFindings
from benchmarks.security.own import read_doctor, run_tier
from benchmarks.security.page import BEGIN, END, replace_tables, tables
from sandbox.conformance.attacks import CONTROL, attacks
from sandbox.types import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

RIGHT = Answer(CONTROL, "right", "def add(a, b):\n    return a + b\n", Must.PASS)
WRONG = Answer("eq", "wrong", "def add(a, b):\n    return a - b\n", Must.FAIL)
RLIMIT = TierFindings("rlimit", {"eq": (6, 6), "reach": (5, 5), CONTROL: (3, 3)})
REFUSES = ("eq, wrong", "control, is slow")
FOUND = Findings(
    bundled=3,
    collected=0,
    python="3.11.7",
    kernel="6.1",
    tiers=(RLIMIT, TierFindings("seccomp", {}, missing="refused")),
    peers=(
        PeerFindings(
            "other", "1.0", {"eq": (1, 2), "reach": (3, 4), CONTROL: (0, 1)}, REFUSES, left=3, leavers=2, hung=1, died=4
        ),
    ),
    descriptions={"eq": "Lies about equality. At length."},
)
NOTHING: Callable[[], None] = lambda: None  # noqa: E731 - a value of that type


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of all tables by their first cell; later rows replace earlier ones of the same name."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {first: rest for first, *rest in cells}


def first_table(found: Findings) -> dict[str, list[str]]:
    return rows(tables(replace(found, peers=())))


def test_a_family_is_counted_in_each_tier() -> None:
    assert first_table(FOUND)["`eq`"] == ["Lies about equality", "6 of 6", "-"]
    assert first_table(FOUND)["processes left behind"] == ["", "0", "-"]


def test_a_tier_that_the_host_lacks_is_named_with_the_reason() -> None:
    assert "tier `seccomp` is not available on this host: refused" in tables(FOUND)


def test_attacks_that_were_not_stopped_are_highlighted_and_listed() -> None:
    beaten = replace(RLIMIT, families={"eq": (5, 6)}, not_held=("eq, wrong, calls: 1.00",))
    found = replace(FOUND, tiers=(beaten,))
    assert first_table(found)["`eq`"][1] == "**5 of 6**"
    assert "Not stopped in tier `rlimit`: eq, wrong, calls: 1.00" in tables(found)
    assert (FOUND.held, found.held) == (True, False)
    assert not replace(FOUND, tiers=(replace(RLIMIT, left=1),)).held


def test_other_graders_are_measured_by_the_answers_they_let_through() -> None:
    table = rows(tables(FOUND))
    assert table["wrong answers that passed"] == ["0 of 6", "1 of 2"]
    assert table["answers that reached what they must not"] == ["0 of 5", "3 of 4"]
    assert table["right answers that failed"] == ["0 of 3", "1 of 1"]
    assert table["processes left behind"] == ["0", "3, by 2 answers"]
    assert table["answers after which the grader hung"] == ["0", "1"]
    assert table["answers that crashed the grader"] == ["0", "4"]
    assert table["`eq`"] == ["0 of 6", "1 of 2"]
    assert "- Right answer that failed in other: the control that is slow" in tables(FOUND)


def test_findings_survive_json() -> None:
    found = FOUND.with_lambda_like(RLIMIT)
    assert Findings.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_the_lambda_like_container_has_a_column(tmp_path: Path) -> None:
    file = tmp_path / "attack.json"
    file.write_text(json.dumps(doctor(eq={"held": 3, "beaten": 1})))
    box = read_doctor(file)
    assert box.families == {"eq": (3, 4)}
    assert box.left == 1
    assert first_table(FOUND.with_lambda_like(box))["`eq`"][-1] == "**3 of 4**"
    assert "the Lambda-like container: eq, it: beaten" in tables(FOUND.with_lambda_like(box))


def doctor(**families: dict[str, int]) -> dict[str, Any]:
    host = [{"name": "no process is left", "held": False, "detail": "2 left"}]
    not_held = [{"family": "eq", "name": "it", "status": "beaten", "detail": ""}]
    return {"tier": "rlimit", "conformance": {"families": families, "not_held": not_held, "host": host}}


@pytest.mark.parametrize("text", ["", "[]", '{"tier": "rlimit"}', '{"tier": "rlimit", "conformance": {"families": 3}}'])
def test_other_files_than_the_doctors_report_are_rejected(tmp_path: Path, text: str) -> None:
    file = tmp_path / "attack.json"
    file.write_text(text)
    with pytest.raises(ValueError, match="not the output of `grader doctor --attack --json`"):
        read_doctor(file)


def test_only_the_text_between_the_markers_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replace_tables(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="no <!--"):
        replace_tables("a page", "new")


def test_the_page_of_the_docs_has_a_place_for_the_tables() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    assert "wrong answers that passed" in rows(replace_tables(page, tables(FOUND)))


def test_answers_are_the_bundled_ones_and_those_of_a_collection(tmp_path: Path) -> None:
    assert len(bundled()) == len(attacks())
    (tmp_path / "001_exit_soon.py").write_text("# expects: functional<1\nexit()\n")
    (tmp_path / "160_source_none.py").write_text("# expects: functional=0, grader-survives\n")
    (tmp_path / "901_control_plain.py").write_text("# expects: functional=1\n")
    (tmp_path / "README.md").write_text("not one")
    found = collected(tmp_path)
    assert [(one.family, one.must) for one in found] == [
        ("exit", Must.FAIL),
        ("source", Must.EARN_NOTHING),
        (CONTROL, Must.PASS),
    ]
    assert collected(tmp_path / "nowhere") == []


@pytest.mark.parametrize(("must", "holding"), [(Must.PASS, [1.0]), (Must.FAIL, [0.0, 0.5]), (Must.EARN_NOTHING, [0.0])])
def test_required_results_are_checked(must: Must, holding: list[float]) -> None:
    answer = replace(RIGHT, must=must)
    assert [share for share in (0.0, 0.5, 1.0) if answer.holds(share)] == holding


def test_no_constant_passes_all_cases() -> None:
    assert len({total for _, total in CASES}) == len(CASES)
    assert list(FORMS) == ["calls", "assertions", "check function"]


def test_answers_without_the_required_result_are_not_held() -> None:
    lies = replace(RIGHT, family="eq", must=Must.FAIL)
    refused = replace(WRONG, family=CONTROL, must=Must.PASS)
    calls: list[None] = []
    found = run_tier([RIGHT, WRONG, lies, refused], Tier.RLIMIT, lambda: calls.append(None))
    assert found.families == {CONTROL: (3, 6), "eq": (3, 6)}
    assert len(found.not_held) == 6
    assert found.not_held[0].startswith("eq, right, calls: 1.00")
    assert (found.left, len(calls)) == (0, 12)


def test_the_command_reports_missing_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "attack.json"
    report.write_text("{}")
    page = tmp_path / "page.md"
    page.write_text("no markers")
    assert main(["--again", "--lambda-like", str(report), "--page", str(page)]) == 2
    assert capsys.readouterr().err.startswith("security: ")
