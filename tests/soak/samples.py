"""Generate an endless series of different samples, with their expected scores.

A sample depends only on the seed and its number.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.types import Sample
from tests.soak.hostile import REFERENCES, SOURCES, TEXTS
from tests.soak.tasks import TASKS, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.types import Grade

__all__ = ["Item", "Kind", "Mix", "grade_error", "items"]


_WRAPPINGS = (
    "```python\nSOURCE```",
    "Here it is:\n\n```python\nSOURCE```\n\nIt takes linear time.",
    "<think>\nThis is easy: `x = 1`.\n</think>\n\n```py\nSOURCE```\n",
    "<answer>\nSOURCE</answer>",
)
_STRIDE = 29
"""Step from one hostile answer to the next, so that different ones follow each other; all are used."""


class Kind(StrEnum):
    """Kind of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    HOSTILE = "hostile"


@dataclass(frozen=True, slots=True)
class Item:
    """Sample with its expected score."""

    kind: Kind
    name: str
    """Name of the task, or of the attack."""
    sample: Sample
    functional: float | None
    """Expected functional score; ``None`` for any below 1."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Composition of the samples."""

    seed: int = 0
    hostile_every: int = 50
    """One sample in this number is hostile."""
    wrong_every: int = 10
    problems: int = 250
    """Number of variants of each task; the default is more than a grader caches of all together."""


def items(first: int, last: int, mix: Mix) -> Iterator[Item]:
    """Generate the samples from one number up to, but not including, another."""
    for number in range(first, last):
        generator = random.Random(f"{mix.seed}/{number}")
        if number % mix.hostile_every == mix.hostile_every // 2:
            yield _hostile(number, number // mix.hostile_every, generator)
        else:
            right = number % mix.wrong_every != mix.wrong_every - 1
            yield _answer(number, generator.randrange(mix.problems), generator, right=right)


def grade_error(item: Item, grade: Grade) -> str:
    """Describe what is wrong with a grade; return an empty string if it is as expected."""
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


def _hostile(number: int, turn: int, generator: random.Random) -> Item:
    names = [*SOURCES, *TEXTS]
    name = names[turn * _STRIDE % len(names)]
    text = f"```python\n{SOURCES[name]}```" if name in SOURCES else TEXTS[name]
    text = text.replace("NUMBER", str(number))
    return Item(Kind.HOSTILE, name, Sample(number, text, generator.choice(REFERENCES)), None)


def _answer(number: int, problem: int, generator: random.Random, *, right: bool) -> Item:
    task = generator.choice(TASKS)
    reference = fill(task.reference, 10 + problem)
    source = fill(task.right if right else task.wrong, 0).replace("NUMBER", str(number))
    text = generator.choice(_WRAPPINGS).replace("SOURCE", source)
    functional = 1.0 if right else task.share
    return Item(Kind.RIGHT if right else Kind.WRONG, task.name, Sample(number, text, reference), functional)
