"""A predicted value is compared and never computed: only literals are right, and the right ones get everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig, Policy
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample
from testcases.errors import InvalidFieldError, UnknownFormatError
from testcases.formats import read_reference

if TYPE_CHECKING:
    from grader.types import Grade

CODE = "def f(*values):\n    return values[0]"


def graded(grader: Grader, output: str, completion: str) -> Grade:
    return grader.grade(Sample("1", completion, {"code": CODE, "input": "1", "output": output, "id": "sample_1"}))


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ("'a'", '"a"'),
        ("[(4, 1), (2, 3)]", "[(4, 1), (2, 3)]"),
        ("{1: None, 2: None}", "{2: None, 1: None}"),
        ("1, 2", "(1, 2)"),
        ("(1, 2)", "1, 2"),
        ("b'\\xff'", "b'\\xff'"),
        ("-0.5", "-.5"),
        ("1+2j", "1 + 2j"),
        ("set()", "set()"),
        ("{1, 2}", "{2, 1}"),
        ("True", "True"),
        ("None", "None"),
        ("''", "''"),
        ("'a\\nb'", '"""a\nb"""'),
        ("[\n  1,  # one\n]", "[1]"),
        ("'\\ud800'", "'\\ud800'"),
    ],
)
def test_a_right_value_gets_everything(grader: Grader, output: str, value: str) -> None:
    for completion in (f"[ANSWER]\nassert f(1) == {value}\n[/ANSWER]", f"[ANSWER]{value}[/ANSWER]"):
        if ", " in value and value[0] == "1" and "assert" in completion:
            continue  # what is behind the comma is the assertion's message
        grade = graded(grader, output, completion)
        parts = [grade.metric(name) for name in ("functional", "syntax", "style")]
        assert (grade.status, grade.reward, parts) == (GradeStatus.SCORED, 1.0, [1.0] * 3), grade.reason


@pytest.mark.parametrize(
    "value",
    [
        "[3, [1]]",  # a list is not a tuple
        "(3, (1,))",
        "[3, (1,), ]  + []",
        "f(1)",
        "values[0]",
        "[2 + 1, (1,)]",
        "[3, (1,)] or 0",
        "[3, (1,)] if 1 else 0",
        "(lambda: [3, (1,)])()",
        "(x := [3, (1,)])",
        "[*[3], (1,)]",
        "[n for n in (3, (1,))]",
        "list((3, (1,)))",
        "eval('[3, (1,)]')",
        "[3, (not 0,)]",
        "f'{1}'",
        "...",
        "1)\n\n\ndef predicted_output():\n    return ([3, (1,)]",
        "1\n    )\n    return (\n[3, (1,)]",
        "1\n    )\n\nclass predicted_output:\n    __eq__ = lambda *_: True\n    x = (1",
    ],
)
@pytest.mark.parametrize("form", ["[ANSWER]\nassert f(1) == {}\n[/ANSWER]", "[ANSWER]{}[/ANSWER]"])
def test_what_is_no_literal_or_another_one_gets_nothing(grader: Grader, form: str, value: str) -> None:
    grade = graded(grader, "[3, (1,)]", form.format(value) if "{1}" not in value else form.replace("{}", value))
    assert (grade.status, grade.reward) == (GradeStatus.SCORED, 0.0), grade.reason


def test_a_copy_of_the_function_computes_nothing(grader: Grader) -> None:
    grade = graded(grader, "1", f"```python\n{CODE}\n\nassert f(1) == f(1)\n```")
    assert (grade.reward, grade.reason) == (0.0, "the predicted value is not a literal")


def test_a_copy_of_the_function_with_the_value_is_right(grader: Grader) -> None:
    assert graded(grader, "1", f"```python\n{CODE}\n\nassert f(1) == 1\n```").reward == 1.0


def test_without_a_policy_only_literals_are_right() -> None:
    with Grader(GraderConfig(workers=1, policy=Policy.OFF)) as lax:
        assert graded(lax, "1", "assert f(1) == int('1')").reward == 0.0
        assert graded(lax, "1", "assert f(1) == 1").reward == 1.0


@pytest.mark.parametrize("bomb", ["(" * 5000, "[" * 90_000, "-" * 20_000 + "1", "9" * 5000, "1" + "+1j" * 9000, "\0"])
def test_a_value_that_cannot_be_read_is_wrong(grader: Grader, bomb: str) -> None:
    grade = graded(grader, "1", f"[ANSWER]{bomb}[/ANSWER]")
    assert (grade.status, grade.reward) == (GradeStatus.SCORED, 0.0)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"output": "f(1)"}, "must be the text of a Python literal"),
        ({"output": "1 +"}, "is not valid Python"),
        ({"output": "9" * 5000}, "is not valid Python"),
    ],
)
def test_an_output_that_is_no_literal_is_an_error_of_the_row(row: dict[str, Any], error: str) -> None:
    with pytest.raises(InvalidFieldError, match=error):
        read_reference({"code": CODE, "input": "1", **row})


@pytest.mark.parametrize("row", [{"code": "print(input())"}, {"code": CODE, "input": ["1"]}, {"code": "int main() {}"}])
def test_code_without_a_function_is_another_kind_of_row(row: dict[str, Any]) -> None:
    with pytest.raises(UnknownFormatError):
        read_reference({"input": "1", "output": "1", **row})


def test_a_value_that_is_no_text_is_its_own_literal() -> None:
    row = {"code": CODE, "input": "1", "output": [1, "a"]}
    assert read_reference(row) == read_reference({**row, "output": "[1, 'a']"})
