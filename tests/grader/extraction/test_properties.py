"""Properties of extraction that hold for any text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grader.extraction import Extraction, ExtractionRule, extract
from grader.extraction.notation import to_plain_python

ADD = "def add(a, b):\n    return a + b\n"
PIECES = [
    "\n",
    "\r\n",
    "\r",
    " ",
    "    ",
    "\t",
    "`",
    "```",
    "```python\n",
    "~~~\n",
    "````\n",
    "> ",
    "- ",
    "1. ",
    "<think>",
    "</think>",
    "\n</think>\n",
    "<answer>",
    "</answer>",
    "</s>",
    "\ufeff",
    "\x00",
    "\ud800",
    '"""',
    ">>> ",
    "... ",
    "def add(a, b):\n",
    "    return a + b\n",
    "def helper(): add\n",
    "import os\n",
    "x = 1\n",
    "Some words.\n",
    "```markdown\n",
    "``` and so on\n",
    "x```\n",
    "return a\n",
    "<|channel|>final<|message|>",
    "<|end|>",
    "[BEGIN]\n",
    "[DONE]",
    "<|endof",
]


def texts() -> st.SearchStrategy[str]:
    surrogates_too = st.characters(categories=None)
    return st.lists(st.sampled_from(PIECES) | st.text(surrogates_too, max_size=4), max_size=40).map("".join)


entry_points = st.sampled_from([None, "", "add", "Solution.add", "add)", "(", "é"]) | st.text(max_size=5)


def joined_lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def code_lines() -> st.SearchStrategy[str]:
    """Lines that no fence, no marker and no prompt is in."""
    characters = st.characters(categories=None, exclude_characters="\r\n`~<[◁>\ufeff")
    return st.text(characters, max_size=20)


@given(texts(), entry_points, st.sampled_from(["", "def add(a, b):\n", "text"]) | texts())
def test_every_text_has_an_extraction_that_agrees_with_itself(text: str, entry_point: str | None, prompt: str) -> None:
    found = extract(text, entry_point=entry_point, prompt=prompt)

    assert isinstance(found, Extraction)
    assert (found.answer is None) is (found.rule in {ExtractionRule.NONE, ExtractionRule.TOO_LONG})
    assert found.blocks >= 0
    assert "\n" not in found.detail
    assert not found.truncated or found.blocks
    if found.answer is not None:
        assert found.answer.strip()
        assert "\r" not in found.answer
        # A body may be indented; its indentation is no longer than the prompt, or four columns more than that has.
        shifted = found.rule is ExtractionRule.SHIFTED_BODY
        indentation = (4 * len(prompt) + 4) * (found.answer.count("\n") + 1) + 4 * text.count("\t") if shifted else 0
        assert len(found.answer) <= len(text) + len(prompt) + 2 * found.blocks + 2 + indentation


@given(texts(), entry_points)
def test_the_same_text_has_the_same_extraction(text: str, entry_point: str | None) -> None:
    assert extract(text, entry_point=entry_point) == extract(text, entry_point=entry_point)


@given(st.lists(code_lines(), max_size=8).map(joined_lines), st.sampled_from(["```", "~~~~", "`````"]))
def test_a_fenced_definition_comes_back_as_it_was(rest: str, fence: str) -> None:
    code = ADD + rest

    found = extract(f"Text.\n\n{fence}python\n{code}{fence}\nMore text.\n", entry_point="add")

    assert (found.answer, found.rule, found.blocks) == (to_plain_python(code), ExtractionRule.TAGGED_FENCE, 1)


@given(st.lists(code_lines(), max_size=8).map(joined_lines))
def test_line_ends_do_not_matter(rest: str) -> None:
    text = f"Text.\n```python\n{ADD}{rest}```\n"
    found = extract(text, entry_point="add")

    assert extract(text.replace("\n", "\r\n"), entry_point="add") == found
    assert extract(text.replace("\n", "\r"), entry_point="add") == found


@given(texts())
def test_reasoning_in_front_changes_nothing_but_that_it_was_dropped(text: str) -> None:
    alone = extract(f"<think></think>\n{text}", entry_point="add")
    behind = extract(f"<think>\n```python\n{ADD}\n```\nhm\n</think>\n{text}", entry_point="add")

    assert behind == alone
