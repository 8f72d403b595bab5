"""Estimates of the memory that values take, before they are parsed."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections import Counter, OrderedDict, deque
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.errors import ValueSizeError
from sandbox.wire.limits import Limits
from sandbox.wire.value_size import check_value_size, estimated_bytes
from sandbox.wire.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_BYTES = Limits().value_mb << 20
ITEMS = [
    "[]", "[[]]", "[[[[[]]]]]", "[1]", "[1,[2]]", "[300,400,500]", "12", "999", "1.5", '"a"', '"ab"', '{"t":[]}',
    '{"t":[1,2]}', '{"t":[[1]]}', '{"o":{}}', '{"o":{"a":1}}', '{"d":[[1,2]]}', '{"q":[[],0]}', '{"C":[]}',
    '{"C":[[1,2]]}', '{"O":[]}', '{"O":[[1,2]]}', '{"s":[]}', '{"s":[1]}', '{"s":[1,2,3,4,5]}',
    '{"f":[1,2,3,4,5,6,7,8,9]}', '{"n":"1"}', '{"F":[1,3]}', '{"L":[1,2,3]}', '{"Y":"2020-01-01"}', '{"b":""}',
    '{"B":""}', '{"c":[1,2]}', '{"i":"1"}', '{"R":[0,1,1]}', '{"r":[1,"",false,0]}', '{ "t" : [ ] }',
]  # fmt: skip
SINGLE: dict[str, Callable[[], Any]] = {
    "dict of integers": lambda: {i: i * 1000 for i in range(20_000)},
    "dict of texts": lambda: {f"k{i}": i for i in range(20_000)},
    "set of integers": lambda: set(range(10**6, 10**6 + 30_000)),
    "wide characters": lambda: "a" * 300_000 + "\U0001f600",
    "floats": lambda: [random.Random(0).random() for _ in range(20_000)],
    "texts": lambda: [f"text {i}" for i in range(20_000)],
    "bytes": lambda: b"a" * 300_000,
    "deque": lambda: deque(range(1000, 20_000)),
    "counter": lambda: Counter(range(20_000)),
}


def memory_of(data: bytes) -> int:
    """Peak bytes while a value is decoded."""
    decode(data)  # some modules are loaded when they are first needed
    gc.collect()
    tracemalloc.start()
    try:
        decode(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("item", ITEMS)
def test_many_small_items_take_no_more_than_estimated(item: str) -> None:
    data = ("[" + ",".join([item] * 5000) + "]").encode()
    assert memory_of(data) <= estimated_bytes(data)


@pytest.mark.parametrize("name", SINGLE)
def test_one_large_value_takes_no_more_than_estimated(name: str) -> None:
    data = encode(SINGLE[name]())
    assert memory_of(data) <= estimated_bytes(data) + 4096


def test_random_values_take_no_more_than_estimated() -> None:
    chance = random.Random(1)
    for _ in range(30):
        parts = chance.choices(ITEMS, k=5)
        data = ("[" + ",".join(chance.choices(parts, k=3000)) + "]").encode()
        assert memory_of(data) <= estimated_bytes(data)


@pytest.mark.parametrize("item", ["[]", '{"q":[[],0]}', '{"t":[]}', '{ "t":[]}', "[[[[]]]]", '{"s":[1,2]}', '{"C":[]}'])
def test_what_would_take_a_hundred_times_as_much_is_refused(item: str) -> None:
    data = ("[" + ",".join([item] * (16_000_000 // (len(item) + 1))) + "]").encode()
    with pytest.raises(ValueSizeError, match="256 MiB"):
        check_value_size(data, LIMIT_BYTES)


# Made when they are needed: millions of objects would slow down the collector, and so every test of the process.
LARGE: dict[str, Callable[[], Any]] = {
    "a million integers": lambda: range(10**6, 2 * 10**6),
    "a million small integers": lambda: [7] * 10**6,
    "a million floats": lambda: [0.1 + i for i in range(10**6)],
    "a million texts": lambda: [f"{i:07}" for i in range(10**6)],
    "a text of 10 MB": lambda: "x" * 10_000_000,
    "a text of 10 MB that looks like structure": lambda: '[{",' * 2_500_000,
    "half a million pairs": lambda: [[i, i + 1] for i in range(500_000)],
    "300,000 tuples": lambda: [(i, i + 1) for i in range(300_000)],
    "a dict of 300,000": lambda: {i: str(i) for i in range(300_000)},
    "a set of 500,000": lambda: set(range(10**6, 10**6 + 500_000)),
    "decimals": lambda: [Decimal(i) for i in range(100_000)],
    "fractions": lambda: [Fraction(i, 7) for i in range(100_000)],
    "dates": lambda: [date(2020, 1, 1) + timedelta(i) for i in range(100_000)],
    "ordered": lambda: OrderedDict((i, i) for i in range(300_000)),
    "megabytes": lambda: b"x" * 12_000_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_honest_large_values_are_not_refused(name: str) -> None:
    value = LARGE[name]()
    check_value_size(encode(list(value) if isinstance(value, range) else value), LIMIT_BYTES)


def test_small_messages_are_not_looked_at() -> None:
    check_value_size(b"[" * 1000, LIMIT_BYTES)
    with pytest.raises(ValueSizeError):
        check_value_size(b"[" * 1000, 1000)
