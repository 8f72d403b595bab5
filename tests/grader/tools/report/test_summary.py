from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grader.tools.report.summary import Summary
from grader.tools.report.tables import summary_tables
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_empty_run_has_no_means(render: Callable[..., str]) -> None:
    summary = Summary()
    assert summary.as_dict() == {
        "samples": 0,
        "scored": 0,
        "unscored": 0,
        "reward": None,
        "reward_percentiles": {},
        "problems": {
            "count": 0,
            "pass_rate": None,
            "pass_at_k": {},
            "with_several_samples": 0,
            "without_spread": 0,
        },
        "metrics": {},
        "verdicts": {},
        "slowest": [],
        "failures": [],
    }
    assert "0 samples" in render(summary_tables(summary))


def test_rewards_metrics_and_verdicts_of_scored_samples_are_counted(
    make_grade: Any, render: Callable[..., str]
) -> None:
    summary = Summary()
    summary.add(make_grade("a", reward=1.0, verdicts=[Verdict.PASSED, Verdict.PASSED], duration_ms=30), 1)
    summary.add(make_grade("b", reward=0.5, functional=0.0, verdicts=[Verdict.TIMEOUT], duration_ms=900), 2)
    document = summary.as_dict()
    assert document["reward"] == {"mean": 0.75, "min": 0.5, "max": 1.0}
    assert document["metrics"]["functional"] == {"mean": 0.5, "min": 0.0, "max": 1.0}
    assert document["verdicts"] == {"passed": 2, "timeout": 1}
    assert document["slowest"] == [
        {"id": "b", "line": 2, "duration_ms": 900},
        {"id": "a", "line": 1, "duration_ms": 30},
    ]
    text = render(summary_tables(summary))
    assert "0.750" in text
    assert "66.7 %" in text
    assert "Unscored" not in text


def test_unscored_samples_are_not_part_of_a_mean(make_grade: Any, render: Callable[..., str]) -> None:
    summary = Summary()
    summary.add(make_grade("a", reward=0.5, functional=0.5))
    summary.add(make_grade("b", reward=None, functional=0.0, reason="no\nidea", verdicts=[Verdict.INTERNAL]), 7)
    document = summary.as_dict()
    assert (document["scored"], document["unscored"]) == (1, 1)
    assert document["metrics"]["functional"]["mean"] == 0.5
    assert document["verdicts"] == {}
    assert document["failures"] == [{"id": "b", "line": 7, "reason": "no idea"}]
    assert "1 of them unscored" in render(summary_tables(summary))


def test_memory_does_not_grow_with_the_number_of_samples(make_grade: Any, render: Callable[..., str]) -> None:
    summary = Summary()
    for number in range(1000):
        summary.add(make_grade(number, duration_ms=number), number)
        summary.add(make_grade(f"bad {number}", reward=None, reason="x" * 10_000), number)
    assert [slow.line for slow in summary.slowest] == [999, 998, 997, 996, 995]
    assert len(summary.failures) == 20
    assert len(json.dumps(summary.as_dict())) < 10_000
    assert "Unscored samples (the first 20)" in render(summary_tables(summary))


def test_the_duration_is_the_sum_of_the_stages_without_a_metric_for_it(make_grade: Any) -> None:
    grade = make_grade(timings_ms={"read": 1.5, "run": 2.5})
    object.__setattr__(grade, "metrics", ())
    summary = Summary()
    summary.add(grade)
    assert summary.slowest[0].duration_ms == 4.0


def test_text_of_samples_is_not_interpreted_as_markup(make_grade: Any, render: Callable[..., str]) -> None:
    summary = Summary()
    summary.add(make_grade("[red]a[/red]\x1b[2J", verdicts=[Verdict.PASSED]))
    summary.add(make_grade("[/]", reward=None, reason="[/bold]\x07"))
    text = render(summary_tables(summary))
    assert r"[red]a[/red]\x1b[2J" in text
    assert r"[/bold]\x07" in text
