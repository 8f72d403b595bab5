from collections import OrderedDict, namedtuple
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest

from testcases.errors import InvalidFieldError
from testcases.plain_data import MAX_DEPTH, require_plain


class Colour(IntEnum):
    RED = 1


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


ITSELF: list[Any] = []
ITSELF.append([ITSELF, ITSELF])


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1,
        1.5,
        float("nan"),
        1j,
        "x",
        b"x",
        [1, (2, {3}, frozenset({4}))],
        {1: {"a": [None]}, (1, 2): "x"},
        nested(MAX_DEPTH),
        [[]],
        {},
    ],
    ids=lambda value: type(value).__name__,
)
def test_plain(value: Any) -> None:
    require_plain(value, "field")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "type object"),
        (lambda: 0, "type function"),
        (Colour.RED, "type Colour"),
        (OrderedDict(), "type OrderedDict"),
        (namedtuple("Point", "x")(1), "type Point"),  # noqa: PYI024 - the plain form is what is tried
        (Decimal(1), "type Decimal"),
        (range(3), "type range"),
        ([1, [2, {"a": object()}]], "type object"),
        ({Colour.RED: 1}, "type Colour"),
        ((1, {2: {Colour.RED}}), "type Colour"),
        (nested(MAX_DEPTH + 1), "200 levels"),
        (nested(100_000), "200 levels"),
        (ITSELF, "contains itself"),
    ],
    ids=range(13),
)
def test_not_plain(value: Any, message: str) -> None:
    with pytest.raises(InvalidFieldError, match=message) as caught:
        require_plain(value, "tests[3].expected")
    assert caught.value.field == "tests[3].expected"
    assert str(caught.value).startswith("tests[3].expected: ")


def test_depth_counts_through_what_is_shared() -> None:
    shared = nested(150)
    require_plain([shared, [shared]], "field")
    deeper: Any = shared
    for _ in range(51):
        deeper = [deeper]
    with pytest.raises(InvalidFieldError):
        require_plain([shared, deeper], "field")


def test_sharing_takes_no_exponential_time() -> None:
    value: Any = []
    for _ in range(150):
        value = [value, value]
    require_plain(value, "field")
