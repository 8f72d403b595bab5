import math
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testcases.compare.values import equal
from testcases.model import Comparison

EXACT = Comparison()
NEAR = Comparison(float_abs=1e-6)
UNORDERED = Comparison(mode="unordered")
SET = Comparison(mode="set")
NEAR_SET = Comparison(mode="set", float_abs=1e-6)
NAN = float("nan")
INF = float("inf")


class Liar:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Any:
        return iter([1])


class LyingList(list):  # type: ignore[type-arg]  # hostile on purpose
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # hostile on purpose


ALIKE = [
    (3, 3.0),
    (0.0, -0.0),
    (2, 2 + 0j),
    (INF, INF),
    (NAN, float("-nan")),
    (complex(NAN, 1), complex(NAN, 1)),
    (10**400, 10**400),
    ((1, 2), [1, 2]),
    ([(1, (2, "x"))], [[1, [2, "x"]]]),
    ({"a": (1,)}, {"a": [1]}),
    ({1, 2}, frozenset({2, 1})),
    ({(1, 2), (3, 4)}, {(3, 4), (1, 2)}),
    ({1.5, NAN}, {float("-nan"), 1.5}),
    ({True: 1}, {True: 1.0}),
    ({NAN: 1}, {float("-nan"): 1}),
    (OrderedDict(a=1), {"a": 1}),
    (Counter("aab"), {"a": 2, "b": 1}),
    (defaultdict(int, a=1), {"a": 1}),
    (Decimal("2.5"), 2.5),
    (Fraction(1, 2), 0.5),
    (bytearray(b"x"), b"x"),
    ([None, True, "x", b"x", 1, 2.5], [None, True, "x", b"x", 1, 2.5]),
]

DIFFERENT = [
    (True, 1),
    (1, True),
    (0, False),
    ([True], [1]),
    ([1, 2, True], [1, 2, 1]),
    ({"a": True}, {"a": 1}),
    ({True: "x"}, {1: "x"}),
    ({(True,): "x"}, {(1,): "x"}),
    ({True}, {1}),
    ({(1, True)}, {(1, 1)}),
    (1, "1"),
    ("1", 1),
    ("x", b"x"),
    (None, False),
    (None, 0),
    ("", None),
    ([], ()[:0] or {}),
    ([1, 2], {1, 2}),
    ({1, 2}, [1, 2]),
    ([1, 2], [2, 1]),
    ([1], [1, 2]),
    ([1, 2], [1]),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": 1}),
    ({"a": 1}, {"b": 1}),
    ({"1": 1}, {1: 1}),
    ([[1]], [1]),
    (NAN, 1.0),
    (1.0, NAN),
    (NAN, INF),
    (INF, -INF),
    ([1.0, NAN], [NAN, 1.0]),
    (complex(NAN, 1), complex(NAN, 2)),
    (0.1 + 0.2, 0.3),
    (10**400, INF),
    (2**53 + 1, float(2**53)),
    (2**53 + 1 + 0j, 2**53 + 1),
    (Decimal("NaN"), 1),
    (Decimal("sNaN"), 1.0),
    (deque([1]), [1]),
    (range(2), [0, 1]),
    (Liar(), 1),
    (Liar(), [1]),
    (Liar(), {"a": 1}),
    (Liar(), {1}),
    (Liar(), None),
    ([Liar()], [1]),
    ({"a": Liar()}, {"a": 1}),
    ({Liar()}, {1}),
    ({Liar(): 1}, {1: 1}),
    (LyingList(), [1, 2]),
    (LyingList([1]), [1]),
]


@pytest.mark.parametrize("mode", ["exact", "tokens", "unordered", "set"])
@pytest.mark.parametrize(
    ("actual", "expected"), ALIKE, ids=map(str, range(len(ALIKE)))
)  # a NaN's place in a set varies
def test_alike(actual: Any, expected: Any, mode: Any) -> None:
    assert equal(actual, expected, Comparison(mode=mode))


@pytest.mark.parametrize(("actual", "expected"), DIFFERENT, ids=lambda value: type(value).__name__)
def test_different(actual: Any, expected: Any) -> None:
    assert not equal(actual, expected, EXACT)


def test_an_object_of_the_answers_equals_nothing_in_any_mode() -> None:
    for comparison in (EXACT, NEAR, UNORDERED, SET, replace(SET, float_rel=0.5)):
        assert not equal([Liar(), Liar()], [1, 2], comparison)


