"""OpenAI: an item of reinforcement fine-tuning, with a reference of any other format in one of its columns.

The item is the row of the data set, or ``{"item": <row>}`` as graders there receive it. The reference is its
``reference_answer``, or, if it has ``messages``, its ``reference`` or ``answer``: an object, or JSON text of one. The
text of the task is the last user turn of ``messages``.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.formats.fields import Fields, NestedReference, last_user_text

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "openai"

_REFERENCE_FIELDS = ("reference_answer", "reference", "answer")
KEYS: Final = tuple(frozenset({key}) for key in ("item", *_REFERENCE_FIELDS))


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    if isinstance(reference.get("item"), dict):
        return True
    # Without messages, columns called "answer" are common in rows of other formats.
    names = _REFERENCE_FIELDS if "messages" in reference else _REFERENCE_FIELDS[:1]
    return any(_could_hold_tests(reference.get(name)) for name in names)


def _could_hold_tests(value: Any) -> bool:
    return value.lstrip().startswith(("{", "[")) if isinstance(value, str) else isinstance(value, (dict, list))


def read(reference: Any, *, prompt: str) -> NestedReference:
    """Find the reference inside.

    Raises:
        ProblemError: the item cannot be read.
    """
    item = Fields(reference)
    if item.has("item"):
        item = item.object("item")
    field = item.first(*_REFERENCE_FIELDS)
    conversation = item.value("messages") if item.has("messages") else None
    return NestedReference(item.json(field), item.path(field), last_user_text(conversation) or prompt)
