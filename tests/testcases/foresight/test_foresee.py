"""What is foreseen of tests, and what an answer must not read ahead."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.wire.values import decode
from testcases.foresight.foresee import Foreseen, foresee
from testcases.model import AssertTest, CallTest, CheckTest, Problem, StdinTest
from testcases.spec import build_spec
from testcases.spec_run import names_used


def foreseen(*tests: Any, setup: str = "", names: tuple[str, ...] = ("f",)) -> Foreseen:
    spec = build_spec(Problem(tests=tests, entry_point="f", setup=setup))
    used = names_used(spec["tests"]) & {"helper", "Shape"}
    return foresee(spec, (*names, *sorted(used)), {})


def arguments(found: Foreseen) -> list[list[Any]]:
    """Return the positional arguments of the calls in each batch."""
    return [[decode(request)[2] for request in batch] for batch in found.batches]


def check(body: str) -> CheckTest:
    return CheckTest("def check(candidate):\n" + "".join(f"    {line}\n" for line in body.splitlines()))


def test_calls_are_foreseen_in_the_order_of_the_tests() -> None:
    found = foreseen(CallTest((1,), 10), CallTest((2,), 20), CallTest((3,), 30))
    assert arguments(found) == [[[1], [2], [3]]]
    assert found.are_all


def test_a_batch_ends_before_an_argument_that_an_earlier_reply_is_compared_with() -> None:
    assert arguments(foreseen(CallTest((1,), 5), CallTest((5,), 6), CallTest((7,), 8))) == [[[1]], [[5], [7]]]


def test_a_batch_ends_before_an_argument_that_holds_what_an_earlier_reply_is_compared_with() -> None:
    assert arguments(foreseen(CallTest((1,), "abc"), CallTest((["abc", "d"],), 6))) == [[[1]], [[["abc", "d"]]]]


@pytest.mark.parametrize(("expected", "argument"), [(1, 1.0), (1.0, True), ((1, 2), [1, 2]), ({1}, frozenset({1}))])
def test_equal_values_of_different_types_count_as_equal(expected: Any, argument: Any) -> None:
    assert len(foreseen(CallTest((0,), expected), CallTest((argument,), "x")).batches) == 2


def test_values_that_a_check_compares_end_a_batch_too() -> None:
    body = "assert candidate(1) == 7\nassert abs(candidate(7) - 0.5) < 1e-6\nassert candidate(0.5) > 2"
    found = foreseen(check(body))
    assert arguments(found) == [[[1]], [[7]], [[0.5]]]
    assert found.are_all


def test_values_that_are_compared_after_the_later_call_end_a_batch_too() -> None:
    found = foreseen(check("a = candidate(1)\nb = candidate(9)\nassert a + 1 == 9\nassert b == 3"))
    assert arguments(found) == [[[1]], [[9]]]


def test_assertions_are_foreseen_one_after_the_other() -> None:
    found = foreseen(AssertTest("assert f(1) == 20"), AssertTest("for i in range(3):\n    assert f(i, k=i) != 'x'"))
    assert arguments(found) == [[[1], [0], [1], [2]]]
    assert found.are_all


@pytest.mark.parametrize(
    "body",
    [
        "assert len(candidate(2)) == 1",
        "assert [x for x in candidate(2)] == []",
        "assert set(candidate(2)) == {1}",
        "assert candidate(2).real == 1",
        "assert candidate(candidate(2)) == 1",
        "assert candidate(lambda: 1) == 2",
        "while candidate(2) < 5:\n    pass",
        "while True:\n    pass",
    ],
)  # fmt: skip
def test_what_depends_on_the_answer_is_not_foreseen(body: str) -> None:
    found = foreseen(AssertTest("assert f(1) == 2"), check(body))
    assert arguments(found) == [[[1]]]
    assert not found.are_all


def test_code_that_fails_without_the_answer_asks_for_nothing_more() -> None:
    found = foreseen(AssertTest("assert f(1) == 2"), check("assert undefined == 1\nassert candidate(5) == 1"))
    assert arguments(found) == [[[1], [5]]]
    assert found.are_all


def test_nothing_is_sent_ahead_of_a_result_that_may_be_compared_with_anything_later() -> None:
    found = foreseen(AssertTest("a = f(1)\nb = f(2)"), AssertTest("assert len(b) == 1 and a == 2"))
    assert found == Foreseen()


@pytest.mark.parametrize("body", ["assert helper(2) == 1", "assert isinstance(candidate(2), Shape)"])
def test_nothing_is_foreseen_of_code_that_uses_other_names_of_the_answer(body: str) -> None:
    assert foreseen(AssertTest("assert f(1) == 2"), check(body)) == Foreseen()


def test_programs_are_not_foreseen() -> None:
    assert foreseen(StdinTest("1", "2")) == Foreseen()


def test_nothing_is_foreseen_of_a_name_that_the_answer_is_not_loaded_with() -> None:
    assert foreseen(AssertTest("assert f(1) == 2"), names=("g",)) == Foreseen()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "bc", 0.5, 1.5]),
    lambda inner: st.lists(inner, max_size=2) | st.tuples(inner) | st.dictionaries(st.sampled_from("xy"), inner),
    max_leaves=4,
)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=6))
def test_no_batch_holds_an_argument_that_an_earlier_reply_in_it_is_compared_with(pairs: list[tuple[Any, Any]]) -> None:
    found = foreseen(*(CallTest((argument,), expected) for argument, expected in pairs))
    assert [call for batch in arguments(found) for call in batch] == [[argument] for argument, _ in pairs]
    position = 0
    for batch in found.batches:
        rows = pairs[position : position + len(batch)]
        position += len(batch)
        for later in range(len(rows)):
            assert all(rows[later][0] != expected for _, expected in rows[:later])
