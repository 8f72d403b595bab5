"""Fields that are nearly right: a misspelt name must not look like a missing value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["near_name_hint"]

_SIMILARITY = 0.75
"""Above it, two names are taken for spellings of one: ``completions``, ``competion``, ``Completion_``."""
_SHOWN_NAMES = 20
_SHOWN_CHARS = 40


def near_name_hint(row: Mapping[Any, Any], wanted: Iterable[str]) -> str:
    """Return what to say of the fields of a row that lacks what is wanted; begins with a semicolon.

    Args:
        row: the row.
        wanted: names of fields, one of which it should have.
    """
    import difflib  # noqa: PLC0415 - for mistakes only

    wanted = tuple(wanted)
    names = [str(name)[:_SHOWN_CHARS] for name in row][:_SHOWN_NAMES]
    found = f"; found: {', '.join(sorted(names))}"
    for name in names:
        near = difflib.get_close_matches(name.lower(), wanted, 1, _SIMILARITY)
        if near and name not in wanted:
            return f"; {name!a} is nearly {near[0]!a}{found}"
    return found
