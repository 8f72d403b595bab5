"""What the analyst finds in a source it never runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Analysis", "AnalysisRequest", "AnalysisStatus", "Finding", "Policy", "StyleFacts", "one_line"]

TEXT_CAP = 200
"""Most characters of a message or detail."""


def one_line(text: str) -> str:
    """``text`` as one line of at most `TEXT_CAP` characters; what is cut off ends in an ellipsis."""
    line = " ".join(text[: 4 * TEXT_CAP].split())
    return line if len(line) <= TEXT_CAP else line[: TEXT_CAP - 1] + "…"


class Policy(StrEnum):
    """How strictly the source is read before it may run."""

    OFF = "off"
    STANDARD = "standard"
    STRICT = "strict"
    """RestrictedPython's own policy, which refuses a quarter and more of real code."""


class AnalysisStatus(StrEnum):
    """Whether the source could be parsed and compiled."""

    OK = "ok"
    SYNTAX_ERROR = "syntax_error"
    TOO_LARGE = "too_large"
    """Refused before parsing: over the size cap."""
    EXHAUSTED = "exhausted"
    """The parser or compiler ran out of time, memory or stack, or crashed: no program either way."""
    INTERNAL = "internal"
    """The analyst failed for reasons of its own, twice; says nothing about the source."""


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """What to look at."""

    source: str
    entry_point: str | None = None
    """Name the source must define at its top level; ``None`` for programs."""
    policy: Policy = Policy.STANDARD
    allow_imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found."""

    kind: str
    """Machine name: a pyflakes message class, or a policy rule."""
    line: int
    """1-based; 0 when it concerns the whole source."""
    message: str
    """One line for people, capped."""


@dataclass(frozen=True, slots=True)
class StyleFacts:
    """What black and pyflakes say, as numbers; no judgement."""

    lines: int
    """Lines of the source that are not blank."""
    changed_lines: int
    """Lines black would remove or add, blank ones left out; the larger of the two counts of each change."""
    similarity: float
    """How close the source is to black's output, in [0, 1]; 1 when black would change nothing."""
    findings: tuple[Finding, ...]
    """pyflakes messages, directives such as ``noqa`` ignored."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found."""

    status: AnalysisStatus
    detail: str = ""
    """One line for people: the syntax error, or what ran out."""
    violations: tuple[Finding, ...] = ()
    """What the policy refuses; empty when nothing."""
    defines_entry_point: bool = False
    """The source binds the entry point at its top level; true when none is asked for."""
    is_stub: bool = False
    """The entry point's body does nothing: ``pass``, ``...``, a docstring, ``raise NotImplementedError``, or
    the return of a bare constant. For programs: there is no statement that does anything."""
    style: StyleFacts | None = None
    """``None`` until measured, or when it cannot be (no black output, or the time for it ran out)."""
