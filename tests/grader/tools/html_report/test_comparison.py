"""Which samples changed between two runs, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.tools.files.stored_results import StoredResult
from grader.tools.html_report.comparison import Cause, Comparison, RunIndex

PARTS = {"syntax": 1.0, "functional": 1.0, "style": 0.5}
BASE = StoredResult({}, "a", 1, 0.9, PARTS, "p", verdicts=("passed", "passed"), answer="return 1", has_details=True)
WRONG = replace(BASE, reward=0.65, verdicts=("passed", "timeout"), metrics=PARTS | {"functional": 0.5})


def compare(before: list[StoredResult], after: list[StoredResult]) -> Comparison:
    indexes = RunIndex(), RunIndex()
    for index, results in zip(indexes, (before, after), strict=True):
        for result in results:
            index.add(result)
    return indexes[1].compare(indexes[0])


@pytest.mark.parametrize(
    ("after", "cause", "detail"),
    [
        (replace(BASE, reward=None, reason="the deadline"), Cause.SCORING, "the deadline"),
        (replace(WRONG, problem="q"), Cause.TESTS, "2 → 2 tests"),
        (replace(WRONG, answer="return 2"), Cause.ANSWER, "2 of 2 → 1 of 2 tests passed"),
        (replace(BASE, answer="x", reward=0.8, metrics=PARTS | {"style": 0.0}), Cause.ANSWER, "style 0.50 → 0.00"),
        (WRONG, Cause.VERDICTS, "test 2: passed → timeout"),
        (replace(WRONG, verdicts=("passed",)), Cause.VERDICTS, "2 → 1 verdicts"),
        (replace(BASE, reward=1.0, metrics=PARTS | {"style": 1.0}), Cause.PARTS, "style 0.50 → 1.00"),
        (replace(BASE, reward=1.0), Cause.SETTINGS, ""),
        (replace(WRONG, answer=None, has_details=False), Cause.UNKNOWN, "2 of 2 → 1 of 2 tests passed"),
    ],
)  # fmt: skip
def test_another_reward_has_a_cause(after: StoredResult, cause: Cause, detail: str) -> None:
    (change,) = compare([BASE], [after]).changes
    assert (change.cause, change.detail) == (cause, detail)


def test_samples_are_matched_by_name_and_those_of_one_name_in_their_order() -> None:
    before = [BASE, replace(BASE, name="b"), BASE, replace(BASE, name="gone")]
    after = [replace(BASE, name="new"), BASE, WRONG, replace(BASE, name="b")]
    comparison = compare(before, after)
    assert (comparison.common, comparison.only_before, comparison.only_after) == (3, 1, 1)
    assert [(change.before, change.after) for change in comparison.changes] == [(2, 2)]


def test_equal_rewards_are_no_change_whatever_else_differs() -> None:
    assert compare([BASE], [replace(BASE, answer="return 3", reason="other")]).changes == ()
    unscored = replace(BASE, reward=None)
    assert compare([unscored], [replace(unscored, reason="other")]).changes == ()


def test_many_other_verdicts_are_counted() -> None:
    before = replace(BASE, verdicts=("passed",) * 6)
    after = replace(BASE, reward=0.1, verdicts=("exception",) * 6)
    (change,) = compare([before], [after]).changes
    assert change.detail.startswith("test 1: passed → exception; test 2: ")
    assert change.detail.endswith("; 3 more")
