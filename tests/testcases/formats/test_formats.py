import json
import re
import subprocess
import sys
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testcases.errors import AmbiguousFormatError, InvalidFieldError, ProblemError, UnknownFormatError
from testcases.formats import FORMAT_NAMES, read_reference
from testcases.model import Problem
from testcases.source.counting import count_all_tests

MBPP = {"test_list": ["assert f(1) == 1"]}


@pytest.mark.parametrize(
    "reference",
    [
        MBPP,
        json.dumps(MBPP),
        {"text": json.dumps(MBPP)},
        {"text": MBPP},
        json.dumps(json.dumps(MBPP)),
        json.dumps({"text": json.dumps(MBPP)}),
        {**MBPP, "format": "mbpp"},
        {**MBPP, "format": None, "anything": object()},
    ],
)
def test_wrappings(reference: Any) -> None:
    assert read_reference(reference).format_name == "mbpp"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (None, "not nothing"),
        (5, "not int"),
        (object(), "not object"),
        ({}, "has these keys: none"),
        ({"inputs": []}, "has these keys: 'inputs'"),
        ({5: 1, "two\nlines": 2}, r"'two\\nlines', 5"),
        ([1, 2], "input, output and testtype"),
        ([{"a": 1}], "input, output and testtype"),
        ("5", "not int"),
        ("null", "not nothing"),
        (reduce(lambda text, _: json.dumps(text), range(9), "{}"), "not str"),
        ({"reward_model": {"ground_truth": {"colour": "red"}}}, "reward_model.ground_truth: no known format"),
        ({**MBPP, "format": "nativ"}, "no format 'nativ'; the formats are native, humaneval"),
    ],
)
def test_unknown_formats(reference: Any, message: str) -> None:
    with pytest.raises(UnknownFormatError, match=message) as caught:
        read_reference(reference)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "print(1)", "{", "{'a': 1}", "[" * 100_000, "9" * 5000, '{"text": "x"}'])
def test_text_that_is_no_json(text: str) -> None:
    with pytest.raises(InvalidFieldError, match="reference: is"):
        read_reference(text)


AMBIGUOUS = {**MBPP, "tests": [{"expected": 1}], "entry_point": "f", "test": "def check(c):\n    assert c() == 1"}


def test_ambiguity_is_refused_unless_the_shape_is_named() -> None:
    with pytest.raises(AmbiguousFormatError, match="native, humaneval, mbpp:"):
        read_reference(AMBIGUOUS)
    assert read_reference(AMBIGUOUS, format_name="mbpp").format_name == "mbpp"
    assert read_reference({**AMBIGUOUS, "format": "humaneval"}).format_name == "humaneval"


def test_a_reference_inside_of_another_is_read_as_what_it_is() -> None:
    ambiguous = {"test_list": ["assert f()"], "inputs": [], "outputs": []}
    for wrapped, path in (
        ({"reward_model": {"style": "rule", "ground_truth": json.dumps(MBPP)}}, "reward_model.ground_truth"),
        ({"data_source": "mbpp", "ground_truth": MBPP}, "ground_truth"),
        ({"item": {"reference_answer": {"text": json.dumps(MBPP)}}, "sample": {}}, "item.reference_answer"),
        ({"messages": [], "answer": json.dumps(MBPP)}, "answer"),
        ({"reference_answer": {"reward_model": {"ground_truth": MBPP}}}, "reference_answer.reward_model.ground_truth"),
    ):
        assert read_reference(wrapped) == read_reference(MBPP)
        text = json.dumps(wrapped)
        for bad, error, field in (
            ({"test_list": ["f()"]}, InvalidFieldError, f"{path}.test_list[0]: asserts nothing"),
            (ambiguous, AmbiguousFormatError, f"{path}: the reference could be mbpp, prime_code"),
            ({"colour": "red"}, UnknownFormatError, f"{path}: no known format"),
        ):
            for message in (json.dumps(bad), json.dumps(json.dumps(bad))[1:-1]):
                worse = text.replace(json.dumps(json.dumps(MBPP))[1:-1], message).replace(json.dumps(MBPP), message)
                try:
                    reference = json.loads(worse)
                except ValueError:
                    continue
                with pytest.raises(error, match=re.escape(field)):
                    read_reference(reference)


