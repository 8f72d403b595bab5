"""Answers to contest rows may use what contest sites provide: their imports, deep recursion, and large integers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

PROGRAM = {"inputs": ["3\n"], "outputs": ["3\n"]}
CALL = [{"input": "3", "output": "3", "testtype": "functional", "metadata": {"func_name": "f"}}]
PROGRAMS = {
    "a name of itertools": "n = int(input())\nprint(len(list(pairwise(range(n + 1)))))",
    "a name of typing": "def f(x: List[int]) -> Optional[int]:\n    return x[0]\n\n\nprint(f([int(input())]))",
    "stdin of sys": "print(int(stdin.readline()))",
    "recursion": "def f(n):\n    return n and 1 + f(n - 1)\n\n\nprint(f(int(input()) * 9000) // 9000)",
    "recursion through a cache": (
        "@cache\ndef f(n):\n    return n and 1 + f(n - 1)\n\n\nprint(f(int(input()) * 4000) // 4000)"
    ),
    "a large integer": "n = int(input())\nprint(n if len(str(7**9000)) == 7606 else 0)",
    "its own function of such a name": "def gcd(n):\n    return n\n\n\nprint(gcd(int(input())))",
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_may_use_it(grader: Grader, source: str) -> None:
    if "@cache" in source and sys.version_info[:2] in {(3, 12), (3, 13)}:
        pytest.skip("CPython 3.12 and 3.13 limit recursion through C functions, whatever the limit that is set")
    grade = grader.grade(Sample("a", f"```python\n{source}\n```", PROGRAM))
    assert (grade.metric("functional"), grade.metric("style")) == (1.0, 1.0), (grade.reason, grade.style_findings)


@pytest.mark.parametrize("expression", ["len(list(pairwise(range(n + 1))))", "partial(max, n)(1)", "timedelta(n).days"])
def test_a_method_may_use_it(grader: Grader, expression: str) -> None:
    source = f"class Solution:\n    def f(self, n: int) -> Optional[int]:\n        return {expression}"
    grade = grader.grade(Sample("a", f"```python\n{source}\n```", CALL))
    assert (grade.metric("functional"), grade.metric("style")) == (1.0, 1.0), (grade.reason, grade.style_findings)


def test_other_programs_get_what_python_has(grader: Grader) -> None:
    reference = {"tests": [{"stdin": "3\n", "stdout": "3\n"}]}
    for name in ("a name of itertools", "recursion", "a large integer"):
        grade = grader.grade(Sample("a", f"```python\n{PROGRAMS[name]}\n```", reference))
        assert grade.metric("functional") == 0.0, name
