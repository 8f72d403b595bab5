"""Requests to the analyzer, and its reports on sources.

Each ``pack`` gives plain data for `sandbox.wire.values.encode`, and the ``unpack`` beside it takes what `decode` gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "TEXT_CAP",
    "Analysis",
    "AnalysisRequest",
    "AnalysisStatus",
    "Finding",
    "Policy",
    "StyleFacts",
    "one_line",
]

TEXT_CAP = 200
"""Largest number of characters in a message or detail."""
_DETAIL_CHARS = 500
_MAX_VIOLATIONS = 20


def one_line(text: str) -> str:
    """Return ``text`` as one line of at most `TEXT_CAP` characters; what is cut off ends in an ellipsis."""
    line = " ".join(text[: 4 * TEXT_CAP].split())
    return line if len(line) <= TEXT_CAP else line[: TEXT_CAP - 1] + "…"


class Policy(StrEnum):
    """Strictness of the inspection before a source may run."""

    OFF = "off"
    STANDARD = "standard"
    STRICT = "strict"
    """RestrictedPython's own policy, which refuses a quarter and more of real code."""


class AnalysisStatus(StrEnum):
    """Result of parsing and compiling a source."""

    OK = "ok"
    SYNTAX_ERROR = "syntax_error"
    TOO_LARGE = "too_large"
    """Refused before parsing: over the size cap."""
    EXHAUSTED = "exhausted"
    """The parser or compiler ran out of time, memory or stack, or crashed: not a program either way."""
    INTERNAL = "internal"
    """The analyzer failed for reasons of its own, twice; reports nothing about the source."""


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """A source, and what to look for in it."""

    source: str
    entry_point: str | None = None
    """Name the source must define at its top level; ``None`` for programs."""
    policy: Policy = Policy.STANDARD
    allow_imports: tuple[str, ...] = ()
    literal: bool = False
    """True if the entry point must be a function that returns a literal, and nothing else may be there."""

    def pack(self) -> list[Any]:
        """Return the fields as plain data."""
        return [self.source, self.entry_point, self.policy.value, list(self.allow_imports), self.literal]

    @classmethod
    def unpack(cls, fields: list[Any]) -> AnalysisRequest:
        """Return the request that `pack` was called on."""
        source, entry_point, policy, allow_imports, literal = fields
        return cls(source, entry_point, Policy(policy), tuple(allow_imports), literal)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding in a source."""

    kind: str
    """Machine name: a pyflakes message class, or a policy rule."""
    line: int
    """1-based; 0 when it concerns the whole source."""
    message: str
    """One line for people, capped."""

    def pack(self) -> list[Any]:
        """Return the fields as plain data."""
        return [self.kind, self.line, self.message]


@dataclass(frozen=True, slots=True)
class StyleFacts:
    """Style of a source by black and pyflakes, as numbers; no judgement."""

    lines: int
    """Number of lines of the source with code that runs and leaves something behind."""
    changed_lines: int
    """Number of lines black would remove or add, blank ones left out; the larger of the two counts of each change."""
    similarity: float
    """Similarity of the source and black's output, in [0, 1]; 1 when black would change nothing."""
    findings: tuple[Finding, ...]
    """pyflakes messages, directives such as ``noqa`` ignored."""
    units: tuple[tuple[int, int], ...] = ()
    """For each finding, the index of the function that it is in, 0 outside of functions, and the number of such lines
    that this has; empty: all findings are in one piece of `lines` lines."""

    def pack(self) -> list[Any]:
        """Return the fields as plain data."""
        findings = [finding.pack() for finding in self.findings]
        return [self.lines, self.changed_lines, self.similarity, findings, [list(unit) for unit in self.units]]

    @classmethod
    def unpack(cls, fields: list[Any]) -> StyleFacts:
        """Return the facts that `pack` was called on."""
        lines, changed_lines, similarity, packed, units = fields
        findings = tuple(Finding(*finding) for finding in packed)
        return cls(lines, changed_lines, similarity, findings, tuple((index, size) for index, size in units))

    def without(self, messages: Collection[str]) -> StyleFacts:
        """Return the facts without the findings that have one of these messages."""
        kept = [index for index, finding in enumerate(self.findings) if finding.message not in messages]
        findings = tuple(self.findings[index] for index in kept)
        return replace(self, findings=findings, units=tuple(self.units[index] for index in kept if self.units))


@dataclass(frozen=True, slots=True)
class Analysis:
    """Report on a source: syntax, policy and entry point."""

    status: AnalysisStatus
    detail: str = ""
    """One line for people: the syntax error, or what ran out."""
    violations: tuple[Finding, ...] = ()
    """Findings that the policy refuses."""
    defines_entry_point: bool = False
    """True if the source binds the entry point at its top level, or none is asked for."""
    is_stub: bool = False
    """True if the entry point's body does nothing: ``pass``, ``...``, a docstring, ``raise NotImplementedError``, or
    the return of a bare constant. For programs: if no statement does anything."""
    code: bytes = field(default=b"", compare=False, repr=False)
    """The compiled source, in the format of `marshal`; only a process that runs the answer may load it."""

    def pack(self) -> list[Any]:
        """Return the fields as plain data. A long detail and all but the first violations are cut off."""
        # Here and not by the reader: the message of a compiler can be as long as the source.
        violations = [violation.pack() for violation in self.violations[:_MAX_VIOLATIONS]]
        detail = self.detail[:_DETAIL_CHARS]
        return [self.status.value, detail, violations, self.defines_entry_point, self.is_stub, self.code]

    @classmethod
    def unpack(cls, fields: list[Any]) -> Analysis:
        """Return the analysis that `pack` was called on."""
        status, detail, violations, defines_entry_point, is_stub, code = fields
        findings = tuple(Finding(*violation) for violation in violations)
        return cls(AnalysisStatus(status), detail, findings, defines_entry_point, is_stub, code)
