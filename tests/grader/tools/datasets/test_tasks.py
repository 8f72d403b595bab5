from __future__ import annotations

import json
from typing import Any

import pytest

from grader.errors import InputError
from grader.tools.datasets.tasks import RowError, check_format, read_task
from grader.tools.files.rows import Row
from tests.grader.tools.datasets.rows import AWS, HUMANEVAL, LIVECODEBENCH, MBPP, PRIME, PRIME_CALL, ROWS, VERL, row_of


def complaint_of(document: dict[str, Any], format_name: str | None = None) -> str:
    with pytest.raises(RowError) as caught:
        read_task(row_of(document), format_name)
    return str(caught.value)


@pytest.mark.parametrize("name", ROWS)
def test_formats_are_recognized_and_may_be_named(name: str) -> None:
    format_name = {"verl": "prime_code", "prime_code call": "prime_code"}.get(name, name)
    assert read_task(row_of(ROWS[name])).problem.format_name == format_name
    assert read_task(row_of(ROWS[name]), format_name).problem.format_name == format_name


@pytest.mark.parametrize(
    ("row", "task_id"),
    [
        (HUMANEVAL, "HumanEval/53"),
        (MBPP, "602"),
        (PRIME_CALL, "7"),
        (LIVECODEBENCH, "abc_1"),
        (VERL, "row-3"),
        (VERL | {"extra_info": {"id": "mine"}}, "mine"),
        (PRIME | {"id": None, "name": " ", "task_id": True}, "row-3"),
    ],
)
def test_ids_are_found_in_the_columns_of_data_sets(row: dict[str, Any], task_id: str) -> None:
    assert read_task(row_of(row, 3)).id == task_id


class TestPrompts:
    @pytest.mark.parametrize(
        ("row", "text"),
        [
            (HUMANEVAL, HUMANEVAL["prompt"]),
            (PRIME, "Read two numbers and print their sum."),
            (LIVECODEBENCH, "Add up the numbers."),
            (AWS, "Write reverse_string(s) without built-in reverse methods."),
            (VERL, "Print the larger of two numbers."),
            (PRIME | {"responses_create_params": {"input": "Hello"}}, "Hello"),
            (PRIME | {"responses_create_params": {"input": [{"role": "user", "content": "Hi"}]}}, "Hi"),
        ],
    )
    def test_are_the_last_user_turn_or_the_task_s_text(self, row: dict[str, Any], text: str) -> None:
        assert read_task(row_of(row)).prompt == text

    def test_answers_at_the_end_of_a_conversation_are_dropped(self) -> None:
        turns = [*AWS["messages"], {"role": "assistant", "content": "def reverse_string(s): ..."}]
        assert list(read_task(row_of(AWS | {"messages": turns})).turns) == AWS["messages"]

    def test_earlier_answers_are_kept(self) -> None:
        turns = [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"},
        ]
        task = read_task(row_of(AWS | {"messages": turns}))
        assert (list(task.turns), task.prompt) == (turns, "c")


def test_the_columns_of_an_item_count_as_the_row_s() -> None:
    item = {"prompt": "Add.", "id": "a", "code": MBPP["code"], "reference_answer": {"test_list": MBPP["test_list"]}}
    task = read_task(row_of({"item": item}))
    assert (task.id, task.prompt, task.solutions, task.is_row) == ("a", "Add.", (MBPP["code"],), False)
    assert task.reference == item["reference_answer"]


class TestSolutions:
    def test_of_humaneval_continue_the_prompt(self) -> None:
        assert read_task(row_of(HUMANEVAL)).solutions == (HUMANEVAL["prompt"] + HUMANEVAL["canonical_solution"],)

    def test_that_are_whole_are_left_alone(self) -> None:
        whole = "def add(x, y):\n    return y + x\n"
        assert read_task(row_of(HUMANEVAL | {"canonical_solution": whole})).solutions == (whole,)

    @pytest.mark.parametrize(
        ("row", "count"), [(MBPP, 1), (PRIME, 1), (PRIME_CALL, 1), (AWS, 1), (VERL, 0), (LIVECODEBENCH, 0)]
    )
    def test_are_found_in_the_columns_of_data_sets(self, row: dict[str, Any], count: int) -> None:
        assert len(read_task(row_of(row)).solutions) == count

    def test_of_codecontests_are_those_in_python_3(self) -> None:
        solutions = {"language": [2, 3, 1, 3], "solution": ["int main() {}", "print(1)", "print 2", "print(3)"]}
        assert read_task(row_of(PRIME | {"solutions": solutions})).solutions == ("print(1)", "print(3)")

    def test_that_are_equal_count_once(self) -> None:
        row = PRIME | {"solutions": ["print(1)", "print(1)"], "solution": "print(1)"}
        assert read_task(row_of(row)).solutions == ("print(1)",)

    @pytest.mark.parametrize("odd", ["[", 7, {"language": 3}, [None, 3], {"language": [[]], "solution": ["x"]}, "  "])
    def test_that_are_unusable_are_left_out(self, odd: Any) -> None:
        assert read_task(row_of(PRIME | {"solutions": odd})).solutions == ()


class TestMistakes:
    def test_a_row_that_is_not_an_object_is_an_error(self) -> None:
        with pytest.raises(RowError, match=r"^is of type int, not an object$"):
            read_task(Row(1, 1, "a:1", {}, "is of type int, not an object"))

    def test_the_field_is_named(self) -> None:
        assert complaint_of(MBPP | {"test_list": ["assert ("]}) == (
            "test_list[0]: is not valid Python: '(' was never closed (line 1)"
        )

    def test_the_field_of_a_reference_inside_is_named_in_full(self) -> None:
        reference = {"code": "def f(x):\n    return x\n", "test_cases": [{"input": 1}]}
        assert complaint_of(AWS | {"reference_answer": reference}) == (
            "reference_answer.test_cases[0].expected_output: is missing"
        )

    def test_a_row_of_no_format_is_an_error_that_lists_its_columns(self) -> None:
        assert "has these keys: 'colour', 'id'; the formats are" in complaint_of({"id": 1, "colour": "red"})

    def test_a_row_of_several_formats_lists_them(self) -> None:
        both = {**HUMANEVAL, "test_list": MBPP["test_list"]}
        assert complaint_of(both) == "row: the reference could be humaneval, mbpp: name its format in a field format"
        assert read_task(row_of(both), "mbpp").problem.format_name == "mbpp"

    def test_plain_text_for_a_reference_is_none(self) -> None:
        assert read_task(row_of(PRIME | {"reference_answer": "7"})).is_row

    def test_ambiguous_json_text_is_an_error(self) -> None:
        row = AWS | {"reference_answer": '{"a": 1, "a": 2}'}
        assert complaint_of(row) == "reference_answer: JSON text has the key 'a' twice in one object"

    def test_columns_of_a_trainer_s_names_do_not_hide_the_tests(self) -> None:
        row = MBPP | {"metadata": json.dumps({"reference_answer": {"colour": "red"}})}
        assert read_task(row_of(row)).problem.format_name == "mbpp"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("humanevall", "there is no format 'humanevall'; did you mean humaneval?"),
        ("prime", "there is no format 'prime'; did you mean prime_code?"),
    ],
)
def test_a_misspelled_format_gets_a_suggestion(name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_format(name)
    assert str(caught.value) == message


def test_an_unknown_format_gets_the_list() -> None:
    check_format(None)
    check_format("humaneval")
    with pytest.raises(InputError, match=r"^there is no format '\\x1b\[31m'; the formats are native, humaneval, "):
        check_format("\x1b[31m")
