"""The syntax score and its gate."""

from dataclasses import replace

import pytest

from grader.core.scoring import syntax_score, withholding_reason
from sandbox.types import Analysis, AnalysisStatus, Finding

SOUND = Analysis(AnalysisStatus.OK, defines_entry_point=True)


@pytest.mark.parametrize("status", AnalysisStatus)
def test_every_status_has_a_score_and_only_ok_has_a_good_one(status: AnalysisStatus) -> None:
    assert syntax_score(Analysis(status)) == (1.0 if status is AnalysisStatus.OK else 0.0)


def test_a_sound_answer_earns_style() -> None:
    assert not withholding_reason(SOUND)
    assert withholding_reason(SOUND) == ""


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"defines_entry_point": False}, "the entry point is not defined"),
        ({"is_stub": True}, "the entry point does nothing"),
        (
            {"violations": (Finding("denied_member", 3, "os.fork makes processes"),)},
            "policy: line 3: os.fork makes processes",
        ),
        ({"status": AnalysisStatus.SYNTAX_ERROR, "detail": "line 1: invalid syntax"}, "line 1: invalid syntax"),
    ],
)
def test_a_flaw_withholds_style_and_says_why(flaw: dict[str, object], reason: str) -> None:
    flawed = replace(SOUND, **flaw)
    assert withholding_reason(flawed)
    assert withholding_reason(flawed) == reason


@pytest.mark.parametrize("status", [status for status in AnalysisStatus if status is not AnalysisStatus.OK])
def test_nothing_that_was_not_read_earns_style(status: AnalysisStatus) -> None:
    assert withholding_reason(replace(SOUND, status=status))
    assert withholding_reason(replace(SOUND, status=status))
