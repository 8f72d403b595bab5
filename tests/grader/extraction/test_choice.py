"""The selection of the answer among several pieces of code."""

from __future__ import annotations

import pytest

from grader.extraction import ExtractionRule, extract

ADD = "def add(a, b):\n    return a + b\n"
DRAFT = "def add(a, b):\n    return a - b\n"
OTHER = "def sub(a, b):\n    return a - b\n"
USE = "print(add(1, 2))\n"


def fenced(code: str, info: str = "python") -> str:
    return f"```{info}\n{code}```\n"


def answer(text: str, entry_point: str | None = "add") -> str | None:
    return extract(text, entry_point=entry_point).answer


def test_the_last_definition_of_the_entry_point_wins() -> None:
    assert answer(fenced(DRAFT) + "Better:\n" + fenced(ADD) + "So:\n" + fenced(USE)) == ADD


def test_without_a_definition_the_last_block_wins() -> None:
    assert answer(fenced("x = 1\n") + fenced("y = 2\n")) == "y = 2\n"


def test_a_tagged_block_wins_over_an_untagged_one() -> None:
    assert answer(fenced(ADD) + fenced(DRAFT, "")) == ADD
    assert answer(fenced("x = 1\n") + fenced("3\n", "")) == "x = 1\n"


def test_a_definition_wins_over_a_tag() -> None:
    found = extract(fenced(ADD, "") + fenced(USE), entry_point="add")

    assert (found.answer, found.rule) == (ADD, ExtractionRule.UNTAGGED_FENCE)


@pytest.mark.parametrize("info", ["bash", "text", "json", "output", "cpp"])
def test_a_block_in_another_language_is_no_answer(info: str) -> None:
    assert answer(fenced(ADD) + fenced("add 1 2\n", info)) == ADD
    assert extract(fenced("add 1 2\n", info), entry_point="add").rule is ExtractionRule.NONE
    assert extract(fenced("print(1)\n", info), entry_point=None).rule is ExtractionRule.NONE


def test_a_wrong_tag_does_not_hide_the_only_definition() -> None:
    found = extract(fenced(ADD, "text") + fenced(USE), entry_point="add")

    assert (found.answer, found.rule) == (ADD, ExtractionRule.OTHER_FENCE)
    assert answer(fenced(ADD, "text") + fenced(DRAFT)) == DRAFT


def test_empty_blocks_are_counted_and_not_chosen() -> None:
    empty = [fenced(content) for content in ("", "\n  \n", ">>>\n", "\ufeff\n")]
    found = extract(fenced(ADD) + "".join(empty), entry_point="add")

    assert (found.answer, found.blocks) == (ADD, 5)
    assert extract("".join(empty), entry_point="add").rule is ExtractionRule.NONE


@pytest.mark.parametrize(
    "code",
    [
        "async def add(a, b): ...\n",
        "class add: ...\n",
        "add = lambda a, b: a + b\n",
        "add: object = sum\n",
        "@cache\ndef add (a, b): ...\n",
        "def\tadd(a, b): ...\n",
        "def add[T](a: T, b: T): ...\n",
        "import os\n\n\ndef add(a, b): ...\n",
    ],
)
def test_every_way_to_define_the_entry_point_counts(code: str) -> None:
    assert answer(fenced(code) + fenced("x = 1\n")) == code


@pytest.mark.parametrize("code", ["add == 1\n", "def adder(): ...\n", "def address(): ...\n", "x.add = 1\n", "# add\n"])
def test_what_only_looks_like_a_definition_does_not_count(code: str) -> None:
    assert answer(fenced(ADD) + fenced(code)) == ADD


def test_a_method_asks_for_its_class() -> None:
    code = "class Solution:\n    def add(self, a, b):\n        return a + b\n"
    text = fenced(code) + fenced("print(Solution().add(1, 2))\n")

    assert answer(text, "Solution.add") == code
    assert answer(text, "Solution().add") == code
    assert answer(text, "add") == code


def test_an_entry_point_that_is_no_name_is_defined_by_nothing() -> None:
    assert answer(fenced(ADD) + fenced("x = 1\n"), "+") == "x = 1\n"
    assert answer(fenced(ADD) + fenced("x = 1\n"), "(d+)+") == "x = 1\n"


def test_for_a_program_the_last_block_that_reads_the_input_wins() -> None:
    program = "n = int(input())\nprint(n)\n"

    assert answer(fenced(program) + "Try it:\n" + fenced("print(solve(3))\n"), None) == program
    assert answer(fenced("import sys\nprint(sys.stdin.read())\n") + fenced("x\n"), None) != "x\n"
    assert answer(fenced("print(1)\n") + fenced("print(2)\n"), None) == "print(2)\n"
    assert answer(fenced(program) + "Output:\n" + fenced("5\n", ""), "") == program


def test_no_code_is_none() -> None:
    found = extract("I do not know.", entry_point="add")

    assert (found.answer, found.rule, found.blocks, found.truncated) == (None, ExtractionRule.NONE, 0, False)


def test_an_indented_definition_is_dedented() -> None:
    indented = "".join("    " + line for line in ADD.splitlines(keepends=True))

    assert answer(fenced(indented)) == ADD
    assert answer(fenced("\n" + indented)) == "\n" + ADD
    assert answer(fenced(indented), None) == ADD


def test_a_line_with_less_indentation_does_not_stop_the_dedenting() -> None:
    code = '    def add(a, b):\n        """Sum\nof both."""\n        return a + b\n'

    assert answer(fenced(code)) == 'def add(a, b):\n    """Sum\nof both."""\n    return a + b\n'


@pytest.mark.parametrize("info", ["python", "pycon", ""])
def test_an_interactive_session_becomes_what_was_typed(info: str) -> None:
    session = ">>> import os\n>>>\n>>> def add(a, b):\n...     return a + b\n...\n>>> add(1, 2)\n3\n"

    assert answer(fenced(session, info)) == "import os\n\ndef add(a, b):\n    return a + b\n\nadd(1, 2)\n"


def test_prompts_in_a_docstring_are_kept() -> None:
    code = 'def add(a, b):\n    """Sum.\n\n    >>> add(1, 2)\n    3\n    """\n    return a + b\n'

    assert answer(fenced(code)) == code


@pytest.mark.parametrize("token", ["<|im_end|>", "</s>", "<|eot_id|>\n", "<|endoftext|> <|endoftext|>", "<eos></s>"])
def test_end_tokens_are_no_part_of_the_answer(token: str) -> None:
    assert extract(fenced(ADD).rstrip() + token, entry_point="add").answer == ADD
    assert answer(ADD + token) == ADD


def test_the_detail_says_what_was_chosen_and_why() -> None:
    found = extract(fenced(OTHER) + fenced(f"{ADD}x = sub\n").removesuffix("```\n"), entry_point="add")

    assert "tagged as Python" in found.detail
    assert "entry point" in found.detail
    assert "never closed" in found.detail
    assert "1 earlier block" in found.detail


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_counts_characters(extra: int) -> None:
    found = extract(ADD, entry_point="add", max_chars=len(ADD) - extra)

    assert found.rule is (ExtractionRule.TOO_LONG if extra else ExtractionRule.BARE_CODE)
    assert (found.answer is None) is bool(extra)
