"""What test code has caught, and what was swallowed on its way to it."""

from __future__ import annotations

import contextlib
import unittest
from typing import TYPE_CHECKING, Any

import pytest

from testcases.caught import mark_caught, marked_libraries
from testcases.signals import FinalError, RefusedError
from testcases.source.instrumentation import CAUGHT_NAME, compile_marked

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_pending() -> Iterator[None]:
    FinalError.take()
    yield
    FinalError.take()


def end() -> Any:
    error = StopIteration("over")
    error.comes_from_solution = True  # type: ignore[attr-defined]  # as one that came from there
    FinalError.watch(error)
    raise error


def ran(source: str) -> BaseException | None:
    exec(compile_marked(source, "<test>"), {CAUGHT_NAME: mark_caught, "end": end})
    return FinalError.take()


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
def test_what_no_clause_caught_stays(source: str) -> None:
    assert isinstance(ran(source), StopIteration)
    assert FinalError.take() is None


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
def test_what_a_clause_caught_is_gone(source: str) -> None:
    assert ran(source) is None


def test_the_library_tells_while_it_is_asked_to() -> None:
    before = contextlib.suppress.__exit__
    with marked_libraries():
        with contextlib.suppress(StopIteration):
            end()
        unittest.TestCase().assertRaises(StopIteration, end)  # noqa: PT027 - what tests of a data set use
        assert FinalError.take() is None
        with contextlib.suppress(StopIteration), contextlib.suppress(KeyError):
            raise KeyError
    assert contextlib.suppress.__exit__ is before
    with contextlib.suppress(StopIteration):
        end()
    assert isinstance(FinalError.take(), StopIteration)


def test_what_the_answer_says_came_before_its_error_is_not_gone() -> None:
    with contextlib.suppress(StopIteration):
        end()
    (unseen,) = FinalError._unseen
    later = ValueError("later")
    later.__cause__, later.comes_from_solution = unseen, True  # type: ignore[attr-defined]  # as one that came from there
    FinalError.seen(later)
    assert FinalError.take() is unseen


def test_a_final_error_cannot_be_caught() -> None:
    with contextlib.suppress(RefusedError):
        raise RefusedError("no")
    FinalError.seen(RefusedError("another"))
    assert isinstance(FinalError.take(), RefusedError)


def test_lines_stay_and_what_is_no_python_is_none() -> None:
    with pytest.raises(ZeroDivisionError) as info:
        exec(compile_marked("try:\n  x\nexcept NameError:\n  1\n  1 / 0", "<test>"), {CAUGHT_NAME: mark_caught})
    assert info.traceback[-1].lineno == 4
    with pytest.raises(SyntaxError):
        compile_marked("try: x\nexcept", "<test>")
