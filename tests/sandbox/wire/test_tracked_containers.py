"""Containers that are tracked from one change to the next, in both processes alike."""

from __future__ import annotations

from collections import ChainMap, Counter, deque
from itertools import pairwise
from typing import Any

import pytest

from sandbox.wire.mutation import KEPT, Tracked, apply_changes, kept_count, track, with_keys
from sandbox.wire.references import Reference
from sandbox.wire.values import decode, encode


def tracked(*values: Any) -> Tracked:
    found = track(values)
    assert found is not None
    return found


def tell(one: Tracked, other: Tracked) -> None:
    changes = one.changes()
    assert changes is not None
    one.renew()
    numbered = list(other.containers)
    apply_changes(decode(encode(changes)), other.containers, lambda reference: reference)
    other.renew_changed(changes, numbered)
    assert len(one.containers) == len(other.containers)
    assert not one.is_changed
    assert not other.is_changed


def test_containers_that_are_put_in_get_the_same_numbers() -> None:
    here: Any = {"a": [1], "b": {2}}
    there: Any = decode(encode(here))
    one, other = tracked(here), tracked(there)
    here["c"] = [{"d": []}, (deque([1]), ChainMap({1: [2]}))]
    here["a"].append(Counter("aab"))
    tell(one, other)
    assert there == here
    here["c"][0]["d"].append(5)
    here["a"][1]["b"] = 7
    row = there["c"]
    tell(one, other)
    assert there == here
    assert there["c"] is row
    assert (type(there["a"][1]), type(row[1][0])) == (Counter, deque)
    there["c"][1][0].append(2)
    there["b"].add(3)
    tell(other, one)
    assert there == here


def test_a_container_that_holds_itself_is_found_once() -> None:
    value: list[Any] = []
    one = tracked(value)
    value.append(value)
    value.append((value, [value]))
    one.renew()
    assert len(one.containers) == 2
    assert one.size == 2 + 2 + 1


def test_rows_that_hold_the_next_one_twice_are_found_once() -> None:
    rows: list[Any] = [[] for _ in range(200)]
    for row, after in pairwise(rows):
        row += [after, after]
    one = Tracked([rows[0]], [])
    one.renew()
    assert len(one.containers) == 200


@pytest.mark.parametrize("changes", [None, 7, [], [[]], [[0]], [["0", 1]], [[99, []]], [[-1, 0]], [7], [[0, 1, 2]]])
def test_a_malformed_report_renews_nothing(changes: Any) -> None:
    value = [1]
    one = tracked(value)
    value.append(2)
    one.renew_changed(changes, one.containers)
    assert one.is_changed


def test_references_take_the_place_of_containers_with_keys() -> None:
    log: list[int] = []
    keys = {id(log): "m-1.0"}
    given = with_keys([log, {"a": (log, [1])}, [], 5], keys)
    assert given == [Reference("m-1.0"), {"a": (Reference("m-1.0"), [1])}, [], 5]
    assert with_keys(log, keys) == Reference("m-1.0")


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ([[KEPT, 3]], 3),
        ([[-2, [[1, 0]]], [KEPT, 1], [0, []]], 1),
        ([[0, []]], None),
        (None, None),
        ([[KEPT, "3"]], None),
        (7, None),
    ],
)
def test_a_call_says_that_it_keeps_arguments(changes: Any, count: int | None) -> None:
    assert kept_count(changes) == count
