"""Exceptions that test code has caught, and those that were swallowed on the way to it."""

from __future__ import annotations

import contextlib
import unittest
from typing import TYPE_CHECKING, Any

import pytest

from testcases import signals
from testcases.caught import mark_caught, marked_libraries
from testcases.signals import FailureWatch, RefusedError, watch
from testcases.source.instrumentation import CAUGHT_NAME, compile_marked

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def failures() -> Iterator[FailureWatch]:
    with FailureWatch() as failures:
        yield failures


def end() -> Any:
    error = StopIteration("over")
    error.comes_from_solution = True  # type: ignore[attr-defined]  # as one that came from there
    watch(error)
    raise error


def failure_of(source: str) -> BaseException | None:
    exec(compile_marked(source, "<test>"), {CAUGHT_NAME: mark_caught, "end": end})
    return signals.take_failure()


@pytest.mark.parametrize(
    "source",
    [
        "list(map(lambda _: end(), 'ab'))",
        "for _ in iter(end, 1): pass",
        "try:\n  list(map(lambda _: end(), 'ab'))\nexcept StopIteration: pass",
        "try:\n  list(map(lambda _: end(), 'ab'))\n  1 / 0\nexcept ZeroDivisionError: pass",
        "list(map(lambda _: end(), 'ab'))\ntry: end()\nexcept StopIteration: pass",
    ],
)
def test_an_exception_that_no_clause_caught_stays(source: str) -> None:
    assert isinstance(failure_of(source), StopIteration)
    assert signals.take_failure() is None


@pytest.mark.parametrize(
    "source",
    [
        "try: end()\nexcept StopIteration: pass",
        "try: end()\nexcept: pass",
        "try:\n  end()\nexcept Exception as error:\n  assert str(error) == 'over'",
        "try:\n  list(end() for _ in 'ab')\nexcept RuntimeError: pass",
        "try:\n  try: end()\n  finally: 1 / 0\nexcept ZeroDivisionError: pass",
        "try:\n  try: end()\n  except LookupError: pass\nexcept StopIteration: pass",
        "try: end()\nexcept* Exception: pass",
        "def one():\n  try: end()\n  except StopIteration: global x; x = 1\none(); assert x == 1",
        "class A:\n  def one(self):\n    try: end()\n    except StopIteration: return 1\nassert A().one() == 1",
    ],
)
def test_an_exception_that_a_clause_caught_is_forgotten(source: str) -> None:
    assert failure_of(source) is None


def test_the_library_marks_inside_the_block_only(failures: FailureWatch) -> None:
    before = contextlib.suppress.__exit__
    with marked_libraries():
        with contextlib.suppress(StopIteration):
            end()
        unittest.TestCase().assertRaises(StopIteration, end)  # noqa: PT027 - what tests of a data set use
        assert failures.take() is None
        with contextlib.suppress(StopIteration), contextlib.suppress(KeyError):
            raise KeyError
    assert contextlib.suppress.__exit__ is before
    with contextlib.suppress(StopIteration):
        end()
    assert isinstance(failures.take(), StopIteration)


def test_a_cause_that_the_solution_reports_is_not_forgotten(failures: FailureWatch) -> None:
    with contextlib.suppress(StopIteration):
        end()
    (uncaught,) = failures._uncaught
    later = ValueError("later")
    later.__cause__, later.comes_from_solution = uncaught, True  # type: ignore[attr-defined]  # as one that came from there
    failures.mark_caught(later)
    assert failures.take() is uncaught


def test_a_final_error_cannot_be_caught(failures: FailureWatch) -> None:
    with contextlib.suppress(RefusedError):
        raise RefusedError("no")
    failures.mark_caught(RefusedError("another"))
    assert isinstance(failures.take(), RefusedError)


def test_lines_stay_and_other_text_than_python_is_refused() -> None:
    with pytest.raises(ZeroDivisionError) as info:
        exec(compile_marked("try:\n  x\nexcept NameError:\n  1\n  1 / 0", "<test>"), {CAUGHT_NAME: mark_caught})
    assert info.traceback[-1].lineno == 4
    with pytest.raises(SyntaxError):
        compile_marked("try: x\nexcept", "<test>")


def test_a_block_that_raises_hands_its_failures_to_the_one_around_it(failures: FailureWatch) -> None:
    with contextlib.suppress(KeyError), FailureWatch():
        with contextlib.suppress(RefusedError):
            raise RefusedError("no")
        raise KeyError
    assert isinstance(failures.take(), RefusedError)
    with FailureWatch() as inner, contextlib.suppress(RefusedError):
        raise RefusedError("no")
    assert failures.take() is None
    assert isinstance(inner.take(), RefusedError)


def test_a_block_whose_exit_was_cut_off_is_not_left_behind(failures: FailureWatch) -> None:
    with FailureWatch():
        FailureWatch().__enter__()
    assert signals._watches == [failures]


def test_nothing_is_recorded_where_nothing_watches(failures: FailureWatch) -> None:
    signals._watches.remove(failures)
    with contextlib.suppress(RefusedError):
        raise RefusedError("no")
    watch(StopIteration())
    signals.mark_caught(StopIteration())
    assert signals.take_failure() is None
    assert failures.take() is None
