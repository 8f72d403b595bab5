"""Follow strings in triple quotes from line to line. Quotes inside of other strings or comments are not recognized."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["TripleQuotes"]

_TRIPLE_QUOTE: Final = re.compile(r'"""|' + "'''")


class TripleQuotes:
    """Triple quotes that are open after the lines that were read."""

    __slots__ = ("quote",)

    def __init__(self) -> None:
        self.quote = ""
        """The open triple quote; empty if none is."""

    @property
    def is_open(self) -> bool:
        """True inside of a string."""
        return bool(self.quote)

    def feed(self, line: str) -> None:
        """Read the next line."""
        # Most lines end here, without a regular expression.
        if '"""' not in line and "'''" not in line:
            return
        for match in _TRIPLE_QUOTE.finditer(line):
            if not self.quote:
                self.quote = match[0]
            elif self.quote == match[0]:
                self.quote = ""

    def reset(self) -> None:
        """Return to the state at the start of a text."""
        self.quote = ""
