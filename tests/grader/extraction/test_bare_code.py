"""Code without a fence, and function bodies that continue the prompt."""

from __future__ import annotations

import pytest

from grader.extraction import Extraction, ExtractionRule, extract

ADD = "def add(a, b):\n    return a + b\n"
PROMPT = 'from math import gcd\n\n\ndef add(a, b):\n    """Sum of both."""\n'
BODY = "    total = a + b\n    return total\n"


def find(text: str, *, prompt: str = "", entry_point: str | None = "add") -> Extraction:
    return extract(text, entry_point=entry_point, prompt=prompt)


@pytest.mark.parametrize(
    "code",
    [
        ADD,
        "import os\nimport sys as s\n\n\n" + ADD,
        "from os import path\n\n" + ADD,
        "@cache\n" + ADD,
        "@lru_cache(maxsize=None)\n" + ADD,
        "MOD = 10**9\n" + ADD,
        "a, b = 1, 2\n" + ADD,
        "add = lambda a, b: a + b\n",
        "class add:\n    pass\n",
        "async def add(a, b):\n    pass\n",
        "x.y += 1\n" + ADD,
        ADD + '\n\nif __name__ == "__main__":\n    print(add(1, 2))\n',
        ADD + '\n\nTEXT = """\nThis is text, not prose.\n\nStill text.\n"""\n',
        'def add(a, b):\n    """Sum.\n\nReally a sum.\n"""\n    return a + b\n',
        ADD + "\n\n# This comment is code.\nx = 1\n",
    ],
)
def test_a_text_of_nothing_but_code_is_the_answer(code: str) -> None:
    assert (find(code).answer, find(code).rule) == (code, ExtractionRule.BARE_CODE)


@pytest.mark.parametrize(
    "program",
    [
        "n = int(input())\nprint(n)\n",
        "print(sum(map(int, input().split())))\n",
        "for _ in range(int(input())):\n    print(1)\n",
        "while True:\n    print(input())\n",
        "import sys\n\nsys.setrecursionlimit(10**6)\nprint(sys.stdin.read())\n",
        "def main():\n    print(input())\n\n\nmain()\n",
        "if True:\n    print(input())\n",
        "with open(0) as f:\n    print(f.read())\n",
        "try:\n    print(input())\nexcept EOFError:\n    pass\n",
        "print(42)\n",
        "main()\n",
    ],
)
def test_a_bare_program_is_the_answer(program: str) -> None:
    assert find(program, entry_point=None).answer == program


@pytest.mark.parametrize(
    "prose",
    [
        "Here is the function:\n\n",
        " Here it is.\n",
        "The import is not needed, since we only add.\n\n",
        "import the module first\n",
        "from this we see that it is a sum\n",
        "class of problems: easy\n",
        "for each pair we add\n",
        "@someone asked for this\n",
        "# Solution\n\n",
        "x == y is not it\n",
        "<!-- note -->\n",
    ],
)
def test_prose_before_the_code_is_left_out(prose: str) -> None:
    assert find(prose + ADD).answer == ADD


@pytest.mark.parametrize(
    "prose",
    [
        "This function adds both numbers.\n",
        "\n\nExplanation:\nIt adds.\n",
        "\n- it adds\n",
        "\n1. it adds\n",
        "\n**Complexity**: O(1)\n",
        "\n### Why it works\n",
        "\nHence, a sum.\n",
        "\n</answer>\n",
        "\nwe add, that is all\n",
        "```\nThat was it.\n",
        "```",
        "\n\n\n",
    ],
)
def test_prose_after_the_code_is_left_out(prose: str) -> None:
    assert find(ADD + prose).answer == ADD


def test_code_whose_opening_fence_is_in_the_prompt_ends_at_the_closing_one() -> None:
    text = f"{ADD}```\n\nUsage:\n```python\nprint(add(1, 2))\n```\n"

    assert find(text).answer == ADD


def test_a_fence_at_the_end_of_a_line_of_prose_does_not_hide_the_code() -> None:
    assert find(f"Here it is: ```python\n{ADD}```\nDone.\n").answer == ADD


