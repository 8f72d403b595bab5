"""verl: a trainer's row with a reference of any other format in ``reward_model.ground_truth``.

``ground_truth`` is an object, or JSON text of one. ``reward_model`` may be missing, and ``ground_truth`` stand beside
``data_source``. The value of ``data_source`` does not matter: it names a data set, and the tests of one data set are
stored in several formats. The task's text is the last user turn of ``prompt``.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.formats.fields import Fields, NestedReference, last_user_text

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "verl"
KEYS: Final = (frozenset({"reward_model"}), frozenset({"data_source", "ground_truth"}))


def read(reference: Any, *, prompt: str) -> NestedReference:
    """Find the reference inside.

    Raises:
        ProblemError: the row cannot be read.
    """
    row = Fields(reference)
    holder = row.object("reward_model") if row.has("reward_model") else row
    inner = holder.json("ground_truth")
    return NestedReference(inner, holder.path("ground_truth"), last_user_text(reference.get("prompt")) or prompt)
