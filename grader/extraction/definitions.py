"""Guess from its text the names that a piece of code defines and uses, and the earlier blocks that it needs.

The guesses only select blocks. The analyzer finds out whether an answer defines its entry point. A line of a string
that looks like a definition counts as one.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EntryPointMatcher", "Fit", "defined_names", "exported_names", "required_helpers", "used_names"]


# Possessive quantifiers, as in `grader.extraction.candidates`: linear time on any text.
_IDENTIFIER: Final = re.compile(r"[^\W\d]\w*")
_NAME_USE: Final = re.compile(r"(?<![\w.])[^\W\d]\w*")
_DEFINITION: Final = re.compile(
    r"^(?P<indent>[ \t]*+)(?:(?:async[ \t]++)?def|(?P<is_class>class))[ \t]++(?P<name>[^\W\d]\w*)", re.MULTILINE
)
_IMPORT: Final = re.compile(r"^[ \t]*+(?:from[ \t]++\S++[ \t]++)?import\b(.*)$", re.MULTILINE)
_ASSIGNMENT: Final = re.compile(r"^([^\W\d]\w*+)[ \t]*+(?:=(?!=)|:)", re.MULTILINE)
_READS_STDIN: Final = re.compile(r"\binput\(|\bstdin\b|\bopen\(0")


class Fit(IntEnum):
    """Degrees of the fit between a piece of code and the request; a greater one is preferred."""

    NOTHING = 0
    BODY = 1
    """The code is indented, and the prompt ends in the stub of the entry point."""
    METHOD = 2
    """The code defines a function of the right name inside another definition."""
    DEFINITION = 3
    """The code defines the entry point at the top level, or reads the input if a program is asked for."""


class EntryPointMatcher:
    """Matches code with the entry point that is asked for; without one, with a program that reads its input.

    ``Solution.add`` asks for ``Solution``. No code defines an entry point that is not a name.
    """

    __slots__ = ("_is_program", "_names")

    def __init__(self, entry_point: str | None) -> None:
        self._is_program = not entry_point
        self._names = _IDENTIFIER.findall(entry_point or "")

    def fit(self, code: str) -> Fit:
        """Return the fit of the code; never `Fit.BODY`, which depends on the prompt."""
        if self._is_program:
            return Fit.DEFINITION if _READS_STDIN.search(code) else Fit.NOTHING
        if not self._names:
            return Fit.NOTHING
        # Compare names instead of putting them into a pattern: compiling one for each entry point takes longer than
        # the search.
        first, last = self._names[0], self._names[-1]
        fit = Fit.NOTHING
        for match in _DEFINITION.finditer(code):
            if match["name"] == first and not match["indent"]:
                return Fit.DEFINITION
            if match["name"] == last and not match["is_class"]:
                fit = Fit.METHOD
        if any(match[1] == first for match in _ASSIGNMENT.finditer(code)):
            return Fit.DEFINITION
        return fit

    def definition_indent(self, code: str) -> str:
        """Return the indentation of the last definition of the entry point, or of its method; empty without one."""
        names = set(self._names[-1:])
        indents = [match["indent"] for match in _DEFINITION.finditer(code) if match["name"] in names]
        return indents[-1] if indents else ""


def used_names(code: str) -> set[str]:
    """Return every word of the code that may be a name, except attributes."""
    return set(_NAME_USE.findall(code))


def defined_names(code: str) -> set[str]:
    """Return the names that the code defines, imports or, at the top level, assigns."""
    names = {match["name"] for match in _DEFINITION.finditer(code)}
    names.update(match[1] for match in _ASSIGNMENT.finditer(code))
    return names | _imported_names(code)


def exported_names(code: str) -> set[str]:
    """Return the names that this block can provide to others.

    These are its top-level functions and classes, or the imported names if the block consists of imports.
    """
    if all(not line.strip() or line.startswith(("import ", "from ", "#")) for line in code.split("\n")):
        return _imported_names(code)
    return {match["name"] for match in _DEFINITION.finditer(code) if not match["indent"]}


def _imported_names(code: str) -> set[str]:
    return {name for match in _IMPORT.finditer(code) for name in _IDENTIFIER.findall(match[1])}


def required_helpers(chosen: str, earlier: Sequence[str]) -> list[str]:
    """Return the earlier blocks, in order, that provide a name which later code uses but does not define.

    The blocks are read backwards, so that the later of two versions of a helper is taken, and helpers of helpers are
    found.
    """
    if not earlier:
        return []
    used = used_names(chosen)
    defined = defined_names(chosen)
    helpers: list[str] = []
    for code in reversed(earlier):
        # Check name by name: the set of all missing names, made anew for each block, would take quadratic time.
        if any(name in used and name not in defined for name in exported_names(code)):
            helpers.append(code)
            used |= used_names(code)
            defined |= defined_names(code)
    helpers.reverse()
    return helpers
