"""An endless row of samples, no two of them equal, and what each is to earn.

Everything follows from the seed and the sample's number.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from grader.sample import Sample
from tests.soak.hostile import REFERENCES, SOURCES, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.grade import Grade

__all__ = ["Item", "Kind", "Mix", "items", "wrong_with"]


_STRIDE = 29
"""From one hostile answer to the next, so that unlike ones follow each other; every one has its turn."""


class Kind(StrEnum):
    """What an answer is."""

    RIGHT = "right"
    WRONG = "wrong"
    HOSTILE = "hostile"


@dataclass(frozen=True, slots=True)
class Item:
    """A sample and what it is to earn."""

    kind: Kind
    name: str
    """Of the task, or of the attack."""
    sample: Sample
    functional: float | None
    """The functional score; ``None``: anything below 1."""


@dataclass(frozen=True, slots=True)
class Mix:
    """What the samples are."""

    seed: int = 0
    hostile_every: int = 50
    """One in so many is hostile."""
    wrong_every: int = 10
    problems: int = 250
    """How many there are of each task; the default is more than a grader keeps of all together."""


def items(first: int, last: int, mix: Mix) -> Iterator[Item]:
    """The samples from one number up to another, which is left out."""
    for number in range(first, last):
        chance = random.Random(f"{mix.seed}/{number}")
        if number % mix.hostile_every == mix.hostile_every // 2:
            yield _hostile(number, number // mix.hostile_every, chance)
        else:
            right = number % mix.wrong_every != mix.wrong_every - 1
            yield _answer(number, chance.randrange(mix.problems), chance, right=right)


def wrong_with(item: Item, grade: Grade) -> str:
    """What is wrong with a grade; empty when it is as it must be."""
    name = f"{item.kind} answer {item.sample.id} ({item.name})"
    if grade.sample_id != item.sample.id:
        return f"{name} got the grade of {grade.sample_id}"
    if grade.reward is None:
        return f"{name} is unscored: {grade.reason}"
    functional = grade.metric("functional")
    if item.functional is None:
        return f"{name} got {functional}" if functional >= 1.0 else ""
    if functional != item.functional:
        return f"{name} got {functional} instead of {item.functional}: {grade.reason}"
    if item.kind is Kind.RIGHT and (grade.metric("syntax") != 1.0 or not 0.9 <= grade.reward <= 1.0):
        return f"{name} got the reward {grade.reward}: {grade.reason}"
    return ""


def _hostile(number: int, turn: int, chance: random.Random) -> Item:
    names = [*SOURCES, *TEXTS]
    name = names[turn * _STRIDE % len(names)]
    text = f"```python\n{SOURCES[name]}```" if name in SOURCES else TEXTS[name]
    text = text.replace("NUMBER", str(number))
    return Item(Kind.HOSTILE, name, Sample(number, text, chance.choice(REFERENCES)), None)


def _answer(number: int, problem: int, chance: random.Random, *, right: bool) -> Item:
    task = chance.choice(_TASKS)
    reference = _filled(task.reference, 10 + problem)
    source = _filled(task.right if right else task.wrong, 0).replace("NUMBER", str(number))
    text = chance.choice(_WRAPPINGS).replace("SOURCE", source)
    functional = 1.0 if right else task.share
    return Item(Kind.RIGHT if right else Kind.WRONG, task.name, Sample(number, text, reference), functional)


_WRAPPINGS = (
    "```python\nSOURCE```",
    "Here it is:\n\n```python\nSOURCE```\n\nIt takes linear time.",
    "<think>\nThis is easy: `x = 1`.\n</think>\n\n```py\nSOURCE```\n",
    "<answer>\nSOURCE</answer>",
)


@dataclass(frozen=True, slots=True)
class _Task:
    name: str
    reference: Any
    """``PROBLEM`` stands for the number of the problem in texts, ``[k]`` for that number plus k where a value is."""
    right: str
    wrong: str
    share: float
    """Of the tests that the wrong answer passes."""


def _filled(value: Any, problem: int) -> Any:
    match value:
        case str():
            return value.replace("PROBLEM", str(problem))
        case dict():
            return {key: _filled(item, problem) for key, item in value.items()}
        case (int(more),):  # a tuple stands for a number
            return problem + more
        case list():
            return [_filled(item, problem) for item in value]
    return value


_TASKS = (
    _Task(
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
    _Task(
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
    _Task(
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
    _Task(
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
    _Task(
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
    _Task(
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
)
