"""The thoughts before an answer, which are no part of it."""

from __future__ import annotations

from grader.extraction.fences import FenceScanner
from grader.extraction.markers import REASONING
from grader.extraction.text import line_end

__all__ = ["without_reasoning"]


def without_reasoning(text: str) -> tuple[str, bool]:
    """Return the text without its reasoning, and whether there was any.

    - An opening marker counts at the start of a line outside fenced blocks. The reasoning goes on to the
      first closing marker of its kind, whatever fences are in between; to the end of the text when there is
      none.
    - A closing marker without an opening one counts if it is the first marker of the text: then the chat
      template has opened the reasoning in the prompt, and all text before it is reasoning. Inside a fenced
      block it must stand alone on its line, so that code which handles such markers stays in one piece.
    - What follows a closing marker is read as if it started a line.
    """
    if not REASONING.is_in(text):
        return text, False
    kept: list[str] = []
    scanner = FenceScanner()
    start = at = 0
    end = -1
    seen = False
    while at < len(text):
        end = line_end(text, at, end)
        if not scanner.inside and (opening := REASONING.opening_at(text, at)):
            kept.append(text[start:at])
            marker, after = opening
            closing = marker.find_closing(text, after)
            start = len(text) if closing is None else closing.end()
        elif (
            not seen
            and (closing := REASONING.find_closing(text, at, end))
            and (not scanner.inside or text[at:end].strip() == closing[0].rstrip())
        ):
            start = closing.end()
        else:
            scanner.skip(text[at:end])
            at = end + 1
            continue
        seen = True
        scanner.reset()
        at = start
    kept.append(text[start:])
    return "".join(kept), seen
