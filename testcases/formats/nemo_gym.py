"""NeMo Gym: a row with its tests in ``verifier_metadata.unit_tests``, as ``inputs`` and ``outputs`` side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.formats.fields import Fields
from testcases.formats.io_tests import problem_from_pairs

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "nemo_gym"
KEYS: Final = (frozenset({"verifier_metadata"}), frozenset({"unit_tests"}))


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    holder = row.object("verifier_metadata") if row.has("verifier_metadata") else row
    return problem_from_pairs(holder.object("unit_tests"), format_name=NAME)
