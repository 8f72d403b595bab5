import sys
import time
from typing import Any

from testcases.compare import equal
from testcases.problem import Comparison

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
    numbers = list(range(300_000))
    floats = [number / 7 for number in numbers]
    matrix = [numbers[:1000]] * 1000
    before = time.process_time()
    assert equal(list(numbers), numbers, EXACT)
    assert equal(list(floats), floats, EXACT)
    assert equal([value + 1e-9 for value in floats], floats, NEAR)
    assert equal(numbers[::-1], numbers, UNORDERED)
    assert equal([list(row) for row in matrix], matrix, EXACT)
    assert not equal([*numbers[:-1], -1], numbers, EXACT)
    assert time.process_time() - before < 10


def test_colliding_hashes_do_not_slow_the_unordered_mode() -> None:
    hostile = [sys.hash_info.modulus * number for number in range(1, 30_001)]  # each hashes to 0
    before = time.process_time()
    assert not equal(hostile, list(range(30_000)), UNORDERED)
    assert time.process_time() - before < 2
