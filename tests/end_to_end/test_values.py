"""Values and texts of unusual kinds and sizes, graded from end to end: right ones pass, near misses do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

MEGABYTES = 3 * 10**6
DEPTH = 200


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@dataclass(frozen=True, slots=True)
class Case:
    """A function's test, and bodies of ``f`` that are right and wrong."""

    expected: Any
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    args: tuple[Any, ...] = ()


CALLS = {
    "tuples inside lists, where JSON has lists": Case(
        [[1, [2, 3]], []], ("return [(1, (2, 3)), ()]", "return ((1, [2, 3]), [])"), ("return [(1, (3, 2)), ()]",)
    ),
    "an integer of 5,001 digits": Case(10**5000, ("return 10**5000",), ("return 10**5000 + 1", "return 1e300")),
    "an argument of 5,001 digits": Case(1, ("return x % 10",), ("return x % 1000 + 1",), (10**5000 + 1,)),
    "no number": Case(
        float("nan"), ("return float('nan')",), ("return 0.0", "return None", "return 'nan'", "return float('inf')")
    ),
    "a number where none is": Case(0.5, ("return 0.5",), ("return float('nan')",)),
    "infinities": Case(
        [float("inf"), float("-inf")],
        ("return [float('inf'), -float('inf')]",),
        ("return [float('inf')] * 2", "return [1e308, -1e308]"),
    ),
    "sets": Case({1, "a", (2, 3)}, ("return {(2, 3), 'a', 1}",), ("return {1, 'a'}", "return [1, 'a', (2, 3)]")),
    "keys that are tuples": Case(
        {(0, 1): [2], (0,): []}, ("return {(0,): [], (0, 1): [2]}",), ("return {(0, 1): [2], 0: []}",)
    ),
    "letters beyond the first plane": Case(
        "žluťoučký 🐎\0\u2028", ("return 'žluťoučký 🐎\\0\\u2028'",), ("return 'zlutoucky 🐎\\0\\u2028'",)
    ),
    "half a pair": Case("\ud800", ("return '\\ud800'",), ("return '\\ud801'", "return '?'")),
    "nesting at the cap": Case(
        nested(DEPTH - 1),
        (f"for _ in range({DEPTH - 1}):\n        x = [x]\n    return x",),
        (f"for _ in range({DEPTH - 2}):\n        x = [x]\n    return x",),
        (1,),
    ),
    "a recursion of 900 calls": Case(
        900, ("return 0 if x == 0 else 1 + f(x - 1)",), ("return 0 if x < 0 else 1 + f(x - 1)",), (900,)
    ),
    "megabytes in": Case(MEGABYTES, ("return len(x)",), ("return len(x[1:])",), ("x" * MEGABYTES,)),
    "megabytes out": Case(
        "ab" * (MEGABYTES // 2), (f"return 'ab' * {MEGABYTES // 2}",), (f"return 'ab' * {MEGABYTES // 2 - 1} + 'aa'",)
    ),
    "many numbers both ways": Case(
        list(range(1, 200_001)), ("return [y + 1 for y in x]",), ("return [y + 1 for y in x[:-1]] + [0]",),
        (list(range(200_000)),),
    ),
}  # fmt: skip


def functional(grader: Grader, answer: str, test: dict[str, Any], entry_point: str | None) -> tuple[float, str]:
    reference: dict[str, Any] = {"tests": [test]}
    if entry_point:
        reference["entry_point"] = entry_point
    grade = grader.grade(Sample("value", f"```python\n{answer}\n```", reference))
    return grade.metric("functional"), grade.reason


@pytest.mark.parametrize("name", CALLS)
def test_a_function_is_graded_by_its_value(grader: Grader, name: str) -> None:
    case = CALLS[name]
    test = {"args": list(case.args), "expected": case.expected}
    for score, bodies in ((1.0, case.right), (0.0, case.wrong)):
        for body in bodies:
            found, reason = functional(grader, f"def f(x=None):\n    {body}", test, "f")
            assert found == score, (body, reason)


PROGRAMS = {
    "letters beyond the first plane": ("🐎 ž\n", "ž 🐎\n", "a, b = input().split()\nprint(b, a)", "print('z 🐎')"),
    "line ends of Windows, in": ("1\r\n2\r\n", "3\n", "print(int(input()) + int(input()))", "print(2)"),
    "line ends of Windows, out": ("", "1\n2\n", "print('1\\r\\n2\\r\\n', end='')", "print('1\\r\\n3\\r\\n', end='')"),
    "line ends of Windows, expected": ("", "1\r\n2\r\n", "print(1)\nprint(2)", "print(1, 2)"),
    "megabytes in": ("7 " * 10**6 + "\n", "7000000\n", "print(sum(map(int, input().split())))", "print(7)"),
    "megabytes out": (
        "", "".join(f"{number}\n" for number in range(300_000)),
        "print(*range(300000), sep='\\n')", "print(*range(299999), sep='\\n')",
    ),
    "a printed prefix": ("", "12\n", "print(12)", "print(1)"),
    "nothing expected": ("5\n", "", "input()", "print(0)"),
    "a large number": ("5000\n", f"1{'0' * 5000}\n", "print('1' + '0' * int(input()))", "print('1' + '0' * 4999)"),
    "a deep recursion": (
        "", "20000\n",
        "import sys\nsys.setrecursionlimit(10**6)\ndef f(n):\n    return n and 1 + f(n - 1)\nprint(f(20000))",
        "def f(n):\n    return n and 1 + f(n - 1)\nprint(f(20000))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_graded_by_its_output(grader: Grader, name: str) -> None:
    stdin, stdout, right, wrong = PROGRAMS[name]
    for score, answer in ((1.0, right), (0.0, wrong)):
        found, reason = functional(grader, answer, {"stdin": stdin, "stdout": stdout}, None)
        assert found == score, (answer, reason)
