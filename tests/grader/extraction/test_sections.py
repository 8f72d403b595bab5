"""Code between solution markers is preferred."""

from __future__ import annotations

import pytest

from grader.extraction import ExtractionRule, extract

ADD = "def add(a, b):\n    return a + b\n"
DRAFT = "def add(a, b):\n    return a - b\n"
MARKERS = [
    ("<answer>", "</answer>"),
    ("<solution>", "</solution>"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
    ("<Answer>", "</ANSWER>"),
]


def fenced(code: str) -> str:
    return f"```python\n{code}```\n"


def answer(text: str) -> str | None:
    return extract(text, entry_point="add").answer


@pytest.mark.parametrize(("opening", "closing"), MARKERS)
def test_the_marked_solution_is_preferred_to_what_follows_it(opening: str, closing: str) -> None:
    found = extract(f"{opening}\n{fenced(ADD)}{closing}\nNot this:\n{fenced(DRAFT)}", entry_point="add")

    assert (found.answer, found.blocks) == (ADD, 1)
    assert "solution markers" in found.detail


@pytest.mark.parametrize(("opening", "closing"), MARKERS)
def test_a_marked_solution_needs_no_fence(opening: str, closing: str) -> None:
    found = extract(f"{fenced(DRAFT)}{opening}\n{ADD}{closing}\n", entry_point="add")

    assert (found.answer, found.rule) == (ADD, ExtractionRule.BARE_CODE)
    assert answer(f"{opening}{ADD}{closing}") == ADD


def test_the_last_section_with_anything_in_it_is_taken() -> None:
    text = f"<answer>\n{fenced(DRAFT)}</answer>\n<answer>\n{fenced(ADD)}</answer>\n<answer> </answer>\n{fenced(DRAFT)}"

    assert answer(text) == ADD


def test_a_section_without_code_leaves_the_whole_text() -> None:
    assert answer(f"{fenced(ADD)}<answer>See above, please.</answer>\n") == ADD


def test_an_unclosed_section_goes_on_to_the_end() -> None:
    assert answer(f"{fenced(DRAFT)}<answer>\n{fenced(ADD)}") == ADD
    assert answer(f"{fenced(DRAFT)}<answer>\n```python\n{ADD}") == ADD


def test_a_fence_left_open_in_a_section_ends_with_it() -> None:
    found = extract(f"<answer>\n```python\n{ADD}</answer>\nBye.\n", entry_point="add")

    assert (found.answer, found.truncated) == (ADD, True)


def test_markers_in_the_code_are_code() -> None:
    code = 'def add(s):\n    return re.search("<answer>(.*)</answer>", s)\n\n\nTEXT = """\n<answer>\nx\n"""\n'

    assert answer(fenced(code)) == code
    assert answer(f"<answer>\n{fenced(code)}</answer>") == code
    code = ADD + 'TEXT = """\n<answer>\nadd = 1\n"""\n'
    assert answer(fenced(code)) == code


def test_markers_inside_a_line_open_nothing() -> None:
    assert answer(f"{fenced(ADD)}In <answer> tags:\n{DRAFT}</answer>\n") == ADD


def test_markers_in_the_reasoning_open_nothing() -> None:
    assert answer(f"<think>\n<answer>\n{fenced(DRAFT)}</think>\n{fenced(ADD)}") == ADD
