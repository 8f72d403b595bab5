"""Rewards of the bundled examples from the real grader."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from grader.core.grader import Grader
from grader.lambda_api import read_event
from grader.types import GradeStatus
from testcases.examples import Example, Kind, examples_path, load_examples
from testcases.formats import read_reference
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.types import Grade

EXAMPLES = load_examples()


@pytest.fixture(scope="module")
def grades() -> dict[str, Grade]:
    samples = read_event([example.event() for example in EXAMPLES]).samples
    with Grader() as grader:
        graded = grader.grade_batch(samples)
    return {grade.sample_id: grade for grade in graded}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_earns_what_its_kind_may(example: Example, grades: dict[str, Grade]) -> None:
    grade = grades[example.id]
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert grade.reward is not None
    syntax, functional, style = (grade.metric(name) for name in ("syntax", "functional", "style"))
    match example.kind:
        case Kind.RIGHT:
            assert (syntax, functional, style, grade.reward) == (1, 1, 1, 1), grade.reason
        case Kind.UGLY:
            assert (syntax, functional) == (1, 1), grade.reason
            assert style < 0.7
        case Kind.WRONG:
            assert syntax == 1
            assert functional < 1
        case Kind.SLOW:
            assert functional < 1
            assert Verdict.TIMEOUT in {test.verdict for test in grade.tests}
        case Kind.BROKEN | Kind.STUB | Kind.NONE:
            assert grade.reward == 0
        case Kind.HACK:
            assert functional == 0
            assert grade.reward <= 0.5


def test_the_reasons_of_zero_are_told_apart(grades: dict[str, Grade]) -> None:
    assert grades["loyalty_points/stub_pass"].metric("stub") == 1
    assert grades["shelf_label/none_only_prose"].metric("code_found") == 0
    assert grades["tank_days/broken_cut_off"].metric("code_truncated") == 1


def test_there_is_an_answer_of_every_kind_and_a_task_of_many_shapes() -> None:
    """For every format there is a row in ``test_formats.py``."""
    assert {example.kind for example in EXAMPLES} == set(Kind)
    format_names = {read_reference(example.reference).format_name for example in EXAMPLES}
    assert format_names >= {"native", "humaneval", "mbpp", "prime_code", "aws_code", "livecodebench"}


def test_every_task_has_a_right_answer_and_a_bad_one() -> None:
    right = Counter(example.task for example in EXAMPLES if example.kind is Kind.RIGHT)
    assert set(right) == {example.task for example in EXAMPLES}
    assert {example.task for example in EXAMPLES if example.kind not in (Kind.RIGHT, Kind.UGLY)} == set(right)


def test_no_file_is_left_out() -> None:
    files = [path for path in examples_path().rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    tasks = {example.task for example in EXAMPLES}
    assert len(files) == len(EXAMPLES) + len(tasks)
