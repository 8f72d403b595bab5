"""The header of contest sites: names, and which of them an answer needs."""

from __future__ import annotations

import pytest

from testcases.contest_header import MAX_DIGITS, build_header, header_names
from testcases.errors import InvalidFieldError
from testcases.json_text import load_json


@pytest.mark.parametrize(
    "expression",
    [
        "pairwise([1])", "itemgetter(0)", "partial(max)", "ascii_lowercase", "timedelta(1)", "inf", "List[int]",
        "deque()",
        "bisect_left([], 1)", "heapify([])", "gcd(4, 6)", "randint(1, 2)", "mean([1, 2])", "deepcopy(1)",
        "math.pi",
        "collections.Counter()", "datetime.date(2024, 1, 1)", "stdin", "StringIO()", "dumps(1)", "lru_cache",
        "copy.copy(1)", "random.random()", "pow(2, 3, 5)", "string.digits", "sys.maxsize",
    ],
)  # fmt: skip
def test_what_contest_sites_import_is_there(expression: str) -> None:
    namespace: dict[str, object] = {}
    # Without the limits, which are those of the process.
    exec("\n".join(line for line in build_header(expression).splitlines() if "sys.set" not in line), namespace)
    exec(f"found = {expression}", namespace)
    assert "found" in namespace


def test_only_what_is_named_is_imported() -> None:
    lines = build_header("x = gcd(4, 6) + undefined").splitlines()
    assert lines[0] == "from math import gcd"
    assert lines[1:] == ["import sys", "sys.setrecursionlimit(50_000)", f"sys.set_int_max_str_digits({MAX_DIGITS})"]


def test_built_in_functions_stay_what_they_are() -> None:
    assert not {"pow", "open", "abs", "sum"} & header_names().keys()


def test_long_integers_are_read_where_contest_sites_read_them() -> None:
    text = "7" * 9000
    with pytest.raises(InvalidFieldError):
        load_json(text, "x")
    assert load_json(text, "x", long_integers=True) % 10**5 == 77777
    with pytest.raises(InvalidFieldError, match="more digits"):
        load_json("7" * (MAX_DIGITS + 1), "x", long_integers=True)
