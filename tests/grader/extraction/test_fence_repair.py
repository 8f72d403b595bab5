"""Texts whose fences need no repair, and are not read for it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grader.extraction.fence_repair import _has_one_plain_block, _Repair, repair_fences

PIECES = ["\n", " ", "    ", "\t", "`", "``", '"""', "'''", "'", "> ", "- ", "x = 1\n", "def f():\n", "Words.", "#"]
TAGS = ["python", "py", "python3"]


def pieces() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@given(pieces(), st.sampled_from(TAGS), pieces(), pieces())
def test_what_is_not_read_would_not_be_changed(before: str, tag: str, code: str, after: str) -> None:
    text = f"{before}\n```{tag}\n{code}\n```\n{after}"
    assume("\r" not in text)
    assume(_has_one_plain_block(text))
    assert _Repair(text.split("\n")).run() == text


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1\n```",
        "Here.\n\n```py\nx = '''a'''\n\n```\nThere.",
        "```python3\n\n```\n",
    ],
)
def test_a_plain_block_is_known(text: str) -> None:
    assert _has_one_plain_block(text)
    assert repair_fences(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "```\nx\n```",
        "```python x = 1\n```",
        " ```python\nx\n```",
        "Text ```python\nx\n```",
        "```python\nx\n``` and more",
        "```python\nx```",
        "```python\nx\n ```",
        "```python\nx\n````",
        "```python\nx\n```\n```",
        "```python\nx\n``` ",
        "```python\nx\n~~~\n```",
        '"""\n```python\nx\n```\n"""',
        "```python\nx\n",
        "```markdown\nx\n```",
    ],
)
def test_all_others_are_read(text: str) -> None:
    assert not _has_one_plain_block(text)
