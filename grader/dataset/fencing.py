"""Code in a fenced block, as a model would write it."""

from __future__ import annotations

import re

__all__ = ["fenced"]

_LEAST = 3


def fenced(code: str) -> str:
    """The code in a block whose fence is longer than any run of backticks in it."""
    longest = max(map(len, re.findall("`+", code)), default=0)
    ticks = "`" * max(_LEAST, longest + 1)
    text = code.strip("\n")
    return f"{ticks}python\n{text}\n{ticks}"
