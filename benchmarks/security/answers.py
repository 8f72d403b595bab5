"""Answers to test graders with: the bundled attacks, and a collection beside the checkout."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.conformance.attacks import CONTROL, attacks

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CASES", "FORMS", "Answer", "Must", "bundled", "collected"]

CASES = (((1, 2), 3), ((-5, 5), 0), ((10**20, 1), 10**20 + 1), ((7, 8), 15))
"""Tests of the task: arguments of ``add``, and their sum. No constant is right for two of them."""
_ASSERTS = [f"assert add(*{args}) == {total}" for args, total in CASES]

FORMS: dict[str, list[dict[str, Any]]] = {
    "calls": [{"args": list(args), "expected": total} for args, total in CASES],
    "assertions": [{"assert": line} for line in _ASSERTS],
    "check function": [
        {"check": "\n    ".join(["def check(candidate):", *(line.replace("add(", "candidate(") for line in _ASSERTS)])}
    ],
}
"""The same tests in every form of a reference."""


class Must(StrEnum):
    """Required result of an answer."""

    PASS = "all"  # noqa: S105 - not a password
    """Pass every test; for controls."""
    FAIL = "less"
    """Fail at least one test."""
    EARN_NOTHING = "none"
    """Fail every test."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to the task, with its required result."""

    family: str
    name: str
    source: str
    must: Must

    def holds(self, share: float) -> bool:
        """Return whether a share of passed tests, in [0, 1], is the required result."""
        return {Must.PASS: share == 1.0, Must.FAIL: share < 1.0, Must.EARN_NOTHING: share == 0.0}[self.must]


def bundled() -> list[Answer]:
    """List the attacks and controls of the conformance kit."""
    return [Answer(one.family, one.name, one.source, Must.PASS if one.must_pass else Must.FAIL) for one in attacks()]


def collected(folder: Path) -> list[Answer]:
    """Read the files ``<number>_<family>_<name>.py`` of a folder; their first lines give the required results."""
    answers = []
    for file in sorted(folder.glob("[0-9]*_*.py")):
        source = file.read_text("utf-8", errors="surrogateescape")
        head = source.partition("\n")[0]
        must = Must.EARN_NOTHING if "functional=0" in head else Must.FAIL
        family = file.stem.split("_")[1]
        answers.append(Answer(family, file.stem, source, Must.PASS if family == CONTROL else must))
    return answers
