"""Workloads: answers to grade, as plain data that every contender can read."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Item", "Workload"]


@dataclass(frozen=True, slots=True)
class Item:
    """Answer with its tests, in every form that a contender may need."""

    id: str
    answer: str
    """Source of the module to grade."""
    right: bool
    """True if it passes every test."""
    reference: Mapping[str, Any]
    """Tests as a reference of this grader."""
    entry_point: str = ""
    check: str = ""
    """Source that defines ``check(candidate)``; empty for programs."""
    solution: str = ""
    """Source of a correct module, for contenders that need expected values."""
    programs: tuple[tuple[str, str], ...] = ()
    """Stdin and stdout of each test of a program."""
    tests: int = 1
    """Number of tests, for rates whose unit is a test."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Batch of answers to grade."""

    name: str
    items: tuple[Item, ...]
    limit_s: float = 3.0
    """Time limit of an answer, in CPU seconds or in seconds, whichever a contender supports."""
    per_test: bool = False
    """True if the unit of rates is a test, not a sample."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Settings of this grader for the workload."""

    @property
    def units(self) -> int:
        """Number of units of a rate."""
        return sum(item.tests for item in self.items) if self.per_test else len(self.items)

    def at_round(self, number: int) -> Self:
        """Return a variant for one round, so that caches of earlier rounds do not help.

        Every answer and test source gets a comment, and every entry point another name. Training sees new functions all
        the time, so a cache by names of functions must not make the benchmark look better than training. Equal items
        stay equal.

        Args:
            number: number of the round; -1 for the warm-up.
        """
        return replace(self, items=tuple(_at_round(item, number) for item in self.items))

    def only(self, items: Sequence[Item], name: str) -> Self:
        """Return the workload with other items and another name."""
        return replace(self, items=tuple(items), name=name)

    def event(self) -> list[dict[str, Any]]:
        """Return the batch as an event of the Lambda function."""
        return [
            {
                "id": item.id,
                "messages": [
                    {"role": "user", "content": "Write it."},
                    {"role": "assistant", "content": f"```python\n{item.answer}\n```"},
                ],
                "reference_answer": item.reference,
            }
            for item in self.items
        ]

    def dump(self) -> str:
        """Return the workload as JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Self:
        """Make a workload from the output of `dump`."""
        fields = json.loads(text)
        items = tuple(Item(**{**item, "programs": tuple(map(tuple, item["programs"]))}) for item in fields["items"])
        return cls(**{**fields, "items": items})


_TEST_SOURCES = frozenset({"test", "pytest", "assert", "check"})
"""Keys of a reference, or of one of its tests, with source of tests."""
_OTHER_SOURCES = frozenset({"entry_point", "prompt", "setup"})
"""Keys of a reference with other text that names the entry point."""


def _at_round(item: Item, number: int) -> Item:
    mark = f"# round {number}\n"
    # Not after a dot: an attribute of the same name, such as a method of a built-in type, is not the entry point.
    name = re.compile(rf"(?<![\w.]){re.escape(item.entry_point)}(?!\w)") if item.entry_point else None

    def rename(text: str) -> str:
        return text if name is None else name.sub(f"{item.entry_point}_{number + 1}", text)

    def change(fields: Mapping[str, Any]) -> dict[str, Any]:
        sources = {key: mark + rename(fields[key]) for key in _TEST_SOURCES & fields.keys()}
        return {**fields, **sources, **{key: rename(fields[key]) for key in _OTHER_SOURCES & fields.keys()}}

    reference = change(item.reference)
    if "tests" in reference:
        # Arguments and expected values stay: there is nothing to compile that could be cached.
        reference["tests"] = [change(test) for test in reference["tests"]]
    return replace(
        item,
        answer=mark + rename(item.answer),
        check=mark + rename(item.check) if item.check else "",
        reference=reference,
        entry_point=rename(item.entry_point),
        solution=rename(item.solution),
    )
