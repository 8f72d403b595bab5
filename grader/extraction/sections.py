"""Find the marked sections of a completion: the reasoning, which is dropped, and the solution, which is preferred."""

from __future__ import annotations

import re
import sys
from typing import Final

from grader.extraction.lines import line_end
from grader.extraction.markdown import FenceScanner

__all__ = ["REASONING", "SOLUTION", "Marker", "MarkerSet", "solution_sections", "strip_reasoning"]


# Blanks between a marker and a fence belong to the marker: they would count as indentation of the fence.
_BLANKS_BEFORE_FENCE: Final = "(?:[ \t]*+(?=```|~~~))?"


class Marker:
    """An opening marker and its closing one; letter case is ignored."""

    __slots__ = ("_closing", "opening")

    def __init__(self, opening: str, closing: str) -> None:
        self.opening = opening
        self._closing = _closing_pattern(closing)

    def find_closing(self, text: str, start: int, end: int = sys.maxsize) -> re.Match[str] | None:
        """Return the first closing marker in ``text[start:end]``.

        A marker directly before a quote, a backslash or the backtick of inline code does not count: there the text is
        about the marker, as in ``split("</think>")``.
        """
        return self._closing.search(text, start, end)


class MarkerSet:
    """Markers with the same meaning."""

    __slots__ = ("_any", "_closing", "_markers", "_opening")

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self._markers = tuple(Marker(*pair) for pair in pairs)
        openings = "|".join(f"({re.escape(opening)})" for opening, _ in pairs)
        # At most three spaces before it, as before any block of CommonMark: a deeper one is inside another block.
        self._opening = re.compile(rf"\ufeff? {{0,3}}(?:{openings}){_BLANKS_BEFORE_FENCE}", re.IGNORECASE)
        self._closing = _closing_pattern(*(closing for _, closing in pairs))
        self._any = re.compile("|".join(re.escape(text) for pair in pairs for text in pair), re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        """Return True if the text contains any of the markers, even where it does not count."""
        return self._any.search(text) is not None

    def opening_at(self, text: str, at: int) -> tuple[Marker, int] | None:
        """Return the marker at the start of the line at ``at``, and its end; ``None`` if the line starts with none."""
        match = self._opening.match(text, at)
        if match is None or match.lastindex is None:
            return None
        return self._markers[match.lastindex - 1], match.end()

    def find_closing(self, text: str, start: int, end: int = sys.maxsize) -> re.Match[str] | None:
        """Return the first closing marker of any of them in ``text[start:end]``, as `Marker.find_closing`."""
        return self._closing.search(text, start, end)


def _closing_pattern(*closings: str) -> re.Pattern[str]:
    # In brackets it could be an index, as in ``state[DONE]``, unless it ends its line.
    alternatives = "|".join(
        rf"(?<![\w\])]){re.escape(closing)}|{re.escape(closing)}(?=[ \t]*+(?:\n|\Z))"
        if closing.startswith("[")
        else re.escape(closing)
        for closing in closings
    )
    return re.compile(rf"(?:{alternatives})(?!['\"\\]|`(?!``)){_BLANKS_BEFORE_FENCE}", re.IGNORECASE)


REASONING: Final = MarkerSet(
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
"""Markers that models put around their reasoning."""

SOLUTION: Final = MarkerSet(
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
    ("<answer>", "</answer>"),
    ("<solution>", "</solution>"),
    ("<final_answer>", "</final_answer>"),
    ("<code>", "</code>"),
    ("<python>", "</python>"),
    ("<|python_tag|>", "<|eom_id|>"),
    ("[BEGIN]", "[DONE]"),
    ("[PYTHON]", "[/PYTHON]"),
    ("[ANSWER]", "[/ANSWER]"),
    ("[SOLUTION]", "[/SOLUTION]"),
)
"""Markers that prompts ask models to put around their answer."""

_STOPS: Final = ("[DONE]", "[/PYTHON]", "[/ANSWER]", "[/SOLUTION]")
"""Closing markers that end an answer also where the prompt has the opening one, each alone on its line."""


def strip_reasoning(text: str) -> tuple[str, bool]:
    """Return the text without its reasoning, and True if there was any.

    - An opening marker counts at the start of a line outside fenced blocks. The reasoning ends at
      the first closing marker of its kind, whatever fences are in between, or else at the end of the text.
    - A closing marker without an opening one counts if it is the first marker of the text: the chat template has
      opened the reasoning in the prompt, and all text before the marker is reasoning. Inside a fenced block the marker
      must be alone on its line, so that code about such markers stays in one piece.
    - Text after a closing marker is read as the start of a line.
    """
    if not REASONING.is_in(text):
        return text, False
    visible: list[str] = []
    scanner = FenceScanner()
    start = at = 0
    end = -1
    has_reasoning = False
    # The scanner follows the fences outside of the reasoning only: fences in it are rarely closed.
    while at < len(text):
        end = line_end(text, at, end)
        if not scanner.inside and (opening := REASONING.opening_at(text, at)):
            visible.append(text[start:at])
            marker, after = opening
            closing = marker.find_closing(text, after)
            start = len(text) if closing is None else closing.end()
        elif (
            not has_reasoning
            and (closing := REASONING.find_closing(text, at, end))
            and (not scanner.inside or text[at:end].strip() == closing[0].rstrip())
        ):
            start = closing.end()
        else:
            scanner.skip(text[at:end])
            at = end + 1
            continue
        has_reasoning = True
        scanner.reset()
        at = start
    visible.append(text[start:])
    return "".join(visible), has_reasoning


def solution_sections(text: str) -> list[str]:
    """Return the contents of all pairs of solution markers that are not blank.

    - An opening marker counts at the start of a line outside fenced blocks; a closing marker counts only
      after an opening one of its kind, and inside a fenced block only alone on its line.
    - A section without a closing marker extends to the end of the text: samplers stop at the closing marker and
      omit it.
    - A closing marker in brackets that is alone on its line, without an opening one before it, ends a section that the
      prompt has opened. It starts at the beginning of the text.
    """
    if not SOLUTION.is_in(text):
        return []
    sections: list[str] = []
    scanner = FenceScanner()
    marker: Marker | None = None
    has_marker = False
    start = at = 0
    end = -1
    while at < len(text):
        end = line_end(text, at, end)
        if marker is None:
            if not scanner.inside and (opening := SOLUTION.opening_at(text, at)):
                marker, at = opening
                start = at
                has_marker = True
                continue
            if not has_marker and not scanner.inside and text[at:end].strip() in _STOPS:
                sections.append(text[:at])
                has_marker = True
        elif (closing := marker.find_closing(text, at, end)) and (
            not scanner.inside or text[at:end].strip() == closing[0].rstrip()
        ):
            sections.append(text[start : closing.start()])
            marker = None
            scanner.reset()
            at = closing.end()
            continue
        scanner.skip(text[at:end])
        at = end + 1
    if marker is not None:
        sections.append(text[start:])
    return [section for section in sections if section and not section.isspace()]
