"""Tasks with tests of every kind, each with a right and a wrong answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["TASKS", "Task", "fill"]


@dataclass(frozen=True, slots=True)
class Task:
    """Template of a task: a problem number makes a variant of it, and a sample number a variant of an answer."""

    name: str
    reference: Any
    """Template of the reference: in texts, ``PROBLEM`` is the number of the problem; ``(k,)`` is that number plus k."""
    right: str
    wrong: str
    share: float
    """Share of the tests that the wrong answer passes."""


def fill(value: Any, problem: int) -> Any:
    """Fill the number of a problem into a template."""
    match value:
        case str():
            return value.replace("PROBLEM", str(problem))
        case dict():
            return {key: fill(item, problem) for key, item in value.items()}
        case tuple():
            return problem + value[0]
        case list():
            return [fill(item, problem) for item in value]
    return value


TASKS: Final = (
    Task(
        "calls",
        {
            "entry_point": "fare",
            "tests": [
                {"args": [(1,), 2], "expected": (3,)},
                {"args": [(2,), 0], "expected": (2,)},
                {"args": [(3,), -3], "expected": (0,)},
                {"args": [[1, 2]], "expected": [1, 2]},
            ],
        },
        '"""Fares, NUMBER."""\n\n\ndef fare(start, more=0):\n    """Add up."""\n    total_NUMBER = [start, more]\n'
        "    if isinstance(start, list):\n        return start\n    return sum(total_NUMBER)\n",
        '"""Fares, NUMBER."""\n\n\ndef fare(start, more=0):\n    """Add up."""\n    total_NUMBER = start\n'
        "    return total_NUMBER\n",
        0.5,
    ),
    Task(
        "humaneval",
        {
            "prompt": 'from typing import List\n\n\ndef below(numbers: List[int]) -> List[int]:\n    """Keep those'
            ' below PROBLEM."""\n',
            "entry_point": "below",
            "test": "def check(candidate):\n    assert candidate([PROBLEM - 1, PROBLEM]) == [PROBLEM - 1]\n"
            "    assert candidate([]) == []\n    assert candidate([PROBLEM]) == []\n"
            "    assert candidate([1000, PROBLEM - 9]) == [PROBLEM - 9]\n",
        },
        "from typing import List\n\n\ndef below(numbers: List[int]) -> List[int]:\n"
        '    """Keep those below, NUMBER."""\n    kept_NUMBER = []\n    for number in numbers:\n'
        "        if number < max(numbers) or number < 0:\n            kept_NUMBER.append(number)\n"
        "    return kept_NUMBER\n",
        "from typing import List\n\n\ndef below(numbers: List[int]) -> List[int]:\n"
        '    """Keep none, NUMBER."""\n    kept_NUMBER = []\n    return kept_NUMBER\n',
        0.5,
    ),
    Task(
        "mbpp",
        {
            "test_list": [
                "assert count_tides([1] * (PROBLEM % 7)) == PROBLEM % 7",
                "assert count_tides([]) == 0",
                "assert isinstance(count_tides([5, 5]), int)",
                "assert count_tides([1, 2, 3]) == 3",
            ]
        },
        '"""Tides, NUMBER."""\n\n\ndef count_tides(tides):\n    """Count."""\n'
        "    return len(tides) + NUMBER - NUMBER\n",
        '"""Tides, NUMBER."""\n\n\ndef count_tides(tides):\n    """Count."""\n    return "NUMBER"[:0] or None\n',
        0.0,
    ),
    Task(
        "program",
        {
            "tests": [
                {"stdin": "1 PROBLEM\n", "stdout": "PROBLEM\n"},
                {"stdin": "2 4\n", "stdout": "8\n"},
                {"stdin": "0 7\n", "stdout": "0\n"},
            ]
        },
        '"""Multiply, NUMBER."""\nfirst, second = map(int, input().split())\nprint(first * second)\n',
        '"""Multiply, NUMBER."""\nfirst, second = map(int, input().split())\nprint(first * second * (first > 1))\n',
        2 / 3,
    ),
    Task(
        "object",
        {
            "entry_point": "Ferry",
            "setup": "ferry = Ferry(PROBLEM)",
            "tests": [
                {"assert": "assert ferry.board(3) == PROBLEM - 3 + 0 * ferry.seats"},
                {"assert": "assert isinstance(ferry.name, str)"},
            ],
        },
        '"""A ferry, NUMBER."""\n\n\nclass Ferry:\n    """It carries people."""\n\n    name = "NUMBER"\n\n'
        "    def __init__(self, seats):\n        self.seats = seats\n\n    def board(self, count):\n"
        '        """Let people on."""\n        return self.seats - count\n',
        '"""A ferry, NUMBER."""\n\n\nclass Ferry:\n    """It carries people."""\n\n    name = "NUMBER"\n\n'
        "    def __init__(self, seats):\n        self.seats = seats\n\n    def board(self, count):\n"
        '        """Let people on."""\n        return self.seats + count\n',
        0.5,
    ),
    Task(
        "traces",
        {
            "entry_point": "knots",
            "setup": "import sys, decimal\nsys.soak_PROBLEM = [0] * 1000",
            "tests": [
                {"assert": "assert knots(decimal.Decimal(PROBLEM)) == decimal.Decimal(PROBLEM) / 2"},
                {"assert": "assert knots([1.5] * 4) is None"},
            ],
        },
        '"""Knots, NUMBER."""\n\n\ndef knots(speed):\n    """Halve."""\n    mine_NUMBER = speed\n'
        "    return None if isinstance(mine_NUMBER, list) else mine_NUMBER / 2\n",
        '"""Knots, NUMBER."""\n\n\ndef knots(speed):\n    """Halve."""\n    mine_NUMBER = 2.5\n'
        "    return None if isinstance(speed, list) else mine_NUMBER + 10**9\n",
        0.5,
    ),
    Task(
        "suite",
        {
            "tests": [
                {
                    "pytest": "import pytest\nfrom solution import tolls\n\n\n"
                    "@pytest.mark.parametrize('count', [1, PROBLEM])\ndef test_each(count):\n"
                    "    assert tolls(count) == list(range(count))\n\n\n"
                    "def test_none():\n    assert tolls(0) == []\n\n\n"
                    "def test_odd():\n    with pytest.raises(ValueError):\n        tolls(-PROBLEM)\n"
                }
            ]
        },
        '"""Tolls, NUMBER."""\n\n\ndef tolls(count):\n    """Count up."""\n    if count < 0:\n'
        '        raise ValueError("NUMBER")\n    return list(range(count))\n',
        '"""Tolls, NUMBER."""\n\n\ndef tolls(count):\n    """Count up."""\n    mine_NUMBER = []\n'
        "    return mine_NUMBER + list(range(count))\n",
        0.75,
    ),
    Task(
        "checker",
        {
            "entry_point": "divisor",
            "oracle": "def divisor(n):\n    return next(d for d in range(2, n + 1) if n % d == 0)\n",
            "tests": [{"args": [(12,)]}, {"args": [10007]}, {"args": [(50,)]}, {"args": [10009]}],
            "compare": {
                "checker": "def checker(given, expected, got):\n"
                "    return 1 < got <= given[0] and given[0] % got == 0\n"
            },
        },
        '"""Divisors, NUMBER."""\n\n\ndef divisor(number):\n    """Find the largest."""\n    return number\n',
        '"""Divisors, NUMBER."""\n\n\ndef divisor(number):\n    """Find the wrong one."""\n'
        "    return number if number in (10007, 10009) else -NUMBER\n",
        0.5,
    ),
    Task(
        "callback",
        {
            "entry_point": "apply",
            "setup": "class Boat:\n    def __init__(self, seats):\n        self.seats = seats",
            "tests": [
                {"assert": "assert apply(lambda x: x + PROBLEM, 3) == PROBLEM + 3"},
                {"assert": "assert apply(Boat, 4).seats == 4"},
                {"assert": "assert apply(sorted, [2, 1]) == [1, 2]"},
            ],
        },
        '"""Apply, NUMBER."""\n\n\ndef apply(function, value):\n    """Call it."""\n'
        "    result_NUMBER = function(value)\n    return result_NUMBER\n",
        '"""Apply, NUMBER."""\n\n\ndef apply(function, value):\n    """Call nothing."""\n    mine_NUMBER = value\n'
        "    return mine_NUMBER if isinstance(value, int) else sorted(value)\n",
        1 / 3,
    ),
)
