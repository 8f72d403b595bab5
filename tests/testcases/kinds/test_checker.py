"""Right by comparison with one of several answers, or by a checker."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from sandbox.wire.values import Reference
from testcases.kinds.checker import is_right_output, is_right_value
from testcases.model import Comparison
from testcases.signals import BrokenTestError
from testcases.watchdog import OutOfTimeError

EXACT = Comparison()


def checked(*lines: str) -> Comparison:
    return Comparison(checker="def checker(given, expected, got):\n" + "".join(f"    {line}\n" for line in lines))


def value(got: Any, right: list[Any], comparison: Comparison, *args: Any, **kwargs: Any) -> bool:
    return is_right_value(got, right, comparison, args, kwargs)


def test_without_a_checker_one_of_the_right_answers_will_do() -> None:
    assert value((1, 2), [3, [1, 2]], EXACT)
    assert not value((1, 2), [3, [2, 1]], EXACT)
    assert value([2, 1], [3, [1, 2]], Comparison("unordered"))
    assert is_right_output("b\n", ["a", "b"], EXACT, "")
    assert not is_right_output("", ["a", "b"], EXACT, "")


def test_a_checker_decides_alone() -> None:
    divides = checked("(number,) = given", "return 1 < got < number and number % got == 0 and expected % got == 0")
    assert value(3, [6], divides, 12)
    assert not value(5, [6], divides, 12)
    assert not value(4, [6], divides, 12)
    assert value(4, [6, 8], divides, 12)  # one of several
    echo = checked("return got.split() == sorted(given.split()) and got != expected")
    assert is_right_output("1 2 3", ["x"], echo, "3 1 2\n")
    assert not is_right_output("1 2 3", ["1 2 3"], echo, "3 1 2\n")


def test_a_checker_gets_named_arguments_where_there_are_any() -> None:
    source = "def checker(given, expected, got, kwargs=None):\n    return (given, kwargs) == expected\n"
    assert value(None, [([1], {"a": 2})], Comparison(checker=source), 1, a=2)
    assert value(None, [([1], None)], Comparison(checker=source), 1)


def test_a_checker_may_do_as_it_likes_with_its_arguments() -> None:
    greedy = checked("given.clear(); expected.pop()", "return got.pop() == 1")
    args, right, got = ([1],), [[1], [2]], [1]
    assert is_right_value(got, right, greedy, args, {})
    assert (args, right, got) == (([1],), [[1], [2]], [1])


def test_a_checker_remembers_nothing() -> None:
    counting = Comparison(
        checker="seen = []\ndef checker(given, expected, got):\n    seen.append(1); return len(seen) == 1"
    )
    assert all(value(1, [1], counting) for _ in range(3))


@pytest.mark.parametrize("got", [[1], (1, [2]), {"a": {3}}, {(1, 2): frozenset({3})}, b"x", 1j, None, "é", range(3)])
def test_a_checker_gets_plain_data_of_every_kind(got: Any) -> None:
    assert value(got, [got], checked("return type(got) is type(expected) and got == expected"))


@pytest.mark.parametrize(
    "wrapped", [lambda it: it, lambda it: [1, (it,)], lambda it: {"a": it}, lambda it: {it: 1}, lambda it: {it}]
)
def test_a_checker_never_gets_an_object_of_the_answer(wrapped: Any) -> None:
    assert not value(wrapped(Reference(1)), [1], checked("return True"))


@pytest.mark.parametrize("result", ["1", "None", "'yes'", "[True]", "0", "NotImplemented"])
def test_a_checker_that_does_not_return_true_or_false_is_broken(result: str) -> None:
    with pytest.raises(BrokenTestError, match="not True or False"):
        value(1, [1], checked(f"return {result}"))
    with pytest.raises(BrokenTestError, match="not True or False"):
        is_right_output("1", ["1"], checked(f"return {result}"), "")


@pytest.mark.parametrize(
    ("comparison", "message"),
    [
        (checked("raise ValueError('odd')"), "raised ValueError: odd"),
        (checked("import nothing_of_this_name"), "raised ModuleNotFoundError"),
        (checked("raise SystemExit"), "raised SystemExit"),
        (checked("return misspelled"), "raised NameError"),
        (Comparison(checker="def check(given, expected, got): return True"), "cannot be made: KeyError"),
        (Comparison(checker="def checker(): return True"), "raised TypeError"),
        (Comparison(checker="def checker("), "cannot be made: SyntaxError"),
        (Comparison(checker="exit()"), "cannot be made"),
    ],
)
def test_a_checker_that_fails_on_the_right_answer_is_broken(comparison: Comparison, message: str) -> None:
    with pytest.raises(BrokenTestError, match=message):
        value(1, [1], comparison)
    with pytest.raises(BrokenTestError, match=message):
        is_right_output("1", ["1"], comparison, "")


@pytest.mark.parametrize("got", ["", "x", "1 2", "9" * 5000])
def test_an_answer_that_makes_a_sound_checker_raise_is_wrong(got: str) -> None:
    sound = checked("first, = got.split()", "return int(first) == int(expected)")
    assert is_right_output("7", ["7"], sound, "")
    assert not is_right_output(got, ["7"], sound, "")


def test_a_checker_that_takes_for_ever_is_out_of_time() -> None:
    def late(*_: Any) -> None:
        raise OutOfTimeError

    builtins.late = late  # type: ignore[attr-defined]  # what an answer's author may do
    try:
        with pytest.raises(OutOfTimeError):
            value(1, [1], checked("late()"))
    finally:
        del builtins.late  # type: ignore[attr-defined]  # what an answer's author may do


def test_a_truth_of_numpy_is_one() -> None:
    numpy = pytest.importorskip("numpy")
    assert numpy.bool_(True) is not True
    assert value([1.0, 2.0], [[1.0, 2.0]], checked("import numpy", "return numpy.all(numpy.array(got) == expected)"))
    assert not value(
        [1.0, 3.0], [[1.0, 2.0]], checked("import numpy", "return numpy.all(numpy.array(got) == expected)")
    )


@pytest.mark.parametrize("got", [0, None, "", [], 0.0])
def test_a_value_that_keeps_a_sound_checker_from_deciding_is_wrong(got: Any) -> None:
    sound = checked("return got and got == expected")
    assert value(4, [4], sound)
    assert not value(got, [4], sound)
    assert not is_right_output("", ["4"], sound, "")


@pytest.mark.parametrize("got", [5, "yes", [1], {"a": 1}])
def test_no_value_of_the_answers_is_taken_for_true(got: Any) -> None:
    assert not value(got, [0], checked("return expected == got or got"))


@pytest.mark.parametrize("got", [0, None, "x", []])
def test_where_nothing_is_expected_a_checker_that_fails_has_found_a_wrong_answer(got: Any) -> None:
    divides = checked("return given[0] % got == 0 and got > 1")
    assert value(3, [None], divides, 12)
    assert not value(got, [None], divides, 12)
    assert not value(got, [None], checked("return got and got > 1"), 12)
    assert not value("none", [None], checked("return eval(str(got) + '_of_this_name')"), 12)


@pytest.mark.parametrize(
    ("comparison", "message"),
    [
        (checked("return misspelled"), "raised NameError"),
        (checked("import nothing_of_this_name"), "raised ModuleNotFoundError"),
        (Comparison(checker="def checker(): return True"), "raised TypeError"),
        (Comparison(checker="def checker("), "cannot be made: SyntaxError"),
    ],
)
def test_where_nothing_is_expected_a_checker_is_broken_that_could_not_do_otherwise(
    comparison: Comparison, message: str
) -> None:
    with pytest.raises(BrokenTestError, match=message):
        value(3, [None], comparison, 12)