def test_a_row_in_a_row_without_end_is_refused() -> None:
    endless: dict[str, Any] = MBPP
    for _ in range(5):
        endless = {"reference_answer": endless}
    with pytest.raises(InvalidFieldError, match="a row in a row"):
        read_reference(endless)


def test_a_format_asked_for_that_is_not_the_one_named() -> None:
    with pytest.raises(InvalidFieldError, match="format: is mbpp, but native is asked for"):
        read_reference({**MBPP, "format": "mbpp"}, format_name="native")
    with pytest.raises(InvalidFieldError, match="format: must be one of native"):
        read_reference({**MBPP, "format": ["mbpp"]})


@pytest.mark.parametrize("format_name", FORMAT_NAMES)
def test_a_format_asked_for_that_does_not_fit(format_name: str) -> None:
    for reference in ({"a": 1}, {}, [], [1], 5, None, "7", "text"):
        with pytest.raises(InvalidFieldError):
            read_reference(reference, format_name=format_name)


def test_no_format_costs_the_import_of_pydantic() -> None:
    script = (
        "import sys; from testcases.formats import read_reference; "
        "read_reference({'test_list': ['assert f() == 1']}); "
        "read_reference({'tests': [{'function': 'f', 'expected': 1}]}); "
        "assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


TEST_KEYS = ["args", "kwargs", "expected", "function", "stdin", "stdout", "assert", "check", "pytest", "module"]
TEST_KEYS += ["weight", "group", "one_of", "compare"]
KEYS = [
    *TEST_KEYS,
    *("tests", "test_list", "test", "entry_point", "prompt", "test_imports", "test_setup_code", "inputs", "outputs"),
    *("fn_name", "func_name", "code", "test_cases", "input", "output", "expected_output", "testtype", "metadata"),
    *("public_test_cases", "private_test_cases", "limits", "cpu_s", "memory_mb", "compare", "mode", "float_abs"),
    *("allow_imports", "format", "setup", "text", "pytest", "oracle", "isolation", "checker", "solution", "question"),
    *("input_output", "time_limit", "memory_limit", "memory_limit_bytes", "public_tests", "private_tests", "info"),
    *("generated_tests", "verification_info", "language", "type", "test_info", "function_name", "libs", "base_input"),
    *("plus_input", "canonical_solution", "contract", "atol", "task_id", "reward_model", "ground_truth", "data_source"),
    *(
        "verifier_metadata",
        "unit_tests",
        "item",
        "reference_answer",
        "messages",
        "answer",
        "class_name",
        "complete_prompt",
    ),
]
SUITE = "import unittest\nclass TestCases(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(f(1), 1)"
SCRIPT = (
    "inputs = [[1]]\nresults = [2]\n"
    "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(f(*inp), exp, 0)"
)
WORDS = [
    *("f", "1", "[]", "{}", "1\n[2]", "\ud800", "\x00", "exact", "null", "NaN", "stdin", "functional", *FORMAT_NAMES),
    *("assert", "assert f(1) == 1", "def check(candidate):\n    assert candidate(1)", "def f(a, b): return a"),
    *("import math", "def test_f():\n    assert f(1) == 1", "from solution import f\ndef test(): f()", SUITE, SCRIPT),
    *(
        "eJw=",
        "2 seconds",
        "Mbpp/2",
        "Mbpp/115",
        "python",
        "stdin_stdout",
        "function_call",
        "[{'input': '1'}]",
        "    return 1",
    ),
]
json_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS)
json_values = st.recursive(
    json_scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=6)
    ),
    max_leaves=20,
)
odd_values = st.recursive(
    json_scalars | st.binary() | st.builds(object) | st.just(print) | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from(KEYS) | st.integers() | st.booleans() | st.none(), inner, max_size=6)
    ),
    max_leaves=20,
)

