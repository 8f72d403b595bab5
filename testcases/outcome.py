"""What became of one test, with what people are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testcases.verdict import Verdict

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test."""

    verdict: Verdict
    name: str
    """What the test is, for people."""
    detail: str = ""
    """What came back or went wrong, for people."""

    def plain(self, place: int) -> list[Any]:
        """As plain data, with the place of the test in its exam."""
        return [self.verdict.value, self.name, self.detail, place]
