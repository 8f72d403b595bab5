"""What language a fence's info string names."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

__all__ = ["Language", "language_of"]


class Language(IntEnum):
    """What is known of a piece of code before looking at it; a greater one is preferred."""

    OTHER = 0
    """Tagged as something else: bash, json, text, cpp."""
    BARE = 1
    """No fence at all."""
    UNTAGGED = 2
    PYTHON = 3


_PYTHON: Final = frozenset({"python", "py", "python-repl", "pycon", "ipython", "pypy", "pyi"})
_WORD: Final = re.compile(r"[\s{.]*+([^\s{},:;=()\[\]]*+)")


def language_of(info: str) -> Language:
    """Return the language that an info string (CommonMark 4.5) names by its first word.

    Letter case, a version at the end (``python3.11``), Pandoc's braces (``{.python .numberLines}``) and what
    follows the word (``python title="x"``, ``python{1,3}``, ``python:main.py``) do not matter. A file name is
    its suffix.
    """
    match = _WORD.match(info)
    word = match[1].lower() if match else ""
    if not word:
        return Language.UNTAGGED if not info.strip() else Language.OTHER
    if word.rstrip("0123456789.") in _PYTHON or word.endswith(".py"):
        return Language.PYTHON
    return Language.OTHER