near = {
    "native": st.fixed_dictionaries(
        {"tests": st.lists(st.dictionaries(st.sampled_from(TEST_KEYS), odd_values, max_size=4), max_size=3)},
        optional={
            "entry_point": json_scalars,
            "prompt": json_scalars,
            "setup": json_scalars,
            "limits": st.dictionaries(st.sampled_from(["cpu_s", "memory_mb"]), json_scalars),
            "compare": st.dictionaries(st.sampled_from(["mode", "float_abs"]), json_scalars),
            "allow_imports": st.lists(json_scalars, max_size=2),
        },
    ),
    "humaneval": st.fixed_dictionaries({"test": json_scalars, "entry_point": json_scalars, "prompt": json_scalars}),
    "mbpp": st.fixed_dictionaries(
        {"test_list": st.lists(json_scalars)},
        optional={"test_imports": json_values, "test_setup_code": json_scalars},
    ),
    "prime_code": st.fixed_dictionaries(
        {"inputs": st.lists(odd_values, min_size=1, max_size=1), "outputs": st.lists(odd_values, max_size=1)},
        optional={"fn_name": st.just("f") | json_scalars},
    ),
    "aws_code": st.fixed_dictionaries(
        {
            "code": json_scalars | st.just("def f(x): pass"),
            "test_cases": st.lists(st.fixed_dictionaries({"input": odd_values, "output": odd_values}), max_size=2),
        }
    ),
    "livecodebench": st.lists(
        st.fixed_dictionaries(
            {
                "input": json_scalars,
                "output": json_scalars,
                "testtype": st.sampled_from(["stdin", "functional"]) | json_scalars,
            },
            optional={"func_name": st.just("f") | json_scalars, "metadata": json_values},
        ),
        max_size=2,
    ),
}


texts = st.lists(json_scalars | st.lists(json_scalars, max_size=2), max_size=2)
pairs = st.fixed_dictionaries({"inputs": texts, "outputs": texts}, optional={"fn_name": st.just("f")})
side_by_side = st.fixed_dictionaries({"input": texts, "output": texts}) | json_values
cases = st.lists(
    st.fixed_dictionaries(
        {"input": odd_values, "output": odd_values},
        optional={
            "type": st.sampled_from(["stdin_stdout", "function_call"]) | json_scalars,
            "testtype": st.sampled_from(["stdin", "functional"]),
            "fn_name": st.just("f") | json_scalars,
            "metadata": json_values,
        },
    ),
    max_size=2,
)
suites = (
    st.sampled_from([SUITE, "def test_f():\n    assert f(1)", "from solution import f\ndef test(): f()"]) | json_scalars
)


