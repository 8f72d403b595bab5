"""Bundled examples: small tasks, one for each kind of test, with answers of every kind.

A folder is a task: ``task.toml`` has the prompt and the reference, and each ``.txt`` file is the text of a model
answer. The first word of its name is its `Kind`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Example", "Kind", "examples_path", "load_examples"]

_SYSTEM = "You are a careful Python programmer. Answer with the code in one block."


class Kind(StrEnum):
    """Kind of an answer, which decides what it may earn."""

    RIGHT = "right"
    """Passes every test."""
    UGLY = "ugly"
    """Passes every test, in bad style."""
    WRONG = "wrong"
    """Fails at least one test."""
    SLOW = "slow"
    """Does not end."""
    BROKEN = "broken"
    """Is not Python, or does not define the entry point."""
    STUB = "stub"
    """Defines the entry point with an empty body."""
    NONE = "none"
    """Has no code."""
    HACK = "hack"
    """Attacks the grader instead of solving the task."""


@dataclass(frozen=True, slots=True)
class Example:
    """One answer to one task."""

    task: str
    kind: Kind
    name: str
    prompt: str
    reference: Any
    answer: str
    """Whole text of the model."""

    @property
    def id(self) -> str:
        """Its id: ``task/kind_name``, as in the folder."""
        return f"{self.task}/{self.kind}_{self.name}"

    def event(self) -> dict[str, Any]:
        """Return the example as a sample of an event, as trainers send it."""
        messages = [
            {"role": "system", "content": _SYSTEM},
            {"role": "user", "content": self.prompt},
            {"role": "assistant", "content": self.answer},
        ]
        return {"id": self.id, "messages": messages, "reference_answer": self.reference}


def examples_path() -> Path:
    """Return the folder of the examples."""
    return Path(__file__).parent


@cache
def load_examples() -> tuple[Example, ...]:
    """Return all examples, task by task."""
    return tuple(example for path in sorted(examples_path().glob("*/task.toml")) for example in _load_task(path))


def _load_task(path: Path) -> list[Example]:
    task = tomllib.loads(path.read_text("utf-8"))
    examples = []
    # Sorted, because the order of a directory is that of the file system.
    for answer in sorted(path.parent.glob("*.txt")):
        kind, _, name = answer.stem.partition("_")
        examples.append(
            Example(
                task=path.parent.name,
                kind=Kind(kind),
                name=name,
                prompt=task["prompt"],
                reference=task["reference"],
                answer=answer.read_text("utf-8"),
            )
        )
    return sorted(examples, key=lambda example: list(Kind).index(example.kind))
