"""Earlier blocks that the chosen one cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.extraction.definitions import defined_names, offered_names, used_names

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["needed_helpers"]


def needed_helpers(chosen: str, earlier: Sequence[str]) -> list[str]:
    """Return the earlier blocks, in order, that offer a name which is used further down but not defined.

    Blocks are read backwards, so that of two versions of a helper the later one is taken, and that helpers of
    helpers are found; each is read a bounded number of times.
    """
    if not earlier:
        return []
    used = used_names(chosen)
    defined = defined_names(chosen)
    helpers: list[str] = []
    for code in reversed(earlier):
        # name by name: a set of all missing names for every block would be quadratic
        if any(name in used and name not in defined for name in offered_names(code)):
            helpers.append(code)
            used |= used_names(code)
            defined |= defined_names(code)
    helpers.reverse()
    return helpers
