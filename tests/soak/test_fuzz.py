"""A short run of the fuzzer, and checks that it notices what it looks for."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from grader.types import Sample, TestResult
from testcases.verdict import Verdict
from tests.soak import fuzz
from tests.soak.fuzz import batch_of, plays_of, run
from tests.soak.fuzz_forms import references
from tests.soak.liar_kit import lie
from tests.soak.liars import answer, grouped_answer, grouped_program

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_lying_answers_pass_nothing_and_are_scored() -> None:
    fuzz = run(150, size=24, groups=1)
    assert fuzz.complaints == []
    assert fuzz.plays >= 150


def _compile(source: str) -> None:
    # Lies are odd code: the compiler warns of some.
    with warnings.catch_warnings(action="ignore"):
        compile(source, "<answer>", "exec", dont_inherit=True)


def test_answers_are_python_and_repeatable() -> None:
    sources = [answer(seed) for seed in range(500)]
    assert len(set(sources)) == 500
    assert sources == [answer(seed) for seed in range(500)]
    broken = 0
    for source in sources:
        try:
            _compile(source)
        except SyntaxError:
            broken += 1
    assert broken < 10
    assert references(3, 9) == references(3, 9) != references(4, 9)
    for grouped in (grouped_answer(range(48)), grouped_program(range(48))):
        _compile(grouped)


def test_each_liar_of_a_group_is_another_one() -> None:
    def shape(seed: int) -> dict[str, object]:
        return {
            name: sorted(vars(value)) if isinstance(value, type) else type(value)
            for name, value in lie(seed, [b""]).items()
        }

    shapes = [repr(shape(seed)) for seed in range(300)]
    assert shapes == [repr(shape(seed)) for seed in range(300)]
    assert len(set(shapes)) > 240


def test_each_test_of_a_group_asks_its_own_liar() -> None:
    (suite,) = [reference for name, reference in references(3, 24, is_grouped=True).items() if name == "suite"]
    for index, test in enumerate(suite["pytest"].split("def test_")[1:]):
        assert f"_{index}" in test.split("\n", 1)[1]
    answers = {sample.id: sample.completion for sample, liars in batch_of(3, size=24) if liars > 1}
    assert len(set(answers.values())) == len(answers)


def test_plays_are_counted_by_tests_that_ran() -> None:
    def results(*verdicts: str) -> list[TestResult]:
        return [TestResult(Verdict(verdict), detail=str(number)) for number, verdict in enumerate(verdicts)]

    assert plays_of(results("wrong_answer", "exception", "crashed"), 24) == 3
    assert plays_of(results("wrong_answer", "not_run", "timeout", "timeout"), 24) == 2
    assert plays_of(results("wrong_answer", "exception", "crashed"), 1) == 1
    assert plays_of([TestResult(Verdict.EXCEPTION, detail="not loaded")] * 24, 24) == 1


@pytest.mark.parametrize(
    ("liar", "complaint"),
    [
        (lambda _: "def f(x):\n    return 1.5\n", "passed ['f(3)']"),
        (lambda _: "def f(x):\n    return 2.5\n", ""),
    ],
)
def test_a_pass_is_noticed(monkeypatch: pytest.MonkeyPatch, liar: Callable[[int], str], complaint: str) -> None:
    reference = {"entry_point": "f", "tests": [{"args": [3], "expected": 1.5}]}
    monkeypatch.setattr(fuzz, "batch_of", lambda _, **__: [(Sample("calls", f"```python\n{liar(0)}```", reference), 1)])
    assert [text.partition(": ")[2] for text in run(1).complaints] == [complaint][: bool(complaint)]


def test_a_sample_without_a_score_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = {"entry_point": "f", "tests": [{"assert": "assert f("}]}
    sample = Sample("broken", f"```python\n{answer(0)}```", reference)
    monkeypatch.setattr(fuzz, "batch_of", lambda _, **__: [(sample, 1)])
    assert ["unscored" in text for text in run(1).complaints] == [True]
