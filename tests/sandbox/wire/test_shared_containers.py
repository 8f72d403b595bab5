"""Containers that are in a returned value several times: they are one object on the other side, too."""

from __future__ import annotations

from collections import ChainMap, deque
from typing import Any

import pytest

from sandbox.wire.mutation import SHARED, merge_shared, shared_containers
from sandbox.wire.values import decode, encode


def crossed(value: Any) -> Any:
    return merge_shared(shared_containers(value), decode(encode(value)))


def test_one_row_stays_one_row() -> None:
    for value in ([[0]] * 3, {1: (row := [0]), 2: (row,)}, (deque([row]), row), ChainMap({1: row}, {2: row})):
        merged = crossed(value)
        assert merged == value
        assert shared_containers(merged) == shared_containers(value)


def test_equal_rows_stay_apart() -> None:
    merged = crossed([[0], [0], {"a": [0]}])
    merged[0].append(1)
    assert merged == [[0, 1], [0], {"a": [0]}]


def test_rows_of_one_table_that_is_there_twice() -> None:
    table = [[1], [2]]
    merged = crossed([table, table, table[1], [3]])
    assert merged[0] is merged[1]
    assert merged[2] is merged[0][1]


@pytest.mark.parametrize(
    "pairs", [[[1, 0]], [[0, 1]], [[1, 1]], [[2, 99]], [[99, 1]], [[1, -1]], [[2]], [["1", 0]], [[2, 0], [1, 2]], 7]
)
def test_a_forged_report_makes_no_container_hold_itself(pairs: Any) -> None:
    value = [[1], [2], {"a": 3}]
    assert merge_shared([[SHARED, pairs]], value) == [[1], [2], {"a": 3}]


def test_a_report_on_containers_of_other_types_is_skipped() -> None:
    assert merge_shared([[SHARED, [[2, 1]]]], [[1], {"a": 3}]) == [[1], {"a": 3}]
