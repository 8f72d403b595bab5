from __future__ import annotations

import json
from typing import Any

import pytest

from grader.text import json_line
from grader.tools.datasets.reference_writer import ReferenceWriter
from grader.tools.datasets.tasks import RowError, read_task
from testcases.formats import read_reference
from tests.grader.tools.datasets.rows import AWS, HUMANEVAL, LIVECODEBENCH, MBPP, PRIME, PRIME_CALL, ROWS, VERL, row_of


def written(row: dict[str, Any], *, native: bool = False, writer: ReferenceWriter | None = None) -> Any:
    return (writer or ReferenceWriter(native=native)).write(read_task(row_of(row)))


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("name", ROWS)
def test_a_written_reference_is_read_as_the_same_problem(name: str, native: bool) -> None:
    problem = read_task(row_of(ROWS[name])).problem
    again = read_reference(json.loads(json_line(written(ROWS[name], native=native))))
    assert (again.tests, again.entry_point, again.prompt, again.setup) == (
        problem.tests,
        problem.entry_point,
        problem.prompt,
        problem.setup,
    )
    assert (again.comparison, again.limits) == (problem.comparison, problem.limits)


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (HUMANEVAL, {"prompt", "entry_point", "test"}),
        (MBPP, {"test_list"}),
        (MBPP | {"test_imports": ["import math"]}, {"test_imports", "test_list"}),
        (PRIME, {"inputs", "outputs"}),
        (PRIME_CALL, {"fn_name", "inputs", "outputs"}),
        (LIVECODEBENCH, {"public_test_cases", "private_test_cases", "metadata"}),
        (AWS, {"code", "test_cases"}),
        (VERL, {"inputs", "outputs"}),
    ],
)
def test_a_reference_has_the_columns_of_the_tests_and_no_solution(row: dict[str, Any], columns: set[str]) -> None:
    assert written(row).keys() == columns


def test_columns_that_one_row_needs_are_kept_for_the_next() -> None:
    writer = ReferenceWriter()
    assert written(MBPP, writer=writer).keys() == {"test_list"}
    assert written(MBPP | {"test_imports": ["import math"]}, writer=writer).keys() == {"test_imports", "test_list"}
    assert written(MBPP, writer=writer).keys() == {"test_imports", "test_list"}


def test_native_has_calls_programs_assertions_and_checks() -> None:
    assert written(MBPP, native=True) == {
        "entry_point": "first_repeated_char",
        "tests": [{"assert": source} for source in MBPP["test_list"]],
    }
    assert written(HUMANEVAL, native=True)["tests"] == [{"check": HUMANEVAL["test"]}]
    assert written(AWS, native=True)["tests"][0] == {"args": ["hello"], "expected": "olleh"}
    assert written(PRIME, native=True) == {
        "tests": [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "3 4\n", "stdout": "7\n"}],
        "compare": {"mode": "tokens", "float_abs": 1e-8, "float_rel": 1e-5},
        "header": "contest",
    }


def test_a_reference_that_native_cannot_express_stays_as_it_is() -> None:
    """Either of two outputs is right here, and the argument has integers for keys."""
    assert written(PRIME_CALL, native=True).keys() == {"fn_name", "inputs", "outputs"}


def test_a_row_that_fits_several_formats_names_the_one_it_was_read_as() -> None:
    both = {**HUMANEVAL, "test_list": MBPP["test_list"]}
    reference = ReferenceWriter().write(read_task(row_of(both), "mbpp"))
    assert read_reference(reference).format_name == "mbpp"


def test_a_helper_in_the_chat_alone_is_written_into_the_reference() -> None:
    """The reference of this row has no prompt of its own, and the helper it needs is in the user turn."""
    code = "def shift(x):\n    return x + 1\n\ndef add(x, y):\n    pass\n"
    row = {
        "messages": [{"role": "user", "content": f"Complete:\n```python\n{code}```\n"}],
        "reference_answer": {name: HUMANEVAL[name] for name in ("entry_point", "test")},
    }
    assert written(row)["prompt"] == code


@pytest.mark.parametrize("expected", [True, 1, 1.0, [1, [2]], {"a": None}])
def test_equal_values_of_other_types_are_not_mixed_up(expected: Any) -> None:
    row = {"entry_point": "f", "tests": [{"args": [], "expected": expected}]}
    for native in (False, True):
        again = read_reference(json.loads(json_line(written(row, native=native)))).tests[0]
        assert repr(again.expected) == repr(expected)  # type: ignore[union-attr]  # a test of a call, as written


@pytest.mark.parametrize("expected", [float("nan"), [float("inf"), float("nan")], {1: 2}])
def test_values_that_are_not_json_are_an_error(expected: Any) -> None:
    row = {"entry_point": "f", "tests": [{"args": [], "expected": expected}]}
    with pytest.raises(RowError, match=r"^its tests hold values that cannot be written as JSON$"):
        written(row)


@pytest.mark.parametrize("native", [False, True])
def test_infinities_are_written_as_text_with_numbers_too_large_for_a_float(native: bool) -> None:
    expected = [float("inf"), -float("inf"), "<infinity>", 1.5, {"Infinity": [float("inf")]}]
    row = {"entry_point": "f", "tests": [{"args": [float("inf")], "expected": expected}]}
    text = json_line(written(row, native=native))
    assert 'Infinity": [1e999]' in json.loads(text)["text"]
    again = read_reference(json.loads(text)).tests[0]
    assert repr(again.expected) == repr(expected)  # type: ignore[union-attr]  # a test of a call, as written