@pytest.mark.parametrize(
    ("actual", "expected", "comparison", "same"),
    [
        (0.1 + 0.2, 0.3, Comparison(float_rel=1e-9), True),
        (1, 1.0000005, NEAR, True),
        (1.0000005, 1, NEAR, False),  # where an integer is expected, only its value is right
        (3.0, 3, NEAR, True),
        (3.4 + 0.1j, 3, Comparison(float_abs=0.5), False),
        (3 + 1e-7j, 3.0, NEAR, False),
        ([1.0000005], {1}, NEAR_SET, False),
        ([1], [1.0000005], NEAR_SET, True),
        ([1.0000005], [1], NEAR_SET, False),
        ([1.0000005], [1], Comparison(mode="unordered", float_abs=1e-6), False),
        (0.1000001, Decimal("0.1"), NEAR, False),
        (1.1, 1, NEAR, False),
        (1000001, 1000000, Comparison(float_rel=1e-3), False),  # integers are exact
        ([{"a": (0.3,)}], [{"a": [0.30000001]}], NEAR, True),
        ({0.5000001, 2.0}, {0.5, 2.0}, NEAR, True),
        ({0.51, 2.0}, {0.5, 2.0}, NEAR, False),
        ({0.5: 1}, {0.5000001: 1}, NEAR, False),  # keys are exact
        (1 + 1e-7j, 1 + 0j, NEAR, True),
        (NAN, 1.0, Comparison(float_abs=1e300), False),
        (1.0, NAN, Comparison(float_abs=1e300), False),
        (INF, 1e308, Comparison(float_rel=0.5), False),
        (10**400, 1.0, NEAR, False),
        (True, 1.0, NEAR, False),
        (Decimal("0.1000001"), 0.1, NEAR, True),
        (Decimal("sNaN"), 0.1, NEAR, False),
    ],
)
def test_tolerance(actual: Any, expected: Any, comparison: Comparison, same: bool) -> None:
    assert equal(actual, expected, comparison) is same


@pytest.mark.parametrize(
    ("actual", "expected", "comparison", "same"),
    [
        ([3, 1, 2], [1, 2, 3], UNORDERED, True),
        ((3, 1, 2), [1, 2, 3], UNORDERED, True),
        ([1, 1, 2], [1, 2, 2], UNORDERED, False),
        ([1, 2], [1, 2, 2], UNORDERED, False),
        ([True, 0], [0, 1], UNORDERED, False),
        ([[2], {"a": {1}}], [{"a": {1}}, (2,)], UNORDERED, True),
        ([[1, 2], [3]], [[3], [2, 1]], UNORDERED, False),  # only the outermost list
        ([NAN, 1], [1, float("-nan")], UNORDERED, True),
        ("ab", "ba", UNORDERED, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, UNORDERED, False),
        ([0.3000001, 5], [5, 0.3], Comparison(mode="unordered", float_abs=1e-6), True),
        ([0.31, 5], [5, 0.3], Comparison(mode="unordered", float_abs=1e-6), False),
        # sorted side by side the wrong ones meet: a pairing has to be searched
        (
            [[0.1, "b"], [0.1000001, "a"]],
            [[0.1, "a"], [0.1000001, "b"]],
            Comparison(mode="unordered", float_abs=1e-6),
            True,
        ),
        (
            [[0.1, "b"], [0.1000001, "b"]],
            [[0.1, "a"], [0.1000001, "b"]],
            Comparison(mode="unordered", float_abs=1e-6),
            False,
        ),
    ],
)
def test_unordered(actual: Any, expected: Any, comparison: Comparison, same: bool) -> None:
    assert equal(actual, expected, comparison) is same


@pytest.mark.parametrize(
    ("actual", "expected", "comparison", "same"),
    [
        ([3, 1, 2, 1], [1, 2, 3, 3, 3], SET, True),
        ({1, 2}, [2, 1, 1], SET, True),
        ((1, 2), frozenset({1, 2}), SET, True),
        ([], set(), SET, True),
        ([1, 2], [1, 2, 3], SET, False),
        ([1, 2, 3], [1, 2], SET, False),
        ([True], [1], SET, False),
        ([[1, 2]], [[2, 1]], SET, False),  # only the outermost list
        ([[1, 2], (1, 2)], [[1, 2]], SET, True),
        ([NAN], [float("-nan"), NAN], SET, True),
        ([0.1 + 0.2], [0.3], SET, False),
        ([0.1 + 0.2, 0.3], [0.3], NEAR_SET, True),
        ([0.3], [0.1 + 0.2, 0.3], NEAR_SET, True),
        ([0.3, 0.4], [0.1 + 0.2], NEAR_SET, False),
        ([0.3], [0.1 + 0.2, 0.4], NEAR_SET, False),
        ([10**5000, 0.5], [0.5000001, 10**5000], NEAR_SET, True),
        ([10**5000, 0.5], [0.5000001, 10**5000], Comparison(mode="unordered", float_abs=1e-6), True),
        ([n + 1e-7 for n in range(300)], [float(n) for n in range(300, -1, -1)][1:], NEAR_SET, True),
        ([n + 1e-7 for n in range(300)], [float(n) for n in range(301)], NEAR_SET, False),
        ("ab", "ba", SET, False),
        ({"a": 1}, ["a"], SET, False),
        (1, 1.0, SET, True),
    ],
)
def test_sets(actual: Any, expected: Any, comparison: Comparison, same: bool) -> None:
    assert equal(actual, expected, comparison) is same


