"""For each format a row as it is published: a right answer, a wrong one, and one that raises, through the whole grader.

The rows are written from the formats' documentation; none is copied from a data set.
"""

from __future__ import annotations

import base64
import json
import pickle
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample
from testcases.errors import ProblemError
from testcases.formats import FORMAT_NAMES, read_reference
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade


@dataclass(frozen=True)
class Case:
    format_name: str
    name: str
    row: Any
    right: str
    wrong: str
    raises: str
    inner: str = ""
    """The format it is graded as, where the row is only the wrapping."""
    prompt: str = ""
    tests: int = 2
    """Number of tests that it counts as."""
    wrong_passes: int = 0
    """Number of tests that the wrong answer passes."""
    more_right: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.format_name}-{self.name}"


def packed(cases: list[dict[str, Any]]) -> str:
    """As LiveCodeBench packs private tests."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


ADD = "def add(a, b):\n    return a + b\n"
SUB = "def add(a, b):\n    return a - b\n"
ADD_RAISES = "def add(a, b):\n    raise ValueError(a)\n"
SUM_PROGRAM = "print(sum(map(int, input().split())))"
PRODUCT_PROGRAM = "a, b = map(int, input().split())\nprint(a * b)"
RAISING_PROGRAM = "print(int('x'))"
TWO_SUM = "class Solution:\n    def pairUp(self, nums: List[int], target: int) -> List[int]:\n"
TWO_SUM_RIGHT = TWO_SUM + (
    "        seen = defaultdict(int)\n"
    "        for place, number in enumerate(nums):\n"
    "            if target - number in seen:\n"
    "                return [seen[target - number], place]\n"
    "            seen[number] = place\n"
)
TWO_SUM_WRONG = TWO_SUM + "        return [0, len(nums)]\n"
TWO_SUM_RAISES = TWO_SUM + "        return nums[target * 100]\n"
FUNCTIONAL = [
    {"input": "[2, 7, 11]\n9", "output": "[0, 1]", "testtype": "functional"},
    {"input": "[3, 2, 4]\n6", "output": "[1, 2]", "testtype": "functional"},
]
PAIRS = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
PROGRAMS = {"right": SUM_PROGRAM, "wrong": PRODUCT_PROGRAM, "raises": RAISING_PROGRAM}
CALLS = {"right": ADD, "wrong": SUB, "raises": ADD_RAISES}
CLASSES = {"right": TWO_SUM_RIGHT, "wrong": TWO_SUM_WRONG, "raises": TWO_SUM_RAISES}

SQUASH_PROMPT = 'def squash(values: list) -> list:\n    """Each value once, in order."""\n'
EVALPLUS_SCRIPT = """\
import numpy as np

def is_floats(x) -> bool:
    if isinstance(x, float):
        return True
    if isinstance(x, (list, tuple)):
        return all(isinstance(i, float) for i in x)
    if isinstance(x, np.ndarray):
        return x.dtype == np.float64 or x.dtype == np.float32
    return False

def assertion(out, exp, atol):
    if atol == 0 and is_floats(exp):
        atol = 1e-6
    if out != exp and atol != 0:
        assert np.allclose(out, exp, rtol=1e-07, atol=atol)
    else:
        assert out == exp, f"out: {out}, exp: {exp}"

"""
ADD_ASSERTIONS = ["assert add(1, 2) == 3", "assert add(3, 4) == 7"]
CHECK_TWO_SUM = """\
def check(candidate):
    assert candidate([2, 7, 11], 9) == [0, 1]
    assert candidate(nums = [3, 2, 4], target = 6) == [1, 2]
"""
HALVES = "def halves(x):\n    return [x / 2, x / 3]\n"
UNITTEST = """\
import unittest
from unittest.mock import patch


class TestCases(unittest.TestCase):
    def setUp(self):
        self.values = [3, 1, 2]

    def test_sorts(self):
        self.assertEqual(task_func(self.values), [1, 2, 3])

    def test_empty(self):
        self.assertEqual(task_func([]), [])

    def test_refuses_none(self):
        with self.assertRaises(TypeError):
            task_func(None)
"""
SUITE = """\
import pytest
from solution import add


@pytest.mark.parametrize(("a", "b", "total"), [(1, 2, 3), (0, 0, 0)])
def test_add(a, b, total):
    assert add(a, b) == total


