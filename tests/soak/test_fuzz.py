"""A short run of the fuzzer, and checks that it notices what it looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.soak import fuzz
from tests.soak.fuzz import FORMS, references, run
from tests.soak.liars import answer

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_lying_answers_pass_nothing_and_are_scored() -> None:
    assert run(3 * len(FORMS)).complaints == []


def test_answers_are_python_and_repeatable() -> None:
    sources = [answer(seed) for seed in range(500)]
    assert len(set(sources)) == 500
    assert sources == [answer(seed) for seed in range(500)]
    broken = 0
    for source in sources:
        try:
            compile(source, "<answer>", "exec")
        except SyntaxError:
            broken += 1
    assert broken < 10
    assert references(3) == references(3) != references(4)


@pytest.mark.parametrize(
    ("liar", "complaint"),
    [
        (lambda _: "def f(x):\n    return 1.5\n", "passed ['f(3)']"),
        (lambda _: "def f(x):\n    return 2.5\n", ""),
    ],
)
def test_a_pass_is_noticed(monkeypatch: pytest.MonkeyPatch, liar: Callable[[int], str], complaint: str) -> None:
    reference = {"entry_point": "f", "tests": [{"args": [3], "expected": 1.5}]}
    monkeypatch.setattr(fuzz, "answer", liar)
    monkeypatch.setattr(fuzz, "references", lambda _: {"calls": reference})
    assert [text.partition(": ")[2] for text in run(1).complaints] == [complaint][: bool(complaint)]


def test_a_sample_without_a_score_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = {"entry_point": "f", "tests": [{"assert": "assert f("}]}
    monkeypatch.setattr(fuzz, "references", lambda _: {"broken": reference})
    assert ["unscored" in text for text in run(1).complaints] == [True]