def maybe_text(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | values.map(lambda value: json.dumps(value, default=str, skipkeys=True)) | values.map(repr)


near |= {
    "evalplus": st.fixed_dictionaries(
        {
            "entry_point": st.sampled_from(["f", "check_str", "find_zero"]) | json_scalars,
            "base_input": maybe_text(st.lists(st.lists(odd_values, max_size=2), max_size=2)),
            "canonical_solution": st.sampled_from(["def f(x): return x", "    return 1", "def f(x):\n    return x"]),
        },
        optional={
            "plus_input": st.lists(odd_values, max_size=2),
            "prompt": st.just("def f(x):\n") | json_scalars,
            "contract": st.just("    assert x") | json_scalars,
            "atol": st.floats() | json_scalars,
            "task_id": st.integers(0, 810).map(lambda number: f"Mbpp/{number}") | json_scalars,
        },
    ),
    "apps": st.fixed_dictionaries(
        {"input_output": maybe_text(pairs)}, optional={"time_limit": json_values, "memory_limit": json_values}
    ),
    "codecontests": st.fixed_dictionaries(
        {"public_tests": maybe_text(side_by_side)},
        optional={
            "private_tests": side_by_side,
            "time_limit": st.dictionaries(st.sampled_from(["seconds", "nanos"]), json_scalars),
            "memory_limit_bytes": json_scalars,
        },
    ),
    "deepcoder": st.fixed_dictionaries({"tests": maybe_text(cases | pairs)}, optional={"metadata": json_values}),
    "synthetic1": st.fixed_dictionaries(
        {
            "verification_info": maybe_text(
                st.fixed_dictionaries({"test_cases": cases}, optional={"language": json_scalars})
            )
        }
    ),
    "kodcode": st.fixed_dictionaries(
        {"test": suites},
        optional={"test_info": json_values | st.just([{"function_name": "f"}]), "question": json_scalars},
    ),
    "pytest": st.fixed_dictionaries(
        {"pytest": suites}, optional={"module": json_scalars, "isolation": json_scalars, "entry_point": json_scalars}
    ),
    "bigcodebench": st.fixed_dictionaries(
        {"test": suites, "entry_point": st.just("f") | json_scalars},
        optional={"libs": json_values, "complete_prompt": json_scalars},
    ),
    "nemo_gym": st.fixed_dictionaries({"verifier_metadata": st.fixed_dictionaries({"unit_tests": maybe_text(pairs)})}),
}
near |= {
    "verl": st.fixed_dictionaries(
        {"reward_model": st.fixed_dictionaries({"ground_truth": maybe_text(near["prime_code"]) | near["mbpp"]})},
        optional={"prompt": json_values},
    ),
    "openai": st.fixed_dictionaries(
        {"reference_answer": near["native"] | near["kodcode"]}, optional={"messages": json_values}
    ),
}
assertion_lists = st.lists(st.just("assert f(1) == 2") | json_scalars, min_size=1, max_size=2)
scripts = (
    st.sampled_from(["assert f(1)", "def check(candidate):\n    assert candidate(1)\n\ncheck(Solution().f)"])
    | json_scalars
)
names = st.sampled_from(["f", "Solution().f"]) | json_scalars
near |= {
    "assertions": assertion_lists
    | st.fixed_dictionaries({"assert_case": assertion_lists}, optional={"outputs": texts}),
    "script": st.fixed_dictionaries(
        {"functional": scripts}, optional={"entry_point": names, "prompt": json_scalars, "solutions": json_values}
    ),
    "test_cases": st.fixed_dictionaries(
        {"test_cases": maybe_text(cases | pairs | assertion_lists)},
        optional={"checker": json_scalars, "test_cases_kit": json_values, "time_limit": json_values},
    ),
    "codeforces": st.fixed_dictionaries(
        {"official_tests": maybe_text(cases)},
        optional={"generated_checker": st.just("print(1)") | json_scalars, "input_mode": json_scalars},
    ),
    "cure": st.fixed_dictionaries({"test_input": texts, "test_output": texts}, optional={"test_method": json_scalars}),
    "classeval": st.fixed_dictionaries(
        {"test": suites, "class_name": st.just("f") | json_scalars}, optional={"import_statement": json_values}
    ),
    "cruxeval": st.fixed_dictionaries(
        {"code": st.just("def f(): pass") | json_scalars, "input": json_scalars, "output": st.just("[1]") | json_values}
    ),
    "multipl_e": st.fixed_dictionaries({"tests": scripts, "language": st.just("py") | json_scalars}),
    "sandbox_fusion": st.fixed_dictionaries(
        {"test": json_values | st.lists(st.fixed_dictionaries({"input": json_values, "output": json_values}))},
        optional={"labels": st.just({}) | json_values},
    ),
    "trainer_row": st.fixed_dictionaries(
        {"ground_truth": maybe_text(near["prime_code"] | assertion_lists)}, optional={"prompt": json_values}
    ),
}
near["mbpp"] |= st.fixed_dictionaries(
    {"test_list": st.just(["assert f(1) == 2"]), "test": st.just(SCRIPT) | json_scalars}
)


def read_or_refuse(reference: Any, **options: Any) -> None:
    refusal: ProblemError | None = None
    try:
        problem = read_reference(reference, **options)
    except ProblemError as error:
        refusal = error
    if refusal is not None:
        assert "\n" not in str(refusal)
        assert not isinstance(refusal, InvalidFieldError) or refusal.field
        return
    assert isinstance(problem, Problem)
    assert problem.tests
    assert count_all_tests(problem) >= len(problem.tests)
    assert problem.format_name in FORMAT_NAMES


@given(
    json_values | odd_values, st.none() | st.sampled_from(FORMAT_NAMES), st.text(max_size=20) | st.sampled_from(WORDS)
)
def test_any_value_is_a_problem_or_a_problem_error(reference: Any, format_name: str | None, prompt: str) -> None:
    read_or_refuse(reference, format_name=format_name, prompt=prompt)


@given(json_values)
def test_any_json_text_is_a_problem_or_a_problem_error(value: Any) -> None:
    read_or_refuse(json.dumps(value))
    read_or_refuse({"text": json.dumps(value)})


@given(st.text())
def test_any_text_is_a_problem_or_a_problem_error(text: str) -> None:
    read_or_refuse(text)


@pytest.mark.parametrize("format_name", FORMAT_NAMES)
@given(st.data())
def test_almost_right_references_are_problems_or_problem_errors(format_name: str, data: Any) -> None:
    read_or_refuse(data.draw(near[format_name]), format_name=format_name)
