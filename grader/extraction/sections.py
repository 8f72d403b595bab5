"""The part of a completion that its author marked as the solution."""

from __future__ import annotations

from grader.extraction.fences import FenceScanner
from grader.extraction.markers import SOLUTION, Marker
from grader.extraction.text import line_end

__all__ = ["solution_section"]


def solution_section(text: str) -> str | None:
    """Return what stands in the last pair of solution markers with anything in it; ``None`` without one.

    - An opening marker counts at the start of a line outside fenced blocks; a closing marker counts only
      after an opening one of its kind, and inside a fenced block only alone on its line.
    - A section that is never closed goes on to the end of the text: samplers stop at the closing marker and
      leave it out.
    """
    if not SOLUTION.is_in(text):
        return None
    section: str | None = None
    scanner = FenceScanner()
    marker: Marker | None = None
    start = at = 0
    end = -1
    while at < len(text):
        end = line_end(text, at, end)
        if marker is None:
            if not scanner.inside and (opening := SOLUTION.opening_at(text, at)):
                marker, at = opening
                start = at
                continue
        elif (closing := marker.find_closing(text, at, end)) and (
            not scanner.inside or text[at:end].strip() == closing[0].rstrip()
        ):
            section = _if_any(text[start : closing.start()], section)
            marker = None
            scanner.reset()
            at = closing.end()
            continue
        scanner.skip(text[at:end])
        at = end + 1
    return section if marker is None else _if_any(text[start:], section)


def _if_any(found: str, otherwise: str | None) -> str | None:
    return otherwise if not found or found.isspace() else found
