"""Answers that attack, by family, and controls that must pass; in text files, because nothing may import them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

__all__ = ["CONTROL", "Attack", "attacks", "families"]

CONTROL = "control"
"""The family whose members must pass."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One answer to the task of adding two integers by a function ``add``."""

    family: str
    name: str
    source: str

    @property
    def must_pass(self) -> bool:
        """True for a control; an attack must not pass every case."""
        return self.family == CONTROL


def families() -> dict[str, str]:
    """Return the families, each with one sentence that describes it."""
    return {name: text.partition("\n")[0] for name, text in _texts().items()}


def attacks() -> tuple[Attack, ...]:
    """Return all attacks and controls, family by family."""
    found = []
    for family, text in _texts().items():
        _, *parts = re.split(r"^#: (.*)\n", text, flags=re.MULTILINE)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        found += [Attack(family, name, source.strip("\n") + "\n") for name, source in pairs]
    return tuple(found)


def _texts() -> dict[str, str]:
    folder = resources.files(__name__)
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".txt")), key=lambda file: file.name)
    return {file.name.removesuffix(".txt"): file.read_text("utf-8") for file in files}
