"""Rows in the shapes of public data sets, written from their documentation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grader.tools.files.rows import Row, RowFile

if TYPE_CHECKING:
    from pathlib import Path

HUMANEVAL = {
    "task_id": "HumanEval/53",
    "prompt": 'def add(x: int, y: int):\n    """Add two numbers x and y\n    >>> add(2, 3)\n    5\n    """\n',
    "entry_point": "add",
    "canonical_solution": "    return x + y\n",
    "test": "def check(candidate):\n    assert candidate(0, 1) == 1\n    assert candidate(5, 7) == 12\n",
}
MBPP = {
    "task_id": 602,
    "prompt": "Write a python function to find the first repeated character in a given string.",
    "code": "def first_repeated_char(text):\n"
    "  seen = set()\n  for c in text:\n    if c in seen:\n      return c\n    seen.add(c)\n",
    "test_imports": [],
    "test_list": [
        'assert first_repeated_char("abcabc") == "a"',
        'assert first_repeated_char("abc") == None',
        'assert first_repeated_char("123123") == "1"',
    ],
    "source_file": "Benchmark Questions Verification V2.ipynb",
}
PRIME = {
    "id": "sum-1",
    "question": "Read two numbers and print their sum.",
    "inputs": ["1 2\n", "3 4\n"],
    "outputs": ["3\n", "7\n"],
    "solutions": json.dumps(["print(sum(map(int, input().split())))\n"]),
}
PRIME_CALL = {
    "problem_id": 7,
    "question": "Swap the keys and values.",
    "starter_code": "def swapped(table):\n    pass\n",
    "fn_name": "swapped",
    "inputs": [[{"1": "a"}], [{"2": "b"}]],
    "outputs": [[{"a": 1}], [{"b": 2}]],
    "solutions": ["def swapped(table):\n    return {value: key for key, value in table.items()}\n"],
}
AWS = {
    "id": "code-002",
    "messages": [
        {"role": "system", "content": "You are a helpful programming assistant"},
        {"role": "user", "content": "Write reverse_string(s) without built-in reverse methods."},
    ],
    "reference_answer": {
        "code": "def reverse_string(s):\n    return s[::-1]\n",
        "test_cases": [
            {"input": "hello", "expected_output": "olleh"},
            {"input": "", "expected_output": ""},
            {"input": "ab", "expected_output": "ba"},
        ],
    },
}
VERL = {
    "data_source": "codeforces",
    "prompt": [{"role": "user", "content": "Print the larger of two numbers."}],
    "ability": "code",
    "reward_model": {"style": "rule", "ground_truth": '{"inputs": ["1 2", "5 4"], "outputs": ["2", "5"]}'},
    "extra_info": {"index": 49, "split": "train"},
}
LIVECODEBENCH = {
    "question_id": "abc_1",
    "question_content": "Add up the numbers.",
    "starter_code": "class Solution:\n    def total(self, numbers: List[int]) -> int:\n        ",
    "public_test_cases": '[{"input": "[1, 2]", "output": "3", "testtype": "functional"}]',
    "private_test_cases": '[{"input": "[]", "output": "0", "testtype": "functional"}]',
    "metadata": '{"func_name": "total"}',
}
ROWS: dict[str, dict[str, Any]] = {
    "humaneval": HUMANEVAL,
    "mbpp": MBPP,
    "prime_code": PRIME,
    "prime_code call": PRIME_CALL,
    "aws_code": AWS,
    "verl": VERL,
    "livecodebench": LIVECODEBENCH,
}


def row_of(document: dict[str, Any], number: int = 1) -> Row:
    """Return a row as a file yields it."""
    return Row(number, 100, f"rows.jsonl:{number}", document)


def rows_in(path: Path | str) -> list[Row]:
    with RowFile(str(path)) as source:
        return list(source)
