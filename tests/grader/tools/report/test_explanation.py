from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.tools.report.explanation import Explanation
from grader.tools.report.tables import grades_table
from grader.types import TestResult
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

WEIGHTS = {"syntax": 0.3, "functional": 0.5, "style": 0.2}


def test_parts_add_up_to_the_reward(make_grade: Any, render: Callable[..., str]) -> None:
    explanation = Explanation(make_grade(reward=0.9), WEIGHTS)
    assert [(part.name, part.contribution) for part in explanation.parts] == [
        ("syntax", 0.3),
        ("functional", 0.5),
        ("style", 0.1),
    ]
    assert explanation.withheld == 0
    assert "withheld" not in render(explanation.render())


def test_the_amount_that_a_gate_withholds_is_shown(make_grade: Any, render: Callable[..., str]) -> None:
    explanation = Explanation(make_grade(reward=0.8), WEIGHTS)
    assert explanation.withheld == pytest.approx(0.1)
    assert "withheld by a gate" in render(explanation.render())


def test_an_unscored_sample_has_nothing_to_add_up(make_grade: Any, render: Callable[..., str]) -> None:
    explanation = Explanation(make_grade(reward=None, reason="the sandbox is gone"), WEIGHTS)
    text = render(explanation.render())
    assert "the sandbox is gone" in text
    assert "Unscored" in text
    assert "No answer was found" in text
    assert json.dumps(explanation.as_dict(), allow_nan=False)


def test_everything_hostile_is_shown_as_text(make_grade: Any, render: Callable[..., str]) -> None:
    evil = "[bold]x[/] \x1b]0;t\x07 \u202e :smile:"
    grade = make_grade(
        evil,
        reward=0.9,
        answer=f"x = 1  # {evil}\n",
        extraction_rule="bare_code",
        tests=(TestResult(Verdict.EXCEPTION, evil, evil),),
        style_findings=(evil,),
        reason=evil,
    )
    for report in (Explanation(grade, WEIGHTS, 3).render(), grades_table([grade])):
        text = render(report, width=200)
        assert all(char == "\n" or char.isprintable() for char in text)
        assert r"[bold]x[/] \x1b]0;t\x07 \u202e :smile:" in text


@pytest.mark.parametrize("size", [70_000, 300_000])
def test_a_long_answer_is_shown_plain_and_cut(make_grade: Any, render: Callable[..., str], size: int) -> None:
    grade = make_grade(answer="x = 1\n" * (size // 6), extraction_rule="bare_code")
    text = render(Explanation(grade, WEIGHTS).render())
    assert ("more characters; --json shows all" in text) == (size > 256 * 1024)
    assert Explanation(grade, WEIGHTS).as_dict()["answer"] == grade.answer
