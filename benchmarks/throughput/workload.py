"""A workload: answers to grade, as plain data that every contender can read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Item", "Workload"]


@dataclass(frozen=True, slots=True)
class Item:
    """One answer, and the tests in every form that a contender may want."""

    id: str
    answer: str
    """The whole module that is graded."""
    right: bool
    """Whether it passes every test."""
    reference: Mapping[str, Any]
    """The tests as this grader takes them."""
    entry_point: str = ""
    check: str = ""
    """Source that defines ``check(candidate)``; empty for programs and suites."""
    solution: str = ""
    """A right module for the same problem, from which contenders that want values make them."""
    programs: tuple[tuple[str, str], ...] = ()
    """Input and output of each test of a program."""
    tests: int = 1
    """What it counts for where a rate counts tests."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Answers that are graded as one batch."""

    name: str
    items: tuple[Item, ...]
    limit_s: float = 3.0
    """CPU seconds, or seconds, whichever a contender counts, that an answer may take."""
    per_test: bool = False
    """Whether its rate counts tests, not samples."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """Settings of this grader for it."""

    @property
    def units(self) -> int:
        """What a rate counts."""
        return sum(item.tests for item in self.items) if self.per_test else len(self.items)

    def at_round(self, number: int) -> Self:
        """The same with every answer and every problem a little different, so that nothing remembered is of use.

        Equal items stay equal, and so stay the duplicates of a batch.
        """
        return replace(self, items=tuple(_at_round(item, f"# round {number}\n") for item in self.items))

    def only(self, items: Sequence[Item], name: str) -> Self:
        """The same with other items."""
        return replace(self, items=tuple(items), name=name)

    def event(self) -> list[dict[str, Any]]:
        """The batch as a trainer sends it to the Lambda."""
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
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> Self:
        """The other way round."""
        fields = json.loads(text)
        items = tuple(Item(**{**item, "programs": tuple(map(tuple, item["programs"]))}) for item in fields["items"])
        return cls(**{**fields, "items": items})


def _at_round(item: Item, mark: str) -> Item:
    changed = {key: mark + value for key, value in item.reference.items() if key in {"test", "pytest"}}
    changed |= {"tests": _marked(item.reference["tests"], mark)} if "tests" in item.reference else {}
    return replace(
        item,
        answer=mark + item.answer,
        check=mark + item.check if item.check else "",
        reference={**item.reference, **changed},
    )


def _marked(tests: Sequence[Mapping[str, Any]], mark: str) -> list[Mapping[str, Any]]:
    """The tests, those that are source with a comment on top; of others there is nothing that would be remembered."""
    return [
        {key: mark + value if key in {"assert", "check", "pytest"} else value for key, value in test.items()}
        for test in tests
    ]
