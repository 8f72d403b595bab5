from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import InputError
from grader.tools.datasets.prompts import SYSTEM_PROMPT, PromptTemplate, read_template
from grader.tools.datasets.tasks import read_task
from tests.grader.tools.datasets.rows import AWS, HUMANEVAL, MBPP, PRIME, PRIME_CALL, row_of

if TYPE_CHECKING:
    from pathlib import Path


def user_text(row: dict[str, Any], **settings: Any) -> str:
    turns = PromptTemplate(**settings).render(read_task(row_of(row)))
    assert [turn["role"] for turn in turns] == ["system", "user"]
    return str(turns[1]["content"])


class TestUserTurn:
    def test_of_code_asks_to_complete_it(self) -> None:
        code = HUMANEVAL["prompt"].strip("\n")
        assert user_text(HUMANEVAL) == (
            f"```python\n{code}\n```\n\nComplete this code. Give all of it, not only what is new."
        )

    def test_of_prose_names_what_to_define(self) -> None:
        assert user_text(MBPP) == f"{MBPP['prompt']}\n\nDefine `first_repeated_char(text)`."

    def test_of_prose_that_names_the_function_adds_nothing(self) -> None:
        prompt = "Write first_repeated_char."
        assert user_text(MBPP | {"prompt": prompt}) == prompt

    @pytest.mark.parametrize(
        ("prompt", "is_named"),
        [
            ("Write a function to add two numbers.", False),
            ("Write a function `add`.", True),
            ("Write add(x, y).", True),
            ("Complete def add.", True),
        ],
    )
    def test_of_prose_with_a_word_like_the_name_names_the_function(self, prompt: str, is_named: bool) -> None:
        row = {"prompt": prompt, "code": "def add(x, y):\n    return x + y\n", "test_list": ["assert add(1, 2) == 3"]}
        assert user_text(row) == prompt + ("" if is_named else "\n\nDefine `add(x, y)`.")

    def test_of_a_program_asks_for_a_program(self) -> None:
        assert user_text(PRIME).endswith(
            "sum.\n\nWrite a program that reads standard input and writes to standard output."
        )

    def test_has_the_code_to_start_from(self) -> None:
        assert user_text(PRIME_CALL) == (
            "Swap the keys and values.\n\nStart from this code:\n\n```python\ndef swapped(table):\n    pass\n```"
        )

    def test_fences_are_longer_than_those_in_the_code(self) -> None:
        prompt = 'def add(x: int, y: int):\n    """\n    ```\n    add(1, 2)\n    ```\n    """\n'
        assert user_text(HUMANEVAL | {"prompt": prompt}).startswith("````python\ndef add")

    def test_follows_a_template_and_leaves_braces_alone(self) -> None:
        row = MBPP | {"prompt": "Use {braces} and {starter}."}
        template = "Task: {prompt}\n\n{starter}\n\n{interface} ({entry_point}, {no_such})"
        assert user_text(row, user=template) == (
            "Task: Use {braces} and {starter}.\n\nDefine `first_repeated_char(text)`. (first_repeated_char, {no_such})"
        )


class TestSystemTurn:
    def test_is_ours_unless_another_is_given(self) -> None:
        task = read_task(row_of(MBPP))
        assert PromptTemplate().render(task)[0] == {"role": "system", "content": SYSTEM_PROMPT}
        assert PromptTemplate("Be brief.").render(task)[0] == {"role": "system", "content": "Be brief."}

    def test_of_a_conversation_stays(self) -> None:
        assert PromptTemplate().render(read_task(row_of(AWS))) == AWS["messages"]
        bare = AWS | {"messages": AWS["messages"][1:]}
        assert PromptTemplate().render(read_task(row_of(bare))) == AWS["messages"][1:]

    def test_of_a_conversation_is_replaced_where_one_is_given(self) -> None:
        turns = PromptTemplate("Be brief.").render(read_task(row_of(AWS)))
        assert turns == [{"role": "system", "content": "Be brief."}, AWS["messages"][1]]


class TestTemplates:
    def test_are_read_without_blanks_around_them(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_text("\nSolve {prompt}\n\n")
        assert read_template(str(path), must_hold="{prompt}") == "Solve {prompt}"

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            (b" \n", "holds no text"),
            (b"Solve it.", "must hold {prompt} in the place of the task's text"),
            (b"\xff{prompt}", "is not UTF-8"),
            (b"{prompt}" * 20_000, "is too long for a prompt"),
        ],
    )
    def test_that_are_unusable_are_an_error(self, tmp_path: Path, raw: bytes, message: str) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes(raw)
        with pytest.raises(InputError) as caught:
            read_template(str(path), must_hold="{prompt}")
        assert str(caught.value) == f"{path}: {message}"

    def test_that_are_missing_are_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"a\.txt: No such file or directory$"):
            read_template(str(tmp_path / "a.txt"))
