"""Time grows with the length of the text and no faster, whatever the text is made of."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.extraction import ExtractionRule, extract
from grader.extraction.extractor import MAX_FENCES

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

LENGTH = 300_000
REPEATED = [
    "```python\n",
    "```\n```\n",
    "```python\nx\n```\n",
    "~~~\n",
    "``` `\n",
    "`",
    "`a",
    "\n",
    "\r",
    "    \n",
    "\t",
    " ",
    ">",
    "> > \n",
    "- ",
    "- a\n",
    "1. ",
    "<think>",
    "<think>\n",
    "<think>\n</think>\n",
    "</think>\n",
    "</think>'",
    "</think> ",
    "<answer>\n",
    "<answer>x</answer>\n",
    "<answer></answer>",
    "def add\n",
    "def f(x):\n",
    "def ",
    "from x import (\n",
    "from a import b, c\n",
    "a,",
    "a.",
    "a , ",
    "f(",
    "f() ",
    "if :",
    '"""',
    "a",
    "</s>",
    "</s> ",
    "\ufeff",
    ">>> x\n",
    "```python\n>>> def f(x):\n```\n",
    "```python\ndef h(): h\n```\n",
    "```python\nimport x\n```\n",
    "```markdown\n",
    "```markdown\n```\n",
    "```python\n'''\n```\n",
    "``` x y\n",
    "``````python\n",
    "x```\n",
    "x ```python\n",
    "    ```python\n",
    "```python def f(): x```\n",
    "<|channel|>analysis<|message|>",
    "<|channel|>analysis<|message|>x<|end|><|start|>assistant",
    "<|start|>",
    "<|channel|>final",
    "analysisassistantfinal",
    "[BEGIN]\n",
    "[BEGIN]\nx\n[DONE]\n",
    "[DONE]\n",
    "[DONE]",
    "<code>\n</code>\n",
    "<pad>",
    "<|",
    "return x\n",
    "x = 1\n        y\n    z\n",
    "\treturn x\n",
]
SHAPED: dict[str, Callable[[int], str]] = {
    "chain of helpers": lambda n: (
        "".join(f"```python\ndef h{i}(): h{i - 1}\n```\n" for i in range(n // 32))
        + f"```python\ndef add(): h{n // 32 - 1}\n```\n"
    ),
    "deeper and deeper list": lambda n: "".join(" " * (i % 2000) + "- x\n" for i in range(n // 1000)),
    "one wide line and many short ones": lambda n: "- " * (n // 4) + "\n" + "x\n" * (n // 4),
    "block under many quotes": lambda n: ">" * 1000 + "```\n" + (">" * 1000 + "x\n") * (n // 1000),
    "blanks before a word": lambda n: "def" + " " * n + "add",
    "blanks after a name": lambda n: "a" + " " * n + "b",
    "blanks after a marker": lambda n: "<think></think>" + " " * n + "x",
    "indented block": lambda n: "1. a\n   ```python\n" + "   x\n" * (n // 5),
    "body under a first line": lambda n: "x = 1\n" + "    y = 1\n" * (n // 10),
    "blanks in a header": lambda n: ("<|channel|>" + " " * 1000) * (n // 1000),
    "blanks between turns": lambda n: ("<|end|>" + " " * 1000) * (n // 1000) + "<|channel|>",
    "a string that never ends": lambda n: "```python\n'''\n" + "```\nx\n" * (n // 6),
    "strings in many blocks": lambda n: "```python\n'''\n```\n'''\n" * (n // 22),
    "wrapped and wrapped": lambda n: "```markdown\n" * (n // 24) + "```\n" * (n // 8),
    "long marker lines": lambda n: ("</think>'" * 1000 + "\n") * (n // 9000),
}


def seconds(text: str) -> float:
    start = time.process_time()
    extract(text, entry_point="add", prompt="def add():\n", max_chars=4 * LENGTH)
    return time.process_time() - start


# the bound is more than ten times what is needed; what is quadratic takes minutes
@pytest.mark.slow
@pytest.mark.parametrize("piece", REPEATED)
def test_repetition_takes_linear_time(piece: str) -> None:
    assert seconds(piece * (LENGTH // len(piece))) < 15


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPED)
def test_nesting_takes_linear_time(shape: str) -> None:
    assert seconds(SHAPED[shape](LENGTH)) < 15


def steps(text: str, prompt: str) -> int:
    """Count the lines of Python that an extraction runs."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        nonlocal count
        if "extraction" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        extract(text, entry_point="add", prompt=prompt)
    finally:
        sys.settrace(before)
    return count


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([piece for piece in REPEATED if piece.strip()]), min_size=1, max_size=5).map("".join),
    st.sampled_from(["", "\n"]),
    st.sampled_from(["", 'def add(a):\n    """Add."""\n']),
)
def test_twice_the_text_takes_at_most_twice_the_steps(piece: str, between: str, prompt: str) -> None:
    unit = piece + between
    count = max(2, 1200 // len(unit))
    once, twice, four_times = (steps(unit * count * factor, prompt) for factor in (1, 2, 4))
    # Rules may set in as the text grows, so the growth counts and not the number.
    assert four_times <= 4.4 * max(once, twice / 2) + 400


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_a_text_with_too_many_fences_is_not_read(fence: str) -> None:
    assert extract(f"{fence}\n" * MAX_FENCES, entry_point="add").rule is not ExtractionRule.TOO_LONG
    found = extract(f"{fence}\n" * (MAX_FENCES + 1), entry_point="add")
    assert (found.rule, found.answer) == (ExtractionRule.TOO_LONG, None)
    assert "fences" in found.detail


def test_a_text_over_the_limit_is_not_read() -> None:
    assert seconds("x" * (4 * LENGTH + 1)) < 1
