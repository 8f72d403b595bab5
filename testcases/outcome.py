"""What became of one test, with what people are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    def plain(self) -> list[str]:
        """As plain data."""
        return [self.verdict.value, self.name, self.detail]
