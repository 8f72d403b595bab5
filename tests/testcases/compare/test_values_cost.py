import sys
import time
from typing import Any

from testcases.compare.values import equal
from testcases.model import Comparison

EXACT = Comparison()
NEAR = Comparison(float_abs=1e-6)
UNORDERED = Comparison(mode="unordered")


def test_depth_is_no_danger() -> None:
    deep: Any = 1
    deeper: Any = 1
    for _ in range(200):
        deep = [deep]
    for _ in range(100_000):
        deeper = [deeper]
    assert equal([deep], [deep], EXACT)
    assert equal([deep], [deep], UNORDERED)
    assert not equal(deeper, deep, EXACT)
    assert not equal([deeper], [deep], UNORDERED)
    while deeper != 1:  # taken apart by hand: older interpreters recurse when they free it
        deeper = deeper[0]


def test_large_values_take_little_time() -> None:
    numbers = list(range(100_000))
    floats = [number / 7 for number in numbers]
    matrix = [numbers[:1000]] * 300
    before = time.process_time()
    assert equal(list(numbers), numbers, EXACT)
    assert equal(list(floats), floats, EXACT)
    assert equal([value + 1e-9 for value in floats], floats, NEAR)
    assert equal(numbers[::-1], numbers, UNORDERED)
    assert equal([list(row) for row in matrix], matrix, EXACT)
    assert not equal([*numbers[:-1], -1], numbers, EXACT)
    assert time.process_time() - before < 10


def partner(first: Any) -> int | None:
    """An integer with which the pair of both always has the same hash, for one in four firsts."""
    prime_1, prime_2, start = 11400714785074694791, 14029467366897019727, 2870177450012600261  # CPython, tupleobject.c
    word = 1 << 64
    state = (start + hash(first) * prime_2) % word
    state = ((state << 31) | (state >> 33)) % word * prime_1 % word
    value = (-state * pow(prime_2, -1, word)) % word
    value -= word * (value >= word // 2)
    return value if -sys.hash_info.modulus < value < sys.hash_info.modulus and value != -1 else None


def test_pairs_that_share_a_hash_do_not_slow_any_mode() -> None:
    hostile = {number: value for number in range(120_000) if (value := partner(number)) is not None}
    assert len(hostile) > 29_000
    assert len(set(map(hash, hostile.items()))) == 1
    expected = dict.fromkeys(range(len(hostile)), 1)
    before = time.process_time()
    for mode in ("exact", "unordered", "set"):
        assert not equal([hostile], [expected], Comparison(mode))  # type: ignore[arg-type]  # from a list of them all
        assert not equal([hostile], [expected], Comparison(mode, float_abs=0.1))  # type: ignore[arg-type]  # from a list of them all
    assert time.process_time() - before < 15


def test_keys_that_share_a_hash_only_in_the_form_they_are_compared_in() -> None:
    firsts = {(True, number): ("list", (("bool", True), number)) for number in range(120_000)}
    hostile = {(first, value): 1 for first, form in firsts.items() if (value := partner(form)) is not None}
    assert len(set(map(hash, hostile))) > 0.99 * len(hostile)
    expected = {((True, number), number): 1 for number in range(len(hostile))}
    before = time.process_time()
    for mode in ("exact", "unordered", "set"):
        assert not equal([hostile], [expected], Comparison(mode))  # type: ignore[arg-type]  # from a list of them all
        assert not equal([set(hostile)], [set(expected)], Comparison(mode))  # type: ignore[arg-type]  # from a list of them all
    assert equal(set(expected), set(expected), Comparison("set"))
    assert time.process_time() - before < 30


def test_large_values_take_little_time_in_every_mode() -> None:
    numbers = [number / 7 for number in range(40_000)]
    before = time.process_time()
    for mode in ("exact", "unordered", "set"):
        near = Comparison(mode, float_rel=1e-9)  # type: ignore[arg-type]  # from a list of them all
        assert equal([number * (1 + 1e-12) for number in numbers], numbers, near)
        assert not equal([number * (1 + 1e-3) for number in numbers], numbers, near)
        assert equal("ab" * 1_000_000, "ab" * 1_000_000, near)
        assert equal([[number] for number in numbers], [[number] for number in numbers], near)
    assert time.process_time() - before < 20


def test_colliding_hashes_do_not_slow_the_unordered_mode() -> None:
    hostile = [sys.hash_info.modulus * number for number in range(1, 30_001)]  # each hashes to 0
    before = time.process_time()
    assert not equal(hostile, list(range(30_000)), UNORDERED)
    assert time.process_time() - before < 10
