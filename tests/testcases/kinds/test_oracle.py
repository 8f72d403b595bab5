"""Expected values of calls from the data set's own solution."""

from __future__ import annotations

import math
from typing import Any

import pytest

from testcases.compare.values import equal
from testcases.kinds import oracle
from testcases.kinds.oracle import InputRefusedError, Oracle
from testcases.model import Comparison
from testcases.signals import BrokenTestError
from testcases.watchdog import OutOfTimeError

SOURCE = "def f(x, y=1):\n    return [x, y]\nclass Solution:\n    def g(self, x):\n        return -x\n"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "_known", type(oracle._known)())


def test_gives_what_a_function_returns() -> None:
    assert Oracle(SOURCE).expected("f", [(1, 2)], {"y": {3}}) == [(1, 2), {3}]
    assert Oracle(SOURCE).expected("Solution.g", [2], {}) == -2


@pytest.mark.parametrize("value", [10**6000, math.nan, {1: {2}}, b"x", 1j, frozenset({(1,)}), [[]] * 3], ids=type)
def test_takes_values_of_every_kind(value: Any) -> None:
    (expected, _) = Oracle(SOURCE).expected("f", [value], {})
    assert equal(expected, value, Comparison())


def test_is_asked_once_for_the_same_call() -> None:
    counting = "calls = []\ndef f(x):\n    calls.append(x)\n    return len(calls)\n"
    one = Oracle(counting)
    assert [one.expected("f", [1], {}), one.expected("f", [2], {}), one.expected("f", [1], {})] == [1, 2, 1]
    assert Oracle(counting).expected("f", [1], {}) == 1
    assert one.expected("f", [1.0], {}) == 3
    assert one.expected("f", [True], {}) == 4


def test_forgets_what_was_asked_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "_MAX_CACHED", 3)
    one = Oracle(SOURCE)
    for number in range(10):
        one.expected("f", [number], {})
    assert len(oracle._known) == 3


def test_may_change_its_arguments() -> None:
    args = [[1]]
    assert Oracle("def f(x):\n    x.append(2)\n    return x\n").expected("f", args, {}) == [1, 2]
    assert args == [[1]]


def test_refuses_inputs_whose_value_no_answer_could_return() -> None:
    one = Oracle("def f(n):\n    return ['Dog'] * n\n", 20_000)
    assert len(one.expected("f", [2000], {})) == 2000
    with pytest.raises(InputRefusedError, match=r"returns more than an answer may: f\(5000\)"):
        one.expected("f", [5000], {})
    with pytest.raises(InputRefusedError, match="more than an answer may"):
        Oracle("import fractions\ndef f(n):\n    return [fractions.Fraction(1, 3)] * n\n", 20_000).expected(
            "f", [5000], {}
        )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def f(x):\n    assert x > 5\n    return x\n", r"fails over f\(1\): AssertionError"),
        ("def g(x): return x\n", "KeyError: 'f'"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError"),
        ("def f(", "SyntaxError"),
        ("def f(x): raise SystemExit\n", "SystemExit"),
    ],
)
def test_that_fails_makes_a_broken_test(source: str, message: str) -> None:
    with pytest.raises(BrokenTestError, match=message):
        Oracle(source).expected("f", [1], {})


def test_that_takes_too_long_makes_a_broken_test() -> None:
    def late(_: Any) -> None:
        raise OutOfTimeError

    one = Oracle("")
    one._namespace = {"f": late}
    with pytest.raises(BrokenTestError, match="takes too long over f"):
        one.expected("f", [1], {})