BIG = 10**5000


@pytest.mark.parametrize("mode", ["exact", "unordered", "set"])
@pytest.mark.parametrize("float_rel", [0.0, 1e-9])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (BIG, BIG + 1),
        ([BIG, -BIG], [BIG, BIG]),
        ({(1, (2, "x")): [BIG]}, {(1, (2, "y")): [BIG]}),
        ({(1, 2): 3, "a": None}, {(1, 2): 4, "a": None}),
        ([INF, -INF, NAN], [INF, INF, NAN]),
        ({INF, NAN, 1}, {INF, 1, 2}),
        ("naïve ☃ 𝄞", "naive ☃ 𝄞"),
        ("e\u0301", "\u00e9"),  # what looks alike need not be alike
        ("a\r\n", "a\n"),
        ("x" * 3_000_000, "x" * 2_999_999 + "y"),
        (frozenset({frozenset({1}), (2,)}), frozenset({frozenset({2}), (2,)})),
        (b"\x00" * 1000, b"\x00" * 999),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_of_every_size_and_kind(right: Any, wrong: Any, mode: Any, float_rel: float) -> None:
    comparison = Comparison(mode, float_rel=float_rel)
    assert equal(rebuilt(right), right, comparison)
    assert equal([rebuilt(right)], [right], comparison)
    assert not equal(wrong, right, comparison)
    assert not equal([wrong], [right], comparison)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=5)
    | st.binary(max_size=5)
)
hashables = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=5
)
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(hashables, max_size=4)
        | st.dictionaries(hashables, inner, max_size=4)
    ),
    max_leaves=15,
)
comparisons = st.builds(
    Comparison,
    mode=st.sampled_from(["exact", "tokens", "unordered", "set"]),
    float_abs=st.sampled_from([0.0, 1e-6]),
    float_rel=st.sampled_from([0.0, 1e-6]),
)


def rebuilt(value: Any) -> Any:
    """The same value in other objects, NaNs too."""
    kind = type(value)
    if kind is float:
        return float.fromhex(value.hex()) if not math.isnan(value) else float("nan")
    if kind is complex:
        return complex(rebuilt(value.real), rebuilt(value.imag))
    if kind in {list, tuple, set, frozenset}:
        return kind(rebuilt(item) for item in value)
    if kind is dict:
        return {rebuilt(key): rebuilt(item) for key, item in value.items()}
    return value


@given(plain, comparisons)
def test_every_value_equals_itself_rebuilt(value: Any, comparison: Comparison) -> None:
    assert equal(rebuilt(value), value, comparison)


@given(plain, plain, comparisons)
def test_symmetric_but_for_tolerances(one: Any, other: Any, comparison: Comparison) -> None:
    comparison = replace(comparison, float_abs=0.0, float_rel=0.0)
    assert equal(one, other, comparison) == equal(other, one, comparison)


@given(plain, st.integers(), comparisons)
def test_no_tolerance_makes_another_number_an_integer(actual: Any, expected: int, comparison: Comparison) -> None:
    assert equal(actual, expected, comparison) is equal(actual, expected, EXACT)


def simple(value: Any) -> bool:
    kind = type(value)
    if kind in {list, tuple}:
        return all(map(simple, value))
    if kind is dict:
        return all(type(key) is str and simple(item) for key, item in value.items())
    return kind in {type(None), int, str, bytes}


@given(plain.filter(simple), plain.filter(simple))
def test_agrees_with_python_on_data_without_refinements(one: Any, other: Any) -> None:
    def lists(value: Any) -> Any:
        if type(value) in {list, tuple}:
            return [lists(item) for item in value]
        return {key: lists(item) for key, item in value.items()} if type(value) is dict else value

    assert equal(one, other, EXACT) == (lists(one) == lists(other))


@given(st.lists(plain, max_size=5), st.randoms())
def test_unordered_takes_any_permutation(items: list[Any], random: Any) -> None:
    shuffled = items.copy()
    random.shuffle(shuffled)
    assert equal(rebuilt(shuffled), items, UNORDERED)


@given(plain)
def test_a_value_put_in_a_list_is_another_value(value: Any) -> None:
    assert not equal([value], value, EXACT) or value == []
