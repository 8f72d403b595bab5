"""Rows of trainers with a reference of any other format in one column.

The column is ``ground_truth`` (open-instruct, Dolci), ``reward_spec.ground_truth`` (SkyRL), ``label`` (OpenRLHF, slime)
or ``solution`` (TRL): an object or a list, or JSON text of one. Rows of verl have a format of their own
(`testcases.formats.verl`). The text of the task is the last user turn of ``messages`` or ``prompt``.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.formats.fields import Fields, NestedReference, last_user_text
from testcases.json_text import JsonTextError, parse_json_text

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "trainer_row"

_COLUMNS = ("ground_truth", "label", "solution")
KEYS: Final = (frozenset({"reward_spec"}), *(frozenset({column}) for column in _COLUMNS))
_VERL = frozenset({"data_source", "reward_model"})


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    if "reward_spec" in reference:
        return True
    if reference.keys() & _VERL:
        return False
    return _column(reference) is not None


def read(reference: Any, *, prompt: str) -> NestedReference:
    """Find the reference inside.

    Raises:
        ProblemError: the row cannot be read.
    """
    row = Fields(reference)
    holder = row.object("reward_spec") if row.has("reward_spec") else row
    field = "ground_truth" if row.has("reward_spec") else _column(reference) or _COLUMNS[0]
    task = last_user_text(reference.get("messages")) or last_user_text(reference.get("prompt"))
    inner = holder.json(field)
    # open-instruct wraps the text of a reference in a list of one item.
    if isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], str) and _holds_tests(inner[0]):
        inner = inner[0]
    return NestedReference(inner, holder.path(field), task or prompt)


def _column(row: Any) -> str | None:
    return next((column for column in _COLUMNS if _holds_tests(row.get(column))), None)


def _holds_tests(value: Any) -> bool:
    """Return whether a value is an object or a list, or JSON text of one, with something in it."""
    if isinstance(value, str):
        try:
            value = parse_json_text(value)
        except JsonTextError:
            return False
    return isinstance(value, (dict, list)) and bool(value)
