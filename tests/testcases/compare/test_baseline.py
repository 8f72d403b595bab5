"""What the best constant answer would pass."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testcases.compare.credit import baseline_share, best_baseline
from testcases.model import AssertTest, CallTest, CheckTest, Comparison, Problem, StdinTest, Test

CHECK_OF_TWOS = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 2\n"


def share(*tests: Test) -> float:
    return baseline_share(Problem(tests, entry_point="f"))


def calls(*expected: Any) -> float:
    return share(*(CallTest((number,), value) for number, value in enumerate(expected)))


def asserts(*sources: str) -> float:
    return share(*map(AssertTest, sources))


def check(*lines: str) -> float:
    return share(CheckTest("def check(candidate):\n" + "".join(f"    {line}\n" for line in lines)))


class TestCalls:
    @pytest.mark.parametrize(
        ("expected", "best"),
        [
            ([True, True, False], 2 / 3),
            ([1, 2, 3, 4], 1 / 4),
            (["x"], 1.0),
            ([1, True], 1 / 2),  # a bool equals only a bool
            ([0, False, None, ""], 1 / 4),
            ([1, 1.0, 2], 2 / 3),
            ([0.5, 0.5, 1], 2 / 3),
            ([0.0, -0.0], 1.0),
            ([math.nan, math.nan, 1], 2 / 3),
            ([math.inf, -math.inf], 1 / 2),
            ([[1, 2], (1, 2.0)], 1.0),  # a tuple equals a list
            ([[], (), {}, set()], 2 / 4),
            ([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], 1.0),
            ([{1, 2}, frozenset({2, 1})], 1.0),
            ([{1}, {1: 1}, [1]], 1 / 3),
            ([[1, [2, (3,)]], [1, [2, [3]]]], 1.0),
            (["1", 1], 1 / 2),
            (["[]", []], 1 / 2),
            ([b"x", "x"], 1 / 2),
        ],
    )
    def test_by_expected_value(self, expected: list[Any], best: float) -> None:
        assert calls(*expected) == pytest.approx(best)

    def test_sets_are_equal_however_they_came_to_be(self) -> None:
        names = [f"name {number}" for number in range(50)]
        backwards = list(reversed(names))
        assert calls(set(names), set(backwards), frozenset(names)) == 1.0

    @pytest.mark.parametrize("wrap", [lambda value: value, lambda value: {"a": [value]}, lambda value: {value}])
    def test_integers_of_any_size(self, wrap: Any) -> None:
        large = 10**6000
        assert calls(wrap(large), wrap(large), wrap(large + 1)) == pytest.approx(2 / 3)


class TestPrograms:
    def test_by_output(self) -> None:
        assert share(StdinTest("1", "YES\n"), StdinTest("2", "YES"), StdinTest("3", "NO\n")) == pytest.approx(2 / 3)

    @pytest.mark.parametrize(
        ("mode", "one", "other", "best"),
        [
            ("exact", "1 2\n3", "1 2 \r\n3\n\n", 1.0),
            ("exact", "1 2\n3", "1  2\n3", 1 / 2),
            ("tokens", "1 2\n3", "1  2\n\n3\n", 1.0),
            ("unordered", "1\n2\n2", "2\n1\n2", 1.0),
            ("unordered", "1\n2\n2", "2\n1", 1 / 2),
            ("set", "1\n2\n2", "2\n1", 1.0),
        ],
    )
    def test_by_what_is_taken_for_the_same(self, mode: Any, one: str, other: str, best: float) -> None:
        tests = StdinTest("1", one), StdinTest("2", other)
        assert baseline_share(Problem(tests, comparison=Comparison(mode))) == best
        own = Problem(tuple(replace(test, comparison=Comparison(mode)) for test in tests))
        assert baseline_share(own) == best


class TestAssertions:
    @pytest.mark.parametrize(
        ("sources", "best"),
        [
            (["assert f(1) == 2"], 1.0),
            (["assert f(1) == 2", "assert f(2) == 3"], 1 / 2),
            (["assert f(1) == 2", "assert 2 == f(2)", "assert f(3) == 5"], 2 / 3),
            (["assert f(1)", "assert f(2) == True", "assert f(3) is True", "assert not f(4)"], 3 / 4),
            (["assert not f(1)", "assert f(2) == False"], 1.0),
            (["assert f(1) == (1, 2)", "assert f(2) == [1, 2]"], 1.0),
            (["assert f(1) == g(1)"], 0.0),
            (["assert f(1) > 2"], 0.0),
            (["assert f(1) == 2 and f(2) == 3"], 0.0),
            (["assert abs(f(1) - 2) < 1"], 0.0),
            (["assert isinstance(f(1), int)"], 0.0),
            (["assert math.isclose(f(1), 0.5, rel_tol=0.001)"], 0.0),
            (["assert len(f(1)) == 3", "assert 3 == len(f(2))"], 0.0),
            (["assert box.f(1) == 3", "assert not Box().f(2)"], 1 / 2),
            (["assert f(1) == x"], 0.0),
            (["assert f(1) == {'a': 0x" + "f" * 9000 + "}"], 1.0),
            (["raise ValueError"], 0.0),
            (["not python ("], 0.0),
            (["assert f('\\d') == 1"], 1.0),
        ],
    )
    def test_by_what_they_compare_with(self, sources: list[str], best: float) -> None:
        assert asserts(*sources) == pytest.approx(best)

    def test_several_in_one_test_count_as_one_that_needs_them_all(self) -> None:
        assert asserts("assert f(1) == 2\nassert f(2) == 3") == 0.0
        assert asserts("assert f(1) == 2\nassert f(2) == 2", "assert f(3) == 4") == 1 / 2
        assert asserts("assert f(1) == 2\nassert f(2) > 1") == 0.0

    def test_what_holds_for_any_answer_is_no_test(self) -> None:
        assert asserts("assert True\nassert f(1) == 2", "assert f(2) == 2") == 1.0
        assert check("assert True, 'ok'", "assert candidate(1) == 2", "assert candidate(2) == 3") == 1 / 2


class TestChecks:
    def test_call_the_answer_as_they_like(self) -> None:
        source = "def check(fn):\n    assert fn(1) == 2\n    assert fn(2) == 2\n    assert other(3) == 4\n"
        assert share(CheckTest(source)) == pytest.approx(2 / 3)

    def test_count_each_assertion(self) -> None:
        assert check("assert candidate(1) == 2", "assert candidate(2) == 2", "assert candidate(3) == 4") == 2 / 3

    def test_count_loops_as_unknown(self) -> None:
        assert (
            check("for x, y in [(1, 2), (2, 2)]:", "    assert candidate(x) == y", "assert candidate(0) == 1") == 1 / 2
        )

    def test_without_assertions_are_one_test(self) -> None:
        assert check("candidate(1)") == 0.0
        assert share(CheckTest("def check(candidate):\n    candidate(1)\n"), CallTest((1,), 2)) == 1 / 2


def test_kinds_add_up() -> None:
    assert share(CallTest((1,), 2), AssertTest("assert f(2) == 2"), StdinTest("", "x")) == pytest.approx(2 / 3)


class TestBest:
    @pytest.mark.parametrize(
        "value",
        [
            None, True, -3, 2.5, 1e300, -math.inf, 1 + 2j, "a'b\n", b"\0", 10**6000, -(10**6000), [], (), set(), {},
            frozenset({1}), {"a": [(1, 2.5), {3}]}, {(1, 2): None}, (1,),
        ],
        ids=lambda value: type(value).__name__,
    )  # fmt: skip
    def test_is_written_as_python_that_says_it(self, value: Any) -> None:
        best = best_baseline(Problem((CallTest((), value),), entry_point="f"))
        assert best is not None
        assert (best.value, best.is_output, best.share) == (value, False, 1.0)
        again = eval(str(best.source))
        assert (type(again), again) == (type(value), value)

    def test_of_not_a_number_too(self) -> None:
        best = best_baseline(Problem((CallTest((), [math.nan]),), entry_point="f"))
        assert best is not None
        assert math.isnan(eval(str(best.source))[0])

    def test_is_the_one_that_most_tests_expect(self) -> None:
        problem = Problem(tuple(CallTest((), value) for value in (1, "x", 1.0, "y")), entry_point="f")
        best = best_baseline(problem)
        assert best is not None
        assert (best.source, best.share) == ("1", 1 / 2)

    def test_of_a_program_is_its_output_as_it_stands(self) -> None:
        best = best_baseline(
            Problem((StdinTest("1", "a  b\n"), StdinTest("2", "a b")), comparison=Comparison("tokens"))
        )
        assert best is not None
        assert (best.value, best.is_output, best.share) == ("a  b\n", True, 1.0)

    def test_of_what_python_cannot_write_has_no_source(self) -> None:
        best = best_baseline(Problem((CallTest((), [object()]),), entry_point="f"))
        assert best is not None
        assert best.source is None


class TestWorth:
    def test_is_by_weight(self) -> None:
        assert share(CallTest((1,), 1), CallTest((2,), 1), CallTest((3,), 2, weight=6.0)) == 6 / 8
        assert share(CallTest((1,), 1), CheckTest(CHECK_OF_TWOS, weight=0.5)) == 1 / 2

    def test_of_a_group_is_nothing_unless_one_constant_passes_it_whole(self) -> None:
        group = [CallTest((number,), number % 2, group="a") for number in range(4)]
        assert share(*group, CallTest((9,), 5)) == 1 / 5
        assert share(*(replace(test, expected=1) for test in group), CallTest((9,), 5)) == 4 / 5
        assert share(CallTest((1,), 2, group="b"), CheckTest(CHECK_OF_TWOS, group="b"), CallTest((9,), 5)) == 3 / 4
        assert share(CallTest((1,), 2, group="b"), AssertTest("assert f(1) > 1", group="b"), CallTest((9,), 5)) == 1 / 3

    def test_is_of_any_value_that_is_right(self) -> None:
        assert share(CallTest((1,), 1, alternatives=(2,)), CallTest((2,), 2), CallTest((3,), 2)) == 1.0
        assert share(StdinTest("", "a", ("b",)), StdinTest("", "c", ("b",))) == 1.0

    def test_of_lists_whose_order_does_not_matter(self) -> None:
        tests = CallTest((1,), [1, 2]), CallTest((2,), (2, 1)), CallTest((3,), [2, 2, 1])
        for mode, best in (("exact", 1 / 3), ("unordered", 2 / 3), ("set", 1.0)):
            comparison = Comparison(mode)  # type: ignore[arg-type]  # from a list of them all
            assert baseline_share(Problem(tests, "f", comparison=comparison)) == pytest.approx(best)


def test_no_tests_have_no_constant() -> None:
    assert share() == 0.0


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(plain, min_size=1, max_size=6))
def test_is_at_least_one_test_and_at_most_all(expected: list[Any]) -> None:
    best = calls(*expected)
    assert 1 / len(expected) <= best <= 1.0
    assert calls(*expected, *expected) == pytest.approx(best)
    assert calls(*reversed(expected)) == pytest.approx(best)


@given(st.text(max_size=40))
def test_never_fails_on_any_source(source: str) -> None:
    assert 0.0 <= asserts(source, f"assert {source}") <= 1.0


class TestCheckers:
    ANY_DIVISOR = Comparison(checker="def checker(given, expected, got):\n    return given[0] % got == 0\n")

    @pytest.mark.parametrize("as_default", [True, False])
    def test_nothing_is_known_to_pass_without_an_expected_value(self, as_default: bool) -> None:
        own = None if as_default else self.ANY_DIVISOR
        problem = Problem(tuple(CallTest((number,), None, comparison=own) for number in (35, 49)), entry_point="f")
        assert baseline_share(replace(problem, comparison=self.ANY_DIVISOR) if as_default else problem) == 0.0

    def test_an_expected_value_counts_as_accepted(self) -> None:
        tests = tuple(CallTest((number,), 7, comparison=self.ANY_DIVISOR) for number in (35, 49))
        assert baseline_share(Problem(tests, entry_point="f")) == 1.0

    def test_none_that_is_expected_counts_without_a_checker(self) -> None:
        assert calls(None, None) == 1.0
