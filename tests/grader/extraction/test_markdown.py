"""The fence scanner agrees with CommonMark, and differs only where its docstring documents it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grader.extraction.markdown import Language, parse_language, parse_markdown

ORACLE = MarkdownIt("commonmark").disable("html_block")


def oracle_blocks(text: str) -> list[str]:
    # the end of the last line is optional (2.1), but the oracle leaves it out of an unclosed block's content
    text = text if text.endswith("\n") else text + "\n"
    return [token.content for token in ORACLE.parse(text) if token.type == "fence"]


def our_blocks(text: str) -> list[str]:
    return [block.content for block in parse_markdown(text).blocks]


def fence_lines() -> st.SearchStrategy[str]:
    return st.builds(
        lambda indent, run, gap, info: indent + run + gap + info,
        st.sampled_from(["", " ", "  ", "   ", "    ", "\t", " \t"]),
        st.sampled_from(["``", "```", "````", "`````", "~~", "~~~", "~~~~", "```~~~", "~~~```", "`` `"]),
        st.sampled_from(["", " ", "   ", "\t"]),
        st.sampled_from(["", "", "python", 'python title="x"', "{.python .numberLines}", "a`b", "~", "x~~~", "é"]),
    )


def plain_lines() -> st.SearchStrategy[str]:
    """Lines that are no part of a list, a block quote or a link definition."""
    fixed = ["", " ", "    ", "\t", "text", "    deep", "<div>", "<think>", "</div>", "# heading", "===", "def f():"]
    words = st.text("abc `~\t é\u2028\x0b\ud800", max_size=8).map(lambda text: "w" + text)
    return st.sampled_from(fixed) | words


@given(st.lists(fence_lines() | plain_lines(), max_size=14), st.booleans())
@example(["```", "aaa", "~~~", "```"], True)
@example(["````", "aaa", "```", "``````"], True)
@example(["   ```", "   aaa", "    aaa", "  aaa", "   ```"], True)
@example(["    ```", "    aaa", "    ```"], True)
@example(["```", "aaa", "    ```"], True)
@example(["``` ```", "aaa"], True)
@example(["~~~ aa ``` ~~~", "aaa", "~~~"], True)
@example(["```", "", "  "], True)
@example(["  ```", "\taaa", " \tb"], True)
def test_plain_documents_have_the_blocks_that_commonmark_finds(lines: list[str], ends_with_newline: bool) -> None:
    text = "\n".join(lines) + ("\n" if ends_with_newline else "")

    assert our_blocks(text) == oracle_blocks(text)


NESTED = {
    "fence in an ordered item": "1. Do this:\n\n   ```python\n   def f():\n       return 1\n   ```\n\n2. Done.\n",
    "fence deeper than the item's text": "1. Do this:\n    ```python\n    x = 1\n    ```\n",
    "fence on the marker's line": "- ```python\n  x = 1\n  ```\n",
    "fence in a nested list": "- a\n  1. b\n     ```\n     x\n       y\n     ```\n",
    "two markers in a line": "- 1. ```\n     x\n     ```\n",
    "docstring fence inside an item's block": "1. a\n\n   ```\n   d\n       ```\n       e\n   ```\n",
    "tab after the marker": "1.\ta\n\n\t```\n\tx\n\t\ty\n\t```\n",
    "wide marker": "10) a\n\n    ```\n    x\n    ```\n",
    "block quote": "> ```python\n> def f():\n>     return 1\n> ```\n",
    "block quote without spaces": ">```\n>x\n>```\n",
    "block quote left without a closing fence": "> ```\n> x\n\n```\ny\n```\n",
    "block quote left for another fence": "> ```\n> x\n```\ny\n```\n",
    "nested block quotes": "> > ```\n> > x\n> > > y\n> > ```\n",
    "list in a block quote": "> 1. a\n>    ```\n>    x\n>    ```\n",
    "indented code in an item": "- a\n\n      ```\n      x\n",
    "indented code after an item": "- a\n\nb\n\n    ```\n    x\n",
    "quote marks inside a block": "```\n> x\n```\n",
    "list marks inside a block": "```\n- x\n    ```\n```\n",
    "empty item": "-\n  ```\n  x\n  ```\n",
    "item that starts with indented code": "-     ```\n\n  ```\n  x\n  ```\n",
    "nine digits": "123456789. ```\n           x\n           ```\n",
    "ten digits are no item": "1234567890. ```\n           x\n",
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED.keys())
def test_blocks_in_lists_and_quotes_are_those_of_commonmark(text: str) -> None:
    assert our_blocks(text) == oracle_blocks(text)


@given(
    st.lists(st.sampled_from(["x", "    y", "", "  z", " \tt"]), max_size=6),
    st.lists(st.just("> "), max_size=3),
    st.lists(st.sampled_from(["- ", "* ", "1. ", "12) "]), max_size=3),
    st.sampled_from(["```", "~~~~"]),
    st.booleans(),
)
def test_blocks_in_any_nest_of_lists_in_quotes_are_those_of_commonmark(
    lines: list[str], quotes: list[str], items: list[str], fence: str, closed: bool
) -> None:
    quote = "".join(quotes)
    indent = " " * len("".join(items))
    content = [quote + (indent + line if line else "") for line in [*lines, *([fence] if closed else [])]]
    text = "\n".join([quote + "".join(items) + fence, *content]) + "\n"

    assert our_blocks(text) == oracle_blocks(text)


def test_a_fence_in_a_list_item_outlives_lines_that_are_indented_too_little() -> None:
    text = "1. Code:\n   ```python\ndef f():\n    return 1\n   ```\nDone.\n"

    assert our_blocks(text) == ["def f():\n    return 1\n"]


@pytest.mark.parametrize("line", ["<div>", "<think>", "<!-- note", "<pre>", "<answer>"])
def test_html_swallows_no_fence(line: str) -> None:
    assert our_blocks(f"{line}\n```\nx\n```\n") == ["x\n"]


def test_a_byte_order_mark_before_a_fence_is_skipped() -> None:
    assert our_blocks("text\n\ufeff```python\nx\n```\n") == ["x\n"]


def test_gaps_hold_what_is_outside_the_blocks() -> None:
    document = parse_markdown("a\n```\nx\n```\nb\n\n~~~\ny")

    assert document.gaps == ("a\n", "b\n\n", "")
    assert [block.unclosed for block in document.blocks] == [False, True]


@given(st.lists(fence_lines() | plain_lines() | st.sampled_from(["> ```", "> x", "- ```", "  y", "1. > z"])))
def test_every_line_is_in_a_gap_or_a_block_or_is_a_fence(lines: list[str]) -> None:
    document = parse_markdown("\n".join(lines))
    counted = sum(text.count("\n") for text in document.gaps)
    counted += sum(block.content.count("\n") + 2 - block.unclosed for block in document.blocks)
    left_quotes = counted - len(lines) + (bool(lines) and not lines[-1])

    assert len(document.gaps) == len(document.blocks) + 1
    assert 0 <= left_quotes <= len(document.blocks)


@pytest.mark.parametrize(
    "info",
    [
        "python",
        "Python",
        "py",
        "py3",
        "python3",
        "python3.11",
        'python title="x.py"',
        "python,linenos",
        "python{1,3}",
        "python:main.py",
        "{.python .numberLines}",
        "{python}",
        "{ .py }",
        "pycon",
        "ipython3",
        "solution.py",
    ],
)
def test_python_is_recognised_however_it_is_tagged(info: str) -> None:
    assert parse_language(info) is Language.PYTHON


@pytest.mark.parametrize("info", ["bash", "text", "json", "pythonic", "c++", "{.r}", "output", "3", "{}", "."])
def test_anything_else_is_another_language(info: str) -> None:
    assert parse_language(info) is Language.OTHER


def test_no_info_is_no_tag() -> None:
    assert parse_language("  ") is Language.UNTAGGED
