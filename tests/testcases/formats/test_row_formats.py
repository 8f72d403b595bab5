"""Rows of data sets and trainers: what is read of them, and what is said of malformed ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testcases.errors import InvalidFieldError
from testcases.formats import read_reference
from testcases.formats.io_tests import CONTEST_IMPORTS, TOKEN_COMPARISON
from testcases.model import (
    ASK_ORACLE,
    CallTest,
    CheckTest,
    Comparison,
    Problem,
    ProblemLimits,
    PytestTest,
    StdinTest,
)

PROGRAMS = {"inputs": ["1\n"], "outputs": ["2\n"]}
CALLS = {"inputs": [[1]], "outputs": [2], "fn_name": "f"}


def calls(reference: Any, **options: Any) -> list[tuple[Any, ...]]:
    problem = read_reference(reference, **options)
    assert all(isinstance(test, CallTest) for test in problem.tests)
    return [(test.args, test.expected, *test.alternatives) for test in problem.tests if isinstance(test, CallTest)]


class TestLimits:
    @pytest.mark.parametrize(
        ("time", "memory", "cpu_s", "memory_mb"),
        [
            ("2 seconds", "256 megabytes", 10.0, 512),
            ("2.5 seconds", "1024.0 megabytes", 12.5, 1024),
            ("1 second", "2 GB", 5.0, 2048),
            ("500 ms", None, 2.5, None),
            (4, 700.5, 20.0, 701),
            (None, None, None, None),
            ("", "unknown", None, None),
            ("None", "", None, None),
            (0, 0, None, None),
            (-1, "-5 mb", None, None),
            ([2], {"mb": 1}, None, None),
            (True, False, None, None),
            (float("nan"), float("inf"), None, None),
            (10**400, "9" * 400, None, None),
        ],
    )
    def test_of_taco(self, time: Any, memory: Any, cpu_s: float | None, memory_mb: int | None) -> None:
        row = {"input_output": json.dumps(PROGRAMS), "time_limit": time, "memory_limit": memory}
        assert read_reference(row).limits == ProblemLimits(cpu_s=cpu_s, memory_mb=memory_mb)

    @pytest.mark.parametrize(
        ("time", "memory", "cpu_s", "memory_mb"),
        [
            ({"seconds": 1, "nanos": 500_000_000}, 256_000_000, 7.5, 512),
            ({"seconds": 3, "nanos": None}, 2**30, 15.0, 1024),
            ({"nanos": 100_000_000}, 0, 0.5, None),
            ({}, None, None, None),
            ({"seconds": "2"}, "2", None, None),
            (None, True, None, None),
        ],
    )
    def test_of_codecontests(self, time: Any, memory: Any, cpu_s: float | None, memory_mb: int | None) -> None:
        row = {"public_tests": {"input": ["1"], "output": ["2"]}, "time_limit": time, "memory_limit_bytes": memory}
        limits = read_reference(row).limits
        assert limits.cpu_s == pytest.approx(cpu_s)
        assert limits.memory_mb == memory_mb


class TestPairs:
    def test_answers_with_functions_may_use_what_contest_sites_import(self) -> None:
        assert read_reference(CALLS).prompt == CONTEST_IMPORTS
        assert read_reference(PROGRAMS).prompt == ""
        compile(CONTEST_IMPORTS, "prompt", "exec")

    @pytest.mark.parametrize(
        "wrapped",
        [
            {"input_output": json.dumps(CALLS), "starter_code": "def f(x):"},
            {"verifier_metadata": {"unit_tests": CALLS}},
            {"verifier_metadata": json.dumps({"unit_tests": json.dumps(CALLS)})},
            {"unit_tests": CALLS},
            {"tests": json.dumps(CALLS)},
            {"tests": CALLS},
            {"tests": repr(CALLS)},
            {"question": "?", "info": json.dumps({"tests": json.dumps(CALLS)})},
            {"question": "?", "info": {"tests": CALLS}},
        ],
    )
    def test_are_read_alike_wherever_they_are(self, wrapped: Any) -> None:
        problem = read_reference(wrapped)
        assert problem.tests == read_reference(CALLS).tests
        assert (problem.entry_point, problem.prompt) == ("f", CONTEST_IMPORTS)

    def test_may_name_the_class_of_a_method(self) -> None:
        assert read_reference({**CALLS, "class_name": "Solution"}).entry_point == "Solution.f"
        assert read_reference({**CALLS, "class_name": None}).entry_point == "f"
        assert read_reference({**PROGRAMS, "class_name": "Solution"}).entry_point is None


class TestCases:
    def test_kinds(self) -> None:
        stdin = {"input": "1\n", "output": "2\n"}
        call = {"input": [1, 2], "output": [3], "fn_name": "f"}
        for kind in ({"type": "stdin_stdout"}, {"testtype": "stdin"}, {"type": "stdio"}, {}, {"type": None}):
            for reference in ({"tests": json.dumps([{**stdin, **kind}])}, {"tests": [{**stdin, **kind}]}):
                problem = read_reference(reference)
                assert problem == Problem(
                    (StdinTest("1\n", "2\n"),), comparison=TOKEN_COMPARISON, header="contest", format_name="deepcoder"
                )
        for kind in ({"type": "function_call"}, {}):
            problem = read_reference({"tests": json.dumps([{**call, **kind}])})
            assert problem.tests == (CallTest((1, 2), 3, alternatives=([3],)),)
            assert problem.entry_point == "f"

    def test_of_an_output_that_is_not_wrapped_in_all(self) -> None:
        tests = [{"input": [1], "output": [1], "fn_name": "f"}, {"input": [2], "output": [1, 2], "fn_name": "f"}]
        assert calls({"tests": json.dumps(tests)}) == [((1,), [1]), ((2,), [1, 2])]

    def test_of_livecodebench_are_never_wrapped(self) -> None:
        test = {"input": "1", "output": "[1]", "testtype": "functional", "metadata": {"func_name": "f"}}
        assert calls([test]) == [((1,), [1])]

    def test_of_both_kinds(self) -> None:
        tests = [{"input": "1", "output": "2"}, {"input": [1], "output": [2], "fn_name": "f"}]
        problem = read_reference({"verification_info": {"language": "python3", "test_cases": tests}})
        assert problem.tests == (StdinTest("1", "2"), CallTest((1,), 2, alternatives=([2],)))
        assert problem.entry_point == "f"

    def test_in_whatever_text_they_are(self) -> None:
        info = {"language": "python", "test_cases": [{"input": "1", "output": "2", "type": "stdin_stdout"}]}
        for form in (info, json.dumps(info), repr(info), {**info, "test_cases": json.dumps(info["test_cases"])}):
            assert read_reference({"verification_info": form}).tests == (StdinTest("1", "2"),)
        assert read_reference(info).format_name == "synthetic1"


class TestCodeContests:
    def test_same_tests_count_once(self) -> None:
        row = {
            "public_tests": {"input": ["1", "2"], "output": ["1", "2"]},
            "private_tests": {"input": [], "output": []},
            "generated_tests": json.dumps({"input": ["2", "2"], "output": ["2", "3"]}),
        }
        assert read_reference(row).tests == (StdinTest("1", "1"), StdinTest("2", "2"), StdinTest("2", "3"))


class TestSuites:
    def test_of_kodcode(self) -> None:
        source = "from solution import f, helper\n\ndef test_f():\n    assert f(helper(1)) == 1\n"
        problem = read_reference({"test": source, "question": "def f(x): ...", "solution": "def f(x): pass"})
        assert problem == Problem((PytestTest(source),), entry_point="f", prompt="def f(x): ...", format_name="kodcode")
        for info in ([{"function_name": "helper"}], {"function_name": "helper"}, '[{"function_name": "helper"}]'):
            assert read_reference({"test": source, "test_info": info}).entry_point == "helper"
        for info in ([], "", None, [{"function_name": ""}], "[{'function_name': None}]"):
            assert read_reference({"test": source, "test_info": info}).entry_point == "f"

    def test_of_a_file(self) -> None:
        source = "import answer\n\ndef test_f():\n    assert answer.f(1) == g(1)\n"
        problem = read_reference({"pytest": source, "module": "answer", "isolation": "shared"})
        assert problem.tests == (PytestTest(source, "answer"),)
        assert (problem.entry_point, problem.isolation) == ("f", "shared")
        assert read_reference({"pytest": source, "module": "answer", "entry_point": "g"}).entry_point == "g"

    def test_of_bigcodebench(self) -> None:
        source = (
            "import unittest\nclass TestCases(unittest.TestCase):\n"
            "    def test_f(self):\n        self.assertEqual(task_func(1), 1)\n"
        )
        row = {
            "test": source,
            "entry_point": "task_func",
            "code_prompt": "def task_func(x):\n",
            "libs": "['os', 'numpy.linalg']",
        }
        problem = read_reference(row)
        assert problem == Problem(
            (PytestTest(source),),
            entry_point="task_func",
            allow_imports=("os", "numpy.linalg"),
            needed_modules=("os", "numpy.linalg"),
            format_name="bigcodebench",
        )
        whole = "import os\ndef task_func(x):\n    'Do.'\n"
        assert read_reference({**row, "complete_prompt": whole}).prompt == whole


EVALPLUS = {
    "task_id": "HumanEval/1",
    "entry_point": "f",
    "prompt": "def f(x):\n    'Do.'\n",
    "canonical_solution": "    return x\n",
    "base_input": [[1]],
}


class TestEvalPlus:
    def test_solution_follows_the_prompt_and_starts_with_the_contract(self) -> None:
        row = {
            **EVALPLUS,
            "contract": "\n  for y in [x]:\n    assert y\n",
            "plus_input": json.dumps([[[2]], [{"a": None}]]),
        }
        problem = read_reference(row)
        assert problem == Problem(
            (CallTest((1,), ASK_ORACLE), CallTest(([2],), ASK_ORACLE), CallTest(({"a": None},), ASK_ORACLE)),
            entry_point="f",
            prompt=EVALPLUS["prompt"],  # type: ignore[arg-type]  # the example is a dict of any values
            oracle="def f(x):\n    for y in [x]:\n      assert y\n    'Do.'\n    return x\n",
            comparison=Comparison(float_abs=1e-6, float_rel=1e-7),
            format_name="evalplus",
        )
        compile(problem.oracle, "oracle", "exec")

    def test_rows_that_keep_the_tests_of_humaneval_are_read(self) -> None:
        row = {**EVALPLUS, "test": "def check(candidate):\n    assert candidate(1) == 1\n"}
        assert read_reference(row) == read_reference(EVALPLUS)
        assert read_reference(row, format_name="humaneval").format_name == "humaneval"

    def test_an_empty_object_stands_for_no_inputs(self) -> None:
        assert read_reference({**EVALPLUS, "plus_input": {}}) == read_reference({**EVALPLUS, "plus_input": []})

    def test_solution_may_be_whole(self) -> None:
        row = {
            **EVALPLUS,
            "prompt": '"""\nWrite f.\nassert f(1) == 1\n"""\n',
            "canonical_solution": "\ndef f(x): return x",
        }
        problem = read_reference(row)
        assert (problem.prompt, problem.oracle) == ("", "\ndef f(x): return x")
        row["canonical_solution"] = "\ndef f(x):\n  return x"
        assert read_reference({**row, "contract": "\n    assert x\n"}).oracle == "\ndef f(x):\n  assert x\n  return x"

    def test_tolerance(self) -> None:
        assert read_reference({**EVALPLUS, "atol": 0.01}).comparison == Comparison(float_abs=0.01, float_rel=1e-7)
        assert read_reference({**EVALPLUS, "atol": 0}).comparison.float_abs == 1e-6

    @pytest.mark.parametrize(
        ("number", "args", "restored"),
        [
            (2, [[1], [2]], ((1,), (2,))),
            (63, [[[1], [2]]], ([(1,), (2,)],)),
            (75, [[[1], [2]], 3], ([(1,), (2,)], 3)),
            (106, [[1], [2]], ([1], (2,))),
            (115, [[[1, 1], []]], ([{1}, {}],)),
            (124, ["0", "1j"], (0.0, 1j)),
            (250, [[1], 2], ((1,), 2)),
            (252, ["1+2j"], (1 + 2j,)),
            (259, [[[1]], [[2]]], (((1,),), ((2,),))),
            (278, [[1, [2]]], ((1, (2,)),)),
            (307, [[1], 2, [3]], ((1,), 2, [3])),
            (580, [[1, [2, [3]]]], ((1, (2, (3,))),)),
            (722, [{"a": [1]}, 2], ({"a": (1,)}, 2)),
            (3, [[1]], ([1],)),
        ],
    )
    def test_inputs_of_mbpp_get_their_types_back(self, number: int, args: list[Any], restored: tuple[Any, ...]) -> None:
        found = calls({**EVALPLUS, "task_id": f"Mbpp/{number}", "base_input": [args]})
        assert repr(found) == repr([(restored, ASK_ORACLE)])

    @pytest.mark.parametrize(
        ("name", "right", "wrong"),
        [
            ("find_zero", (([-1, 2],), 0.5, 0.50000001), (([-1, 2],), 0.5, 0.6)),
            ("find_zero", (([0, 1],), 0.0, 0), (([0, 1],), 0.0, True)),
            ("sum_div", ((8,), 7, 7), ((8,), 7, 6)),
            ("sum_div", ((8,), 7, 0), ((8,), 7, False)),
            ("are_equivalent", ((1, 2), True, False), ((1, 2), True, 1)),
            ("surface_Area", ((3, 4), 33, 33), ((3, 4), 33, 36)),
            ("surface_Area", ((3, 4), 0, 35), ((3, 4), 0, 33)),
            ("digit_distance_nums", ((1, 100), 1, 1), ((1, 100), 1, 3)),
            ("digit_distance_nums", ((10, 9), 7, 10), ((10, 9), 7, 8)),
        ],
    )
    def test_special_tasks_have_checkers(self, name: str, right: Any, wrong: Any) -> None:
        from testcases.kinds.checker import is_right_value  # noqa: PLC0415  # it runs where exams are conducted

        row = {**EVALPLUS, "entry_point": name, "prompt": "", "canonical_solution": f"def {name}(x): return x"}
        comparison = read_reference(row).comparison
        for (args, expected, got), verdict in ((right, True), (wrong, False)):
            assert is_right_value(got, [expected], comparison, args, {}) is verdict

    def test_tasks_with_sets(self) -> None:
        row = {**EVALPLUS, "entry_point": "Diff", "prompt": "", "canonical_solution": "def Diff(x): return x"}
        assert read_reference(row).comparison.mode == "set"


HEAD = "import numpy as np\n\ndef assertion(out, exp, atol):\n    assert np.allclose(out, exp)\n\n"
SCRIPT = HEAD + (
    "def check(candidate):\n    inputs = [[1, [2]], [inf, -inf]]\n    results = [(1,), nan]\n"
    "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0.5)\n"
)


class TestScriptsOfEvalPlus:
    def test_each_input_is_a_test(self) -> None:
        problem = read_reference({"test": SCRIPT, "entry_point": "f"})
        how = Comparison(float_abs=0.5, float_rel=1e-7)
        assert repr(problem.tests) == repr(
            (
                CallTest((1, [2]), (1,), comparison=how),
                CallTest((float("inf"), -float("inf")), float("nan"), comparison=how),
            )
        )
        assert problem.oracle == ""

    @pytest.mark.parametrize(
        "loop", ["i, inp in enumerate(inputs)", "i, (inp, exp) in enumerate(zip(inputs, results))"]
    )
    def test_a_solution_may_stand_for_results(self, loop: str) -> None:
        script = HEAD + (
            "def ref_func(n):\n    return n * 2\n\ndef check(candidate):\n    inputs = [[1], [2]]\n"
            f"    for {loop}:\n        assertion(candidate(*inp), ref_func(*inp), 0)\n"
        )
        problem = read_reference({"test": script, "entry_point": "f"})
        assert [test.args for test in problem.tests if isinstance(test, CallTest)] == [(1,), (2,)]
        namespace: dict[str, Any] = {}
        exec(problem.oracle, namespace)
        assert namespace["f"](4) == 8

    def test_a_solution_keeps_the_imports_and_functions_that_it_uses(self) -> None:
        script = HEAD + (
            "import collections\nfrom math import *\n\ndef twice(n):\n    return n * unused_inside(n)\n\n"
            "def unused_inside(n):\n    return 2\n\n"
            "def ref_func(n):\n    return collections.Counter([twice(n), floor(n)])\n\n"
            "inputs = [[1], [2]]\nfor i, inp in enumerate(inputs):\n    assertion(f(*inp), ref_func(*inp), 0)\n"
        )
        problem = read_reference({"test_list": ["assert f(1)"], "test": script})
        namespace: dict[str, Any] = {}
        exec(problem.oracle, namespace)
        assert namespace["f"](4) == {8: 1, 4: 1}
        assert "numpy" not in problem.oracle

    def test_a_solution_uses_what_the_prompt_and_the_setup_import(self) -> None:
        script = HEAD + (
            "def ref_func(n: int) -> List[int]:\n    return [floor(n)]\n\ninputs = [[1.5]]\n"
            "for i, inp in enumerate(inputs):\n    assertion(f(*inp), ref_func(*inp), 0)\n"
        )
        checked = script.replace("inputs =", "def check(candidate):\n    inputs =").replace("\nfor", "\n    for")
        checked = checked.replace("assertion(f(", "    assertion(candidate(")
        prompt = 'from typing import List\nfrom math import floor\n\ndef f(n) -> List[int]:\n    """Round."""\n'
        setup = ["from typing import List", "from math import floor"]
        for row in (
            {"test": checked, "entry_point": "f", "prompt": prompt},
            {"test_list": ["assert f(1)"], "test": script, "test_imports": setup},
        ):
            namespace: dict[str, Any] = {}
            exec(read_reference(row).oracle, namespace)
            assert namespace["f"](1.5) == [1]

    def test_of_mbpp_take_the_place_of_the_assertions(self) -> None:
        script = HEAD + (
            "inputs = [[(3, 4)]]\nresults = [[{1}]]\n"
            "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(f(*inp), exp, 0)\n"
        )
        row = {"test_list": ["assert f((3, 4)) == [{1}]"], "test": script, "code": "", "test_imports": []}
        assert calls(row) == [(((3, 4),), [{1}])]
        assert read_reference(row).comparison == Comparison()

    @pytest.mark.parametrize(
        "change",
        [
            ("inputs = [[1, [2]]", "inputs = [[1, object()]"),
            ("results = [(1,), nan]", "results = [(1,)]"),
            ("results = [(1,), nan]", "results = Counter()"),
            ("results = [", "outcomes = ["),
            ("candidate(*inp), exp", "sorted(candidate(*inp)), exp"),
            ("exp, 0.5", "exp, TOLERANCE"),
            ("zip(inputs, results)", "zip(inputs[1:], results[1:])"),
            ("def assertion", "for x in ():\n    pass\n\ndef assertion"),
        ],
    )
    def test_that_are_not_quite_so_stay_check_functions(self, change: tuple[str, str]) -> None:
        script = SCRIPT.replace(*change)
        assert script != SCRIPT
        assert read_reference({"test": script, "entry_point": "f"}).tests == (CheckTest(script),)


@pytest.mark.parametrize(
    ("reference", "path", "message"),
    [
        ({"input_output": ""}, "input_output", "this row of the data set has no tests"),
        ({"input_output": None}, "input_output", "is missing"),
        ({"input_output": "{"}, "input_output", "not valid JSON"),
        ({"input_output": "[]"}, "input_output", "must be an object, not list"),
        ({"input_output": '{"inputs": ["1"]}'}, "input_output.outputs", "is missing"),
        ({"input_output": {**PROGRAMS, "inputs": [None]}}, "input_output.inputs[0]", "must be text, not nothing"),
        ({"input_output": {**CALLS, "inputs": ["x"]}}, "input_output.inputs[0] line 1", "not valid JSON"),
        ({"input_output": {**CALLS, "fn_name": "a b"}}, "input_output.fn_name", "name of a Python function"),
        ({"input_output": {**CALLS, "outputs": [1, 2]}}, "input_output.outputs", "has 2 items, but inputs has 1"),
        ({**CALLS, "class_name": "not a name"}, "class_name", "name of a Python"),
        (
            {"public_tests": {"input": [], "output": []}},
            "public_tests private_tests generated_tests",
            "must not all be",
        ),
        ({"public_tests": []}, "public_tests", "must be an object, not list"),
        ({"public_tests": {"input": ["1"]}}, "public_tests.output", "is missing"),
        ({"public_tests": {"input": ["1"], "output": []}}, "public_tests.output", "must not be empty"),
        ({"public_tests": {"input": ["1"], "output": ["1", "2"]}}, "public_tests.output", "has 2 items"),
        ({"private_tests": {"input": [{}], "output": ["1"]}}, "private_tests.input[0]", "must be text"),
        ({"tests": "{"}, "tests", "not valid JSON"),
        ({"tests": "5"}, "tests", "must be a list or an object, not int"),
        ({"tests": "[]"}, "tests", "must not be empty"),
        ({"tests": "[1]"}, "tests[0]", "must be an object, not int"),
        ({"tests": '[{"input": "1"}]'}, "tests[0].output", "is missing"),
        ({"tests": '[{"input": "1", "output": null}]'}, "tests[0].output", "must be text"),
        ({"tests": '[{"input": "1", "output": "1", "type": "judge"}]'}, "tests[0].type", "must be stdin or functional"),
        (
            {"tests": '[{"input": "1", "output": "1", "type": "functional"}]'},
            "tests[0].metadata.func_name",
            "is missing",
        ),
        ({"tests": '{"inputs": []}'}, "tests.inputs", "must not be empty"),
        ({"question": "?", "info": "x"}, "info", "not valid JSON"),
        ({"question": "?", "info": {}}, "info.tests", "is missing"),
        ({"question": "?", "info": {"tests": [{"input": "1"}]}}, "info.tests[0].output", "is missing"),
        ({"verification_info": "x = 1"}, "verification_info", "not valid JSON"),
        ({"verification_info": None}, "test_cases", "is missing"),
        ({"verification_info": "[]"}, "verification_info", "must be an object, not list"),
        ({"verification_info": {"language": "rust"}}, "verification_info.language", "must be python, not 'rust'"),
        ({"verification_info": {"test_cases": []}}, "verification_info.test_cases", "must not be empty"),
        (
            {"verification_info": {"test_cases": [{"input": {}, "output": ""}]}},
            "verification_info.test_cases[0].input",
            "text",
        ),
        ({"test": 1}, "test", "must be text, not int"),
        ({"test": "def test(:"}, "test", "not valid Python"),
        ({"test": "x = 1"}, "test", "asserts nothing"),
        (
            {"test": "def test_f():\n    assert 1 == 1"},
            "test",
            "imports nothing from solution and uses no name of the answer",
        ),
        (
            {
                "test": "try:\n    from two_fer import two\nexcept ImportError as e:\n    raise e\n"
                "def test_f():\n    assert two()"
            },
            "test",
            "if that is two_fer, say so in a field module",
        ),
        (
            {"test": "def f(x):\n    return x\n\ndef test_f():\n    assert f(sorted([1])) == sorted([1])\n"},
            "test",
            "uses no name of the answer",
        ),
        ({"test": "def test_f(): assert f()", "test_info": [1]}, "test_info[0]", "must be an object"),
        ({"test": "def test_f(): assert f()", "test_info": "{"}, "test_info", "not valid JSON"),
        (
            {"test": "def test_f(): assert f()", "test_info": {"function_name": "a b"}},
            "test_info.function_name",
            "name of",
        ),
        ({"pytest": None}, "pytest", "is missing"),
        ({"pytest": "def f(): pass"}, "pytest", "defines no test"),
        ({"pytest": "def test_f(): assert f()", "isolation": "none"}, "isolation", "must be split or shared"),
        ({"pytest": "def test_f(): assert f()", "module": "a b"}, "module", "name of a Python"),
        ({"test": "def test_f(): assert f()", "entry_point": ""}, "entry_point", "is missing"),
        ({"test": "def test_f(): assert f()", "entry_point": "f", "libs": "x"}, "libs", "not valid JSON"),
        ({"test": "def test_f(): assert f()", "entry_point": "f", "libs": {}}, "libs", "must be a list of modules"),
        ({"test": "def test_f(): assert f()", "entry_point": "f", "libs": ["a b"]}, "libs[0]", "name of a module"),
        ({**EVALPLUS, "entry_point": None}, "entry_point", "is missing"),
        ({**EVALPLUS, "base_input": None}, "base_input", "must not be empty"),
        ({**EVALPLUS, "base_input": []}, "base_input", "must not be empty"),
        ({**EVALPLUS, "base_input": 5}, "base_input", "must be a list, not int"),
        ({**EVALPLUS, "base_input": [[1], 2]}, "base_input[1]", "must be a list of arguments, not int"),
        ({**EVALPLUS, "plus_input": [[object()]]}, "plus_input[0]", "not plain data"),
        ({**EVALPLUS, "canonical_solution": None}, "canonical_solution", "is missing"),
        ({**EVALPLUS, "canonical_solution": "return ("}, "canonical_solution", "not valid Python"),
        ({**EVALPLUS, "prompt": "", "canonical_solution": "x = 1"}, "canonical_solution", "does not define f"),
        ({**EVALPLUS, "contract": "assert ("}, "contract", "not valid Python"),
        ({**EVALPLUS, "atol": -1}, "atol", "number of 0 or more"),
        ({**EVALPLUS, "atol": "0"}, "atol", "number of 0 or more"),
        ({"test_list": ["assert f()"], "test": "1"}, "test", "asserts nothing"),
        ({"reward_model": None}, "ground_truth", "is missing"),
        ({"reward_model": {}}, "reward_model.ground_truth", "is missing"),
        ({"reward_model": {"ground_truth": "x"}}, "reward_model.ground_truth", "not valid JSON"),
        (
            {"reward_model": {"ground_truth": {"inputs": ["1"], "outputs": []}}},
            "reward_model.ground_truth.outputs",
            "empty",
        ),
        ({"verifier_metadata": {}}, "verifier_metadata.unit_tests", "is missing"),
        ({"verifier_metadata": {"unit_tests": {"inputs": []}}}, "verifier_metadata.unit_tests.inputs", "must not be"),
        ({"item": {}}, "item.reference_answer", "is missing"),
        ({"reference_answer": "{x"}, "reference_answer", "not valid JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_field_is_named(reference: Any, path: str, message: str) -> None:
    with pytest.raises(InvalidFieldError, match=message) as caught:
        read_reference(reference)
    assert caught.value.field == path
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
