"""An endless row of samples, no two of them equal, and what each is to earn.

Everything follows from the seed and the sample's number.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.types import Sample
from tests.soak.hostile import REFERENCES, SOURCES, TEXTS
from tests.soak.tasks import TASKS, filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.types import Grade

__all__ = ["Item", "Kind", "Mix", "items", "wrong_with"]


_WRAPPINGS = (
    "```python\nSOURCE```",
    "Here it is:\n\n```python\nSOURCE```\n\nIt takes linear time.",
    "<think>\nThis is easy: `x = 1`.\n</think>\n\n```py\nSOURCE```\n",
    "<answer>\nSOURCE</answer>",
)
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
    task = chance.choice(TASKS)
    reference = filled(task.reference, 10 + problem)
    source = filled(task.right if right else task.wrong, 0).replace("NUMBER", str(number))
    text = chance.choice(_WRAPPINGS).replace("SOURCE", source)
    functional = 1.0 if right else task.share
    return Item(Kind.RIGHT if right else Kind.WRONG, task.name, Sample(number, text, reference), functional)