def test_prose_alone_is_no_code() -> None:
    for text in ("", "\n", " ", "I cannot do this.", "Add a and b.\n\nThen return it.\n", "1. Add.\n2. Return.\n"):
        assert find(text).rule is ExtractionRule.NONE
        assert find(text, entry_point=None).rule is ExtractionRule.NONE
        assert find(text, prompt=PROMPT).rule is ExtractionRule.NONE


@pytest.mark.parametrize("lead", ["", "\n", "\n\n"])
def test_a_body_is_put_after_the_prompt(lead: str) -> None:
    found = find(lead + BODY, prompt=PROMPT)

    assert (found.answer, found.rule) == (PROMPT + BODY, ExtractionRule.BODY_ONLY)


def test_a_fenced_body_is_put_after_the_prompt() -> None:
    found = find(f"The body:\n```python\n{BODY}```\n", prompt=PROMPT)

    assert (found.answer, found.rule) == (PROMPT + BODY, ExtractionRule.BODY_ONLY)


def test_a_body_may_start_with_an_import_or_an_inner_function() -> None:
    for body in ("    import os\n    return a\n", "    def inner():\n        return a\n    return inner()\n"):
        assert find(body, prompt=PROMPT).answer == PROMPT + body
        assert find(f"```python\n{body}```\n", prompt=PROMPT).answer == PROMPT + body


def test_a_body_with_tabs_is_a_body_and_has_spaces_where_the_prompt_has() -> None:
    assert find("\treturn a + b\n", prompt=PROMPT).answer == PROMPT + "    return a + b\n"
    prompt = 'def add(a, b):\n\t"""Add."""\n'
    assert find("\treturn a + b\n", prompt=prompt).answer == prompt + "\treturn a + b\n"


def test_a_body_ends_where_prose_or_a_fence_starts() -> None:
    assert find(BODY + "\nThis adds both.\n", prompt=PROMPT).answer == PROMPT + BODY
    assert find(BODY + "```\nThis adds both.\n", prompt=PROMPT).answer == PROMPT + BODY


def test_only_the_start_of_the_text_can_be_a_body_without_a_fence() -> None:
    assert find(f"```python\nx = 1\n```\n{BODY}", prompt=PROMPT).answer == "x = 1\n"


def test_a_body_may_be_followed_by_more_functions() -> None:
    text = BODY + "\n\ndef other():\n    pass\n"

    assert find(text, prompt=PROMPT).answer == PROMPT + text


def test_a_whole_function_is_not_put_after_the_prompt() -> None:
    indented = "".join("    " + line for line in ADD.splitlines(keepends=True))

    assert find(ADD, prompt=PROMPT).answer == ADD
    assert find(indented, prompt=PROMPT).answer == ADD
    assert find(f"```python\n{indented}```\n", prompt=PROMPT).answer == ADD


def test_a_whole_function_wins_over_a_body() -> None:
    assert find(f"```python\n{ADD}```\nor just\n```python\n{BODY}```\n", prompt=PROMPT).answer == ADD


@pytest.mark.parametrize("prompt", ["", "Write add(a, b).", "def sub(a, b):\n", "Complete def add(a, b):"])
def test_a_prompt_without_the_stub_gets_no_body(prompt: str) -> None:
    assert find(BODY, prompt=prompt).rule is not ExtractionRule.BODY_ONLY


def test_a_program_has_no_body() -> None:
    assert find("    print(input())\n", prompt="def f():\n", entry_point=None).answer == "print(input())\n"


def test_a_body_of_a_method_is_put_after_the_class() -> None:
    prompt = "class Solution:\n    def add(self, a: int, b: int) -> int:\n        "
    body = "        return a + b\n"

    for entry_point in ("Solution.add", "add"):
        assert find(body, prompt=prompt, entry_point=entry_point).answer == prompt + "\n" + body


def test_a_space_before_a_bare_function_is_no_part_of_it() -> None:
    found = find(" " + ADD)

    assert found.answer is not None
    assert found.answer.startswith("def add(a, b):\n")
