"""Pairs of markers around a part of a completion, and where they count as markers."""

from __future__ import annotations

import re
import sys
from typing import Final

__all__ = ["REASONING", "SOLUTION", "Family", "Marker"]


# blanks between a marker and a fence are no indentation of the fence
_BEFORE_FENCE: Final = "(?:[ \t]*+(?=```|~~~))?"


class Marker:
    """An opening marker and the closing one that belongs to it; letter case does not matter."""

    __slots__ = ("_closing", "opening")

    def __init__(self, opening: str, closing: str) -> None:
        self.opening = opening
        self._closing = _closing_pattern(closing)

    def find_closing(self, text: str, start: int, end: int = sys.maxsize) -> re.Match[str] | None:
        """Return the first closing marker in ``text[start:end]``.

        One with a quote, a backslash or an inline code's backtick right after it does not count: there the
        text speaks about the marker, as in ``split("</think>")``.
        """
        return self._closing.search(text, start, end)


class Family:
    """Markers that mean the same."""

    __slots__ = ("_any", "_closing", "_markers", "_opening")

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._markers = tuple(Marker(*pair) for pair in pairs)
        openings = "|".join(f"({re.escape(opening)})" for opening, _ in pairs)
        # at most three spaces before it, as before any block of CommonMark: deeper is inside something else
        self._opening = re.compile(rf"\ufeff? {{0,3}}(?:{openings}){_BEFORE_FENCE}", re.IGNORECASE)
        self._closing = _closing_pattern(*(closing for _, closing in pairs))
        self._any = re.compile("|".join(re.escape(text) for pair in pairs for text in pair), re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        """Tell whether any of the markers is somewhere in the text, whether it counts there or not."""
        return self._any.search(text) is not None

    def opening_at(self, text: str, at: int) -> tuple[Marker, int] | None:
        """Return the marker which the line that starts at ``at`` begins with, and where it ends."""
        match = self._opening.match(text, at)
        if match is None or match.lastindex is None:
            return None
        return self._markers[match.lastindex - 1], match.end()

    def find_closing(self, text: str, start: int, end: int = sys.maxsize) -> re.Match[str] | None:
        """Return the first closing marker of any of them in ``text[start:end]``, as `Marker.find_closing`."""
        return self._closing.search(text, start, end)


def _closing_pattern(*closings: str) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(closing) for closing in closings)
    return re.compile(rf"(?:{alternatives})(?!['\"\\]|`(?!``)){_BEFORE_FENCE}", re.IGNORECASE)


REASONING: Final = Family(
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
"""What models put around their thoughts."""

SOLUTION: Final = Family(
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
    ("<answer>", "</answer>"),
    ("<solution>", "</solution>"),
)
"""What prompts ask models to put around their answer."""
