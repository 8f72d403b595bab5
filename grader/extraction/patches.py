"""Read a block that shows code as a patch: the code as it is afterwards."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["apply_patch"]

_HEADER: Final = re.compile(r"(?:diff|index|---|\+\+\+|@@|\*\*\*)(?: |$)|\\ No newline")


def apply_patch(content: str) -> str:
    """Return the lines that a patch adds or keeps, without their marks; other text unchanged.

    A patch is text in which each line but the headers starts with a mark (``+``, ``-``, a space) or is empty, and which
    adds a line. Of several pieces, all are there, one after the other: what is between them is not known.
    """
    lines = [line for line in content.split("\n") if not _HEADER.match(line)]
    if not any(line.startswith("+") for line in lines) or any(line and line[0] not in "+- " for line in lines):
        return content
    return "\n".join(line[1:] for line in lines if not line.startswith("-"))
