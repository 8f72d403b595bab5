"""Reasoning does not belong to the answer; code about reasoning markers does."""

from __future__ import annotations

import pytest

from grader.extraction import ExtractionRule, extract
from grader.extraction.sections import strip_reasoning

DRAFT = "def add(a, b):\n    return a - b\n"
ADD = "def add(a, b):\n    return a + b\n"
MARKERS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<Think>", "</THINK>"),
]


def fenced(code: str) -> str:
    return f"```python\n{code}```\n"


def answer(text: str) -> str | None:
    return extract(text, entry_point="add").answer


@pytest.mark.parametrize(("opening", "closing"), MARKERS)
def test_a_pair_of_markers_takes_its_text_away(opening: str, closing: str) -> None:
    found = extract(f"{opening}\n{fenced(DRAFT)}{closing}\n\n{fenced(ADD)}", entry_point="add")

    assert (found.answer, found.blocks, found.reasoning_dropped) == (ADD, 1, True)


@pytest.mark.parametrize(("opening", "closing"), MARKERS)
def test_a_lone_closing_marker_ends_reasoning_that_the_chat_template_opened(opening: str, closing: str) -> None:
    assert answer(f"Let me see.\n{fenced(DRAFT)}{closing}\n\n{fenced(ADD)}") == ADD
    assert answer(f"Let me see.\n{fenced(DRAFT)}{closing}\nI give up.") is None


@pytest.mark.parametrize(("opening", "closing"), MARKERS)
def test_reasoning_that_never_ends_leaves_no_answer(opening: str, closing: str) -> None:
    found = extract(f"{opening}\nI try:\n{fenced(DRAFT)}and", entry_point="add")

    assert (found.answer, found.rule, found.reasoning_dropped) == (None, ExtractionRule.NONE, True)


def test_the_answer_before_reasoning_that_never_ends_stays() -> None:
    assert answer(f"{fenced(ADD)}<think>\n{fenced(DRAFT)}") == ADD


def test_text_right_after_the_closing_marker_starts_a_line() -> None:
    assert answer(f"<think>hm</think>{fenced(ADD)}") == ADD
    assert answer(f"hm</think> {fenced(ADD)}") == ADD
    assert answer(f"<think>hm</think>{ADD}") == ADD


def test_a_preamble_before_the_reasoning_and_several_reasonings_are_fine() -> None:
    assert answer(f"Sure.\n<think>\n{DRAFT}</think>\nNow\n<think>x</think>\n{fenced(ADD)}<think>ok?</think>") == ADD


def test_a_fence_left_open_in_the_reasoning_does_not_reach_out_of_it() -> None:
    assert answer(f"<think>\n```python\n{DRAFT}</think>\n{fenced(ADD)}") == ADD
    assert answer(f"I try\n```python\n{DRAFT}</think>\n{fenced(ADD)}") == ADD
    later = f"<think>\n{fenced(DRAFT)}</think>\n"
    assert answer(f"I try\n```python\n{DRAFT}</think>\n{fenced(ADD)}{later}") == ADD
    assert answer(f"<think>\n```python\n{DRAFT} # no, wait.</think>\n{fenced(ADD)}") == ADD


def test_a_marker_of_another_kind_does_not_end_the_reasoning() -> None:
    assert answer(f"<think>\n</reasoning>\n{fenced(DRAFT)}</think>\n{fenced(ADD)}") == ADD


def test_a_closing_marker_that_the_reasoning_talks_about_does_not_end_it() -> None:
    assert answer(f"<think>\nSplit at `</think>` or '</think>'.\n{fenced(DRAFT)}</think>\nI give up.") is None


@pytest.mark.parametrize(
    "code",
    [
        'def add(s):\n    return s.split("</think>")[-1]\n',
        "def add(s):\n    return s.partition('</think>')[2]\n",
        'def add(s):\n    return re.sub(r"<think>.*?</think>\\s*", "", s)\n',
        'def add(s):\n    """\n    <think>\n    hm\n    """\n',
        'TEXT = """\n<think>\n"""\ndef add(s): ...\n',
        'TEXT = """<think>a</think> b"""\ndef add(s): ...\n',
    ],
)
def test_code_that_handles_markers_stays_in_one_piece(code: str) -> None:
    assert answer(fenced(code)) == code
    assert answer(f"<think>\nEasy.\n</think>\n{fenced(code)}Everything up to `</think>` goes.\n") == code
    assert answer(f"Easy.\n</think>\n{fenced(code)}") == code


def test_after_the_reasoning_a_closing_marker_is_plain_text() -> None:
    code = 'TEXT = """\n</think>\n"""\ndef add(s): ...\n'

    assert answer(f"<think>\nEasy.\n</think>\n{fenced(code)}") == code
    assert answer(f"<think>\nEasy.\n</think>\n{fenced(ADD)}</think>\n") == ADD


def test_an_opening_marker_inside_a_line_is_plain_text() -> None:
    text = f"The tag <think> is not used here.\n{fenced(ADD)}"

    assert strip_reasoning(text) == (text, False)


def test_many_reasonings_are_all_dropped() -> None:
    text = "a\n<think>\nb\n</think>" * 3 + "\nc"

    assert strip_reasoning("a\n<think>\nb\n</think>\n" * 3 + "c") == ("a\n\na\n\na\n\nc", True)
    assert strip_reasoning(text)[1]