def test_text():
    with pytest.raises(TypeError):
        add(1, "2")


def test_floats():
    assert add(0.1, 0.2) == pytest.approx(0.3)
"""
MBPP_SET = "def similar_elements(one, other):\n    return {}\n"

CASES = [
    Case(
        "native",
        "mixed",
        {
            "entry_point": "add",
            "tests": [
                {"args": [1, 2], "expected": 3},
                {"args": [1, 2], "kwargs": {}, "one_of": [4, 3]},
                {"assert": "assert add(0, 5) == 5"},
                {"check": "def check(candidate):\n    assert candidate(1, 1) == 2\n    assert candidate(2, 2) == 4\n"},
                {
                    "args": [6, 7],
                    "compare": {"checker": "def checker(given, expected, got):\n    return got == expected"},
                },
            ],
            "oracle": "def add(a, b):\n    return a + b\n",
        },
        **CALLS,
        tests=6,
    ),
    Case(
        "humaneval",
        "check",
        {
            "task_id": "HumanEval/900",
            "prompt": 'from typing import List\n\n\ndef largest(values: List[int]) -> int:\n    """The largest."""\n',
            "entry_point": "largest",
            "canonical_solution": "    return max(values)\n",
            "test": "METADATA = {}\n\n\ndef check(candidate):\n"
            "    assert candidate([1, 3, 2]) == 3\n    assert candidate([-1]) == -1\n",
        },
        right="    return max(values)\n",
        wrong="def largest(values):\n    return min(values) + 1\n",
        raises="def largest(values):\n    return values['x']\n",
    ),
    Case(
        "humaneval",
        "plus script",
        {
            "task_id": "HumanEval/901",
            "prompt": 'def halves(x):\n    """A half and a third."""\n',
            "entry_point": "halves",
            "canonical_solution": "    return [x / 2, x / 3]\n",
            "test": EVALPLUS_SCRIPT + "\ndef check(candidate):\n    inputs = [[1], [3.0], [inf]]\n"
            "    results = [[0.5, 0.3333333333], [1.5, 1.0], [inf, inf]]\n"
            "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n        assertion(candidate(*inp), exp, 0)\n",
        },
        right=HALVES,
        wrong="def halves(x):\n    return [x / 2, x / 2]\n",
        raises="def halves(x):\n    return x / 'two'\n",
        tests=3,
        wrong_passes=1,
    ),
    Case(
        "mbpp",
        "assertions",
        {
            "source_file": "Benchmark Questions Verification V2.ipynb",
            "task_id": 900,
            "prompt": "Write a function to add two numbers.",
            "code": ADD,
            "test_imports": ["import math"],
            "test_list": ["assert add(1, 2) == 3", "assert math.isclose(add(0.1, 0.2), 0.3)"],
        },
        **CALLS,
    ),
    Case(
        "mbpp",
        "setup code",
        {
            "text": "Write a function to add two numbers.",
            "task_id": 901,
            "code": ADD,
            "test_setup_code": "LARGE = 10 ** 5000",
            "test_list": ["assert add(LARGE, 1) == LARGE + 1", "assert add(2, 2) == 4"],
            "challenge_test_list": ["assert add(1, 1) == 3"],
        },
        **CALLS,
    ),
    Case(
        "mbpp",
        "plus script",
        {
            "task_id": 2,
            "prompt": "Write a function to find the shared elements from the given two lists.",
            "code": MBPP_SET.format("tuple(set(one) & set(other))"),
            "test_imports": [],
            "test_list": ["assert set(similar_elements((3, 4, 5, 6),(5, 7, 4, 10))) == set((4, 5))"],
            "test": EVALPLUS_SCRIPT
            + "inputs = [[(3, 4, 5, 6), (5, 7, 4, 10)], [(1, 2), (3,)]]\nresults = [(4, 5), ()]\n"
            "for i, (inp, exp) in enumerate(zip(inputs, results)):\n    assertion(similar_elements(*inp), exp, 0)\n",
        },
        right=MBPP_SET.format("tuple(sorted(set(one) & set(other), reverse=True))"),
        wrong=MBPP_SET.format("(4,)"),
        raises=MBPP_SET.format("one & other"),
    ),
    Case(
        "evalplus",
        "humaneval",
        {
            "task_id": "HumanEval/902",
            "prompt": SQUASH_PROMPT,
            "contract": '\n    assert isinstance(values, list), "invalid inputs" # $_CONTRACT_$\n',
            "canonical_solution": "    return list(dict.fromkeys(values))\n",
            "entry_point": "squash",
            "base_input": [[[1, 1, 2]]],
            "plus_input": [[["a", "a"]], [[0.1, 0.30000000000000004]]],
            "atol": 0,
        },
        right="def squash(values):\n    return [*dict.fromkeys(v if v != 0.1 + 0.2 else 0.3 for v in values)]\n",
        wrong="def squash(values):\n    return list(reversed(values))\n",
        raises="def squash(values):\n    return values.squash()\n",
        tests=3,
    ),
    Case(
        "evalplus",
        "mbpp",
        {
            "task_id": "Mbpp/116",
            "prompt": '"""\nWrite a function to convert a tuple to an integer.\n"""\n',
            "contract": '\n  assert isinstance(nums, tuple), "invalid inputs" # $_CONTRACT_$\n',
            "canonical_solution": "\ndef tuple_to_int(nums):\n    return int(''.join(map(str, nums)))\n",
            "entry_point": "tuple_to_int",
            "base_input": "[[[1, 2, 3]], [[4, 5]]]",
            "plus_input": [[[7] * 500]],
            "atol": 0.0,
        },
        right="def tuple_to_int(nums):\n    n = 0\n    for one in nums + ():\n        n = n * 10 + one\n    return n\n",
        wrong="def tuple_to_int(nums):\n    return sum(nums)\n",
        raises="def tuple_to_int(nums):\n    return nums.pop()\n",
        tests=3,
    ),
    Case(
        "evalplus",
        "presence",
        {
            "task_id": "Mbpp/903",
            "prompt": '"""\nDoes it start with a vowel?\n"""\n',
            "canonical_solution": "import re\ndef check_str(text):\n    return re.match('[aeiou]', text)\n",
            "entry_point": "check_str",
            "base_input": [["annie"], ["dawood"]],
            "plus_input": [],
            "atol": 0,
        },
        right="import re\ndef check_str(text):\n    return re.search('^[aeiou]', text)\n",
        wrong="def check_str(text):\n    return text.startswith('d')\n",
        raises="def check_str(text):\n    return text[100]\n",
        more_right=("def check_str(text):\n    return text[0] in 'aeiou'\n",),
    ),
    Case("prime_code", "programs", PAIRS, **PROGRAMS),
    Case(
        "prime_code",
        "lists of lines, CRLF, floats",
        {"inputs": [["1", "2"], "3\r\n4\r\n"], "outputs": [["0.333333"], "0.75\r\n"]},
        right="a = int(input())\nb = int(input())\nprint(1 / 3 if (a, b) == (1, 2) else a / b)",
        wrong="print(0.34)",
        raises=RAISING_PROGRAM,
    ),
    Case(
        "prime_code",
        "calls",
        {"fn_name": "add", "inputs": [[1, 2], "3\n4"], "outputs": [[3], "[7]"], "starter_code": "def add(a, b):\n"},
        **CALLS,
    ),
    Case(
        "prime_code",
        "rStar-Coder",
        {
            "question_id": "seed_1",
            "question": "Add.",
            "starter_code": "class Adder:\n    def add(self, a, b):",
            "inputs": ["[1, 2]", "[3, 4]"],
            "outputs": ["3", "7"],
            "func_name": "add",
            "class_name": "Adder",
        },
        right="class Adder:\n    def add(self, values):\n        return sum(values)\n",
        wrong="class Adder:\n    def add(self, values):\n        return max(values)\n",
        raises="class Adder:\n    def add(self, a, b):\n        return a + b\n",
    ),
    Case(
        "apps",
        "programs",
        {
            "problem_id": 4000,
            "question": "Add two numbers.",
            "solutions": json.dumps([SUM_PROGRAM]),
            "input_output": json.dumps(PAIRS),
            "difficulty": "introductory",
            "url": "",
            "starter_code": "",
        },
        **PROGRAMS,
    ),
    Case(
        "apps",
        "TACO calls",
        {
            "question": "Find the pair.",
            "solutions": "[]",
            "starter_code": TWO_SUM,
            "input_output": json.dumps(
                {"fn_name": "pairUp", "inputs": [[[2, 7, 11], 9], [[3, 2, 4], 6]], "outputs": [[[0, 1]], [[1, 2]]]}
            ),
            "difficulty": "EASY",
            "tags": "['Hash Table']",
            "skill_types": "['Data structures']",
            "time_limit": "2.0 seconds",
            "memory_limit": "256.0 megabytes",
        },
        **CLASSES,
    ),
    Case(
        "aws_code",
        "documentation",
        {
            "code": "def add(a, b):\n    return a + b",
            "test_cases": [{"input": [1, 2], "expected_output": 3}, {"input": {"a": 1, "b": 1}, "expected_output": 2}],
            "all_tests_pass": True,
        },
        **CALLS,
    ),
    Case(
        "livecodebench",
        "functional row",
        {
            "question_title": "Pair up",
            "question_content": "Find the pair.",
            "platform": "leetcode",
            "question_id": "1",
            "starter_code": TWO_SUM,
            "public_test_cases": json.dumps(FUNCTIONAL[:1]),
            "private_test_cases": packed(FUNCTIONAL[1:]),
            "metadata": json.dumps({"func_name": "pairUp"}),
        },
        **CLASSES,
    ),
    Case(
        "livecodebench",
        "stdin row",
        {
            "platform": "atcoder",
            "question_id": "abc300_a",
            "starter_code": "",
            "public_test_cases": json.dumps([{"input": "1 2\n", "output": "3", "testtype": "stdin"}]),
            "private_test_cases": packed([{"input": "3 4\n", "output": "7", "testtype": "stdin"}]),
            "metadata": "{}",
        },
        **PROGRAMS,
    ),
    Case("livecodebench", "list", [{**case, "metadata": {"func_name": "pairUp"}} for case in FUNCTIONAL], **CLASSES),
    Case(
        "codecontests",
        "row",
        {
            "name": "1_A. Sum",
            "description": "Add two numbers.",
            "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
            "private_tests": {"input": [], "output": []},
            "generated_tests": {"input": ["3 4\n", "1 2\n"], "output": ["7\n", "3\n"]},
            "time_limit": {"seconds": 1, "nanos": 500000000},
            "memory_limit_bytes": 256000000,
            "input_file": "",
        },
        **PROGRAMS,
    ),
    Case(
        "deepcoder",
        "primeintellect programs",
        {
            "problem": "Add two numbers.",
            "solutions": [SUM_PROGRAM],
            "tests": json.dumps(
                [
                    {"type": "stdin_stdout", "input": "1 2\n", "output": "3\n"},
                    {"type": "stdin_stdout", "input": "3 4\n", "output": "7\n"},
                ]
            ),
        },
        **PROGRAMS,
    ),
    Case(
        "deepcoder",
        "primeintellect calls",
        {
            "problem": "Add two numbers.",
            "tests": json.dumps(
                [
                    {"type": "function_call", "fn_name": "add", "input": [1, 2], "output": [3]},
                    {"type": "function_call", "fn_name": "add", "input": [3, 4], "output": [7]},
                ]
            ),
        },
        **CALLS,
    ),
    Case("deepcoder", "taco", {"problem": "Add.", "tests": json.dumps({**PAIRS, "fn_name": None})}, **PROGRAMS),
    Case(
        "deepcoder",
        "lcbv5",
        {
            "problem": "Find the pair.",
            "starter_code": TWO_SUM,
            "tests": json.dumps(FUNCTIONAL),
            "metadata": {"func_name": "pairUp"},
        },
        **CLASSES,
    ),
    Case(
        "deepcoder",
        "INTELLECT-3",
        {"question": "Add.", "info": json.dumps({"tests": json.dumps(PAIRS), "source": "taco"})},
        **PROGRAMS,
    ),
    Case(
        "synthetic1",
        "object",
        {
            "source": "apps",
            "task_type": "verifiable_code",
            "prompt": "Add two numbers.",
            "gold_standard_solution": SUM_PROGRAM,
            "verification_info": {
                "language": "python",
                "test_cases": [
                    {"fn_name": None, "input": "1 2\n", "output": "3\n", "type": "stdin_stdout"},
                    {"fn_name": None, "input": "3 4\n", "output": "7\n", "type": "stdin_stdout"},
                ],
            },
            "metadata": {"difficulty": "easy"},
        },
        **PROGRAMS,
    ),
    Case(
        "synthetic1",
        "Python text",
        {
            "problem_id": "vcp_1",
            "verification_info": "{'language': 'python', 'test_cases': ["
            "{'type': 'function_call', 'fn_name': 'add', 'input': [1, 2], 'output': [3]}, "
            "{'type': 'function_call', 'fn_name': 'add', 'input': [3, 4], 'output': [7]}]}",
        },
        **CALLS,
    ),
    Case(
        "kodcode",
        "row",
        {
            "style": "instruct",
            "subset": "Leetcode",
            "question_id": "Leetcode_1_I",
            "question": "Add two numbers.",
            "solution": ADD,
            "test": "from solution import add\n\ndef test_small():\n    assert add(1, 2) == 3\n\n"
            "def test_large():\n    assert add(10**20, 1) == 10**20 + 1\n",
            "test_info": [
                {"function_name": "add", "parameter_list": "(a, b)", "function_declaration": "def add(a, b):"}
            ],
            "gpt_pass_percentage": 1.0,
        },
        **CALLS,
    ),
    Case("pytest", "file", {"pytest": SUITE}, **CALLS, tests=4, wrong_passes=2),
    Case(
        "bigcodebench",
        "row",
        {
            "task_id": "BigCodeBench/9000",
            "complete_prompt": 'import random\n\ndef task_func(values):\n    """Sort."""\n',
            "instruct_prompt": "Sort.",
            "canonical_solution": "    return sorted(values)\n",
            "code_prompt": "import random\n\ndef task_func(values):\n",
            "test": UNITTEST,
            "entry_point": "task_func",
            "doc_struct": "{}",
            "libs": "['random']",
        },
        right="    return sorted(values)\n",
        wrong="def task_func(values):\n    return list(values)\n",
        raises="def task_func(values):\n    raise RuntimeError('no')\n",
        tests=3,
        wrong_passes=2,
    ),
    Case(
        "verl",
        "row",
        {
            "data_source": "codeforces",
            "prompt": [{"role": "user", "content": "Add two numbers."}],
            "ability": "code",
            "reward_model": {"style": "rule", "ground_truth": json.dumps(PAIRS)},
            "extra_info": {"index": 49, "split": "train"},
        },
        inner="prime_code",
        **PROGRAMS,
    ),
    Case(
        "verl",
        "HumanEval inside, its prompt in the conversation",
        {
            "data_source": "humaneval",
            "prompt": [{"role": "user", "content": f"Complete this:\n\n```python\n{SQUASH_PROMPT}```"}],
            "reward_model": {
                "ground_truth": {
                    "entry_point": "squash",
                    "test": "def check(candidate):\n"
                    "    assert candidate([1, 1]) == [1]\n    assert candidate([2, 1]) == [2, 1]\n",
                }
            },
        },
        inner="humaneval",
        right="```python\n    return list(dict.fromkeys(values))\n```",
        wrong="def squash(values):\n    return values[2:]\n",
        raises="def squash(values):\n    return values.x\n",
    ),
    Case(
        "nemo_gym",
        "row",
        {
            "responses_create_params": {"input": [{"role": "user", "content": "Add two numbers."}]},
            "verifier_metadata": {"problem_id": "1", "unit_tests": PAIRS},
        },
        **PROGRAMS,
    ),
    Case(
        "openai",
        "item",
        {
            "item": {
                "messages": [{"role": "user", "content": "Write add."}],
                "reference_answer": {"test_list": ["assert add(1, 2) == 3", "assert add(1, -1) == 0"]},
            }
        },
        inner="mbpp",
        **CALLS,
    ),
    Case("assertions", "AceCode's list", ADD_ASSERTIONS, **CALLS),
    Case(
        "assertions",
        "verl's Sandbox Fusion",
        {
            "inputs": ["", ""],
            "outputs": [None, None],
            "assert_case": ADD_ASSERTIONS,
        },
        **CALLS,
    ),
    Case("script", "code-r1", {"functional": "assert add(1, 2) == 3\nassert add(3, 4) == 7"}, **CALLS),
    Case(
        "script",
        "Skywork-OR1",
        {"import_prefix": "from typing import *\n", "test_code": CHECK_TWO_SUM, "entry_point": "Solution().pairUp"},
        **CLASSES,
    ),
    Case(
        "script",
        "PRIME's LeetCode assertions",
        {
            "task_id": "two-sum",
            "test": "mine = Solution()\n\ngiven = {'nums': [2, 7, 11], 'target': 9}\n"
            "assert mine.pairUp(**given) == [0, 1]\nassert mine.pairUp([3, 2, 4], 6) == [1, 2]\n",
        },
        inner="script",
        right="from typing import List\nfrom collections import defaultdict\n\n" + TWO_SUM_RIGHT,
        wrong="from typing import List\n\n" + TWO_SUM_WRONG,
        raises="from typing import List\n\n" + TWO_SUM_RAISES,
    ),
    Case(
        "script",
        "HumanEval Pro",
        {
            "id": 0,
            "raw_problem": "def inc(a):\n",
            "raw_solution": "    return a + 1\n",
            "new_problem": "def add(a, b):\n",
            "new_solution": "    return a + b\n",
            "test_code": "assert add(1, 2) == 3\nassert add(3, 4) == 7",
        },
        **CALLS,
    ),
    Case(
        "humaneval",
        "LeetCodeDataset",
        {
            "task_id": "two-sum",
            "prompt": "import math\n\nclass ListNode:\n    pass\n",
            "entry_point": "Solution().pairUp",
            "test": CHECK_TWO_SUM,
            "starter_code": TWO_SUM,
            "input_output": [{"input": "nums = [2, 7, 11], target = 9", "output": "[0, 1]"}],
        },
        **CLASSES,
    ),
    Case(
        "deepcoder",
        "rLLM's script",
        {"problem": "Pairs.", "solutions": TWO_SUM_RIGHT, "tests": {"functional": CHECK_TWO_SUM}},
        **CLASSES,
    ),
    Case(
        "test_cases",
        "assertions",
        {"id": "oss_1", "test_cases": ADD_ASSERTIONS},
        **CALLS,
    ),
    Case("test_cases", "OpenThoughts", {"problem": "Add.", "test_cases": json.dumps(PAIRS)}, **PROGRAMS),
    Case(
        "test_cases",
        "ROLL",
        {"case_type": "input", "test_cases": json.dumps([{"stdin": "1 2\n", "expected_stdout": "3\n"}])},
        **PROGRAMS,
        tests=1,
    ),
    Case(
        "test_cases",
        "ROLL's assertions",
        {
            "case_type": "assert",
            "ground_truth": "[]",
            "test_cases": json.dumps([{"assert_code": "assert add(1, 2) == 3"}]),
        },
        **CALLS,
        tests=1,
    ),
    Case(
        "test_cases",
        "HardTests, with a judge",
        {
            "pid": "1_A",
            "test_cases_kit": {
                "output_judging_function": "def output_judging_function(given, candidate, reference):\n"
                "    return sorted(candidate.split()) == sorted(reference.split())\n"
            },
            "test_cases": [{"input": "2 1\n", "output": "1 2\n"}],
        },
        right="print(input())",
        wrong="print(1)",
        raises=RAISING_PROGRAM,
        tests=1,
    ),
    Case(
        "codeforces",
        "checker",
        {
            "id": "1/B",
            "description": "Print a divisor.",
            "official_tests": [{"input": "12\n", "output": "3\n"}],
            "input_mode": "stdio",
            "time_limit": 1.0,
            "memory_limit": 256.0,
            "generated_checker": "import sys\n\ndef main():\n    n = int(open(sys.argv[1]).read())\n"
            "    got = open(sys.argv[3]).read().split()\n"
            "    if len(got) != 1 or not got[0].isdigit():\n        print(0)\n        sys.exit(0)\n"
            "    print(1 if 1 < int(got[0]) < n and n % int(got[0]) == 0 else 0)\n\nmain()\n",
        },
        right="print(4)",
        wrong="print(5)",
        raises=RAISING_PROGRAM,
        tests=1,
        more_right=("print(6)",),
    ),
    Case(
        "codeforces",
        "open-r1's columns, of which one has the name of CodeContests'",
        {
            "id": "1/A",
            "aliases": None,
            "description": "Add two numbers.",
            "interaction_format": None,
            "examples": [{"input": "1 2", "output": "3"}],
            "official_tests": [{"input": "1 2", "output": "3"}, {"input": "3 4", "output": "7"}],
            "official_tests_complete": True,
            "input_mode": "stdio",
            "generated_checker": None,
            "executable": True,
            "generated_tests": 0,
        },
        **PROGRAMS,
    ),
    Case(
        "test_cases",
        "a table's row, with the columns of other formats",
        {
            "test_cases": [{"input": "1 2\n", "output": "3\n", "assert_code": None}],
            "test_list": None,
            "inputs": None,
            "outputs": None,
            "reward_model": None,
            "test": None,
            "entry_point": None,
            "checker": None,
        },
        **PROGRAMS,
        tests=1,
    ),
    Case(
        "cure", "row", {"question": "Add.", "test_input": PAIRS["inputs"], "test_output": PAIRS["outputs"]}, **PROGRAMS
    ),
    Case(
        "classeval",
        "row",
        {
            "task_id": "ClassEval_0",
            "skeleton": "class Adder:\n    def add(self, a, b):\n        pass\n",
            "test": "import unittest\n\nclass AdderTestAdd(unittest.TestCase):\n    def test_add(self):\n"
            "        self.assertEqual(Adder().add(1, math.floor(2.5)), 3)\n",
            "import_statement": ["import math"],
            "class_name": "Adder",
            "test_classes": ["AdderTestAdd"],
        },
        right="class Adder:\n    def add(self, a, b):\n        return math.floor(a + b)\n",
        wrong="class Adder:\n    def add(self, a, b):\n        return a - b\n",
        raises="class Adder:\n    def add(self, a, b):\n        raise ValueError\n",
        tests=1,
    ),
    Case(
        "multipl_e",
        "row",
        {
            "name": "HumanEval_53_add",
            "language": "py",
            "prompt": 'def add(a: int, b: int) -> int:\n    """ Add """\n',
            "tests": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(3, 4) == 7\n\n"
            "def test_check():\n    check(add)\n\ntest_check()\n",
            "stop_tokens": ["\ndef"],
        },
        **CALLS,
    ),
    Case(
        "sandbox_fusion",
        "programs",
        {
            "id": 1,
            "content": "Add two numbers.",
            "labels": {"programming_language": "python"},
            "test": [
                {"input": {"stdin": "1 2\n"}, "output": {"stdout": "3\n"}},
                {"input": {"stdin": "3 4\n"}, "output": {"stdout": "7\n"}},
            ],
        },
        **PROGRAMS,
    ),
    Case(
        "trainer_row",
        "open-instruct and Dolci",
        {
            "messages": [{"role": "user", "content": "Add."}],
            "ground_truth": ADD_ASSERTIONS,
        },
        inner="assertions",
        **CALLS,
    ),
    Case(
        "trainer_row",
        "open-instruct's programs",
        {"ground_truth": json.dumps([{"input": "1 2\n", "output": "3\n"}]), "dataset": "code_stdio"},
        inner="livecodebench",
        **PROGRAMS,
        tests=1,
    ),
    Case(
        "trainer_row",
        "SkyRL",
        {"data_source": "livecodebench", "reward_spec": {"method": "rule", "ground_truth": json.dumps(PAIRS)}},
        inner="prime_code",
        **PROGRAMS,
    ),
    Case(
        "trainer_row",
        "OpenRLHF",
        {"input": "Add.", "label": json.dumps(ADD_ASSERTIONS)},
        inner="assertions",
        **CALLS,
    ),
    Case(
        "trainer_row",
        "slime",
        {"label": json.dumps(PAIRS), "metadata": {"rm_type": "code"}},
        inner="prime_code",
        **PROGRAMS,
    ),
    Case(
        "synthetic1",
        "SYNTHETIC-2",
        {"task_type": "prime_rl_code", "verification_info": json.dumps({"test_cases": json.dumps(PAIRS)})},
        **PROGRAMS,
    ),
    Case(
        "nemo_gym",
        "BigCodeBench inside",
        {
            "responses_create_params": {"input": [{"role": "user", "content": "Sort."}]},
            "verifier_metadata": {
                "test": UNITTEST,
                "entry_point": "task_func",
                "code_prompt": "def task_func(values):\n",
            },
        },
        inner="bigcodebench",
        right="def task_func(values):\n    return sorted(values)\n",
        wrong="def task_func(values):\n    return list(values)\n",
        raises="def task_func(values):\n    raise RuntimeError('no')\n",
        tests=3,
        wrong_passes=2,
    ),
    Case(
        "nemo_gym",
        "list of assertions",
        {"unit_tests": json.dumps(ADD_ASSERTIONS)},
        **CALLS,
    ),
    Case(
        "cruxeval",
        "row",
        {
            "code": "def f(nums):\n    return [(n, nums.count(n)) for n in set(nums)]",
            "input": "[1, 1]",
            "output": "[(1, 2)]",
            "id": "sample_9000",
        },
        right="assert f([1, 1]) == [(1, 2)]",
        wrong="assert f([1, 1]) == [[1, 2]]",
        raises="assert f([1, 1]) == [(1, 2 / 0)]",
        tests=1,
        more_right=("[(1, 2)]", "f([1, 1]) == [(1, 2.0)]"),
    ),
    Case(
        "cruxeval",
        "LiveCodeBench's code execution",
        {
            "question_id": "9000",
            "function_name": "longest",
            "code": "def longest(s: str) -> int:\n    return max(map(len, s.split()))",
            "input": "longest(s = 'a bcd')",
            "output": "3",
            "numsteps": 4,
        },
        right="assert longest(s = 'a bcd') == 3",
        wrong="assert longest(s = 'a bcd') == 4",
        raises="assert longest(s = 'a bcd') == longest(s = 'a bcd')",
        tests=1,
    ),
    Case("pytest", "in a column test", {"test": SUITE}, **CALLS, tests=4, wrong_passes=2),
]


def graded(grader: Grader, case: Case, answer: str) -> Grade:
    fenced = answer if "```" in answer else f"Here you are.\n\n```python\n{answer}\n```\n"
    sample = Sample(id=case.id, completion=fenced, reference=case.row, prompt=case.prompt)
    return grader.grade(sample)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_row_is_graded_right(grader: Grader, case: Case) -> None:
    for answer in (case.right, *case.more_right):
        grade = graded(grader, case, answer)
        assert grade.status is GradeStatus.SCORED, grade.reason
        assert [test.verdict for test in grade.tests] == [Verdict.PASSED] * case.tests, grade.reason
        assert grade.metric("functional") == 1.0

    grade = graded(grader, case, case.wrong)
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert (grade.metric("tests_total"), grade.metric("tests_passed")) == (case.tests, case.wrong_passes), grade.tests
    assert {test.verdict for test in grade.tests} <= {Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.EXCEPTION}
    assert grade.metric("functional") == pytest.approx(case.wrong_passes / case.tests)

    grade = graded(grader, case, case.raises)
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert grade.metric("tests_total") == case.tests
    assert grade.metric("tests_passed") == 0
    assert Verdict.EXCEPTION in {test.verdict for test in grade.tests}
    assert grade.metric("functional") == 0.0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_row_fits_no_other_format(case: Case) -> None:
    problem = read_reference(case.row, prompt=case.prompt)
    assert problem.format_name == (case.inner or case.format_name)
    assert problem == read_reference(case.row, prompt=case.prompt, format_name=case.format_name)
    assert problem == read_reference(json.dumps(case.row), prompt=case.prompt)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"test_cases": [{"input": "1", "output": "1"}], "checker": '#include "testlib.h"\nint main() {}'}, "is C++"),
        ({"official_tests": [{"input": "1", "output": "1"}], "interaction_format": "ask"}, "interactive"),
        ({"tests": "assert add(1, 2) == 3;", "language": "js"}, "must be py, not 'js'"),
        (
            {"test": [{"input": {"stdin": ""}, "output": {"stdout": ""}}], "labels": {"programming_language": "cpp"}},
            "python",
        ),
        ({"assert_case": ["assert f() == 1"], "outputs": ["1"]}, "must be null beside assert_case"),
        ({"functional": "add(1, 2)"}, "asserts nothing"),
        ({"test_cases": ["add(1, 2)"]}, "asserts nothing"),
        ({"test": "def helper():\n    return 1\n"}, "asserts nothing"),
        ([1], "a list must hold assertions"),
    ],
)
def test_a_row_that_cannot_be_graded_is_refused_by_name(row: Any, error: str) -> None:
    with pytest.raises(ProblemError, match=re.escape(error)):
        read_reference(row)


def test_every_format_has_a_row() -> None:
    assert {case.format_name for case in CASES} == set(FORMAT_NAMES)
