"""Which samples of a run have another reward than in an earlier one, and why."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from grader.text import one_line

if TYPE_CHECKING:
    from grader.tools.files.stored_results import StoredResult

__all__ = ["Cause", "Comparison", "RunIndex"]

_SAME: Final = 1e-9
_NAMED_TESTS: Final = 3
_PARTS: Final = ("syntax", "functional", "style", "judge")


class Cause(StrEnum):
    """Causes of another reward, the first that holds."""

    SCORING = "scored in one run only"
    TESTS = "other tests"
    ANSWER = "another answer"
    VERDICTS = "same answer, other verdicts"
    PARTS = "same verdicts, other parts"
    SETTINGS = "same parts, other weights"
    UNKNOWN = "other verdicts; the answers are not stored"


@dataclass(frozen=True, slots=True)
class _Sample:
    """What is compared of a sample."""

    place: int
    reward: float | None
    problem: str
    answer: bytes
    """Digest; empty where no answer is stored."""
    verdicts: tuple[str, ...]
    parts: tuple[float, ...]
    reason: str


@dataclass(slots=True)
class RunIndex:
    """The samples of a run by their names; of samples with one name, the first stands for the first, and so on."""

    _samples: dict[tuple[str, int], _Sample] = field(default_factory=dict)
    _seen: Counter[str] = field(default_factory=Counter)

    def add(self, result: StoredResult) -> None:
        """Add the next sample."""
        answer = b""
        if result.has_details:
            text = "" if result.answer is None else result.answer
            answer = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self._samples[result.name, self._seen[result.name]] = _Sample(
            len(self._samples),
            result.reward,
            result.problem,
            answer,
            result.verdicts,
            tuple(result.metrics.get(name, 0.0) for name in _PARTS),
            one_line(result.reason),
        )
        self._seen[result.name] += 1

    def compare(self, earlier: RunIndex) -> Comparison:
        """Compare with an earlier run."""
        changes: list[_Change] = []
        common = 0
        for key, after in self._samples.items():
            before = earlier._samples.get(key)
            if before is None:
                continue
            common += 1
            if not _is_same(before.reward, after.reward):
                changes.append(_Change(before.place, after.place, *_cause(before, after)))
        return Comparison(common, len(earlier._samples) - common, len(self._samples) - common, tuple(changes))


@dataclass(frozen=True, slots=True)
class _Change:
    """A sample with another reward."""

    before: int
    after: int
    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs beside each other."""

    common: int
    """Number of samples that both have."""
    only_before: int
    only_after: int
    changes: tuple[_Change, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON data: places of samples before and after, causes by index, and details."""
        causes = list(Cause)
        return {
            "common": self.common,
            "onlyBefore": self.only_before,
            "onlyAfter": self.only_after,
            "causes": [cause.value for cause in causes],
            "before": [change.before for change in self.changes],
            "after": [change.after for change in self.changes],
            "cause": [causes.index(change.cause) for change in self.changes],
            "detail": [change.detail for change in self.changes],
        }


def _is_same(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is after
    return abs(before - after) < _SAME


def _cause(before: _Sample, after: _Sample) -> tuple[Cause, str]:
    """Return why two rewards differ, with what differs in one line."""
    if before.reward is None or after.reward is None:
        return Cause.SCORING, (after if after.reward is None else before).reason
    if before.problem != after.problem:
        return Cause.TESTS, f"{len(before.verdicts)} → {len(after.verdicts)} tests"
    verdicts = _verdict_changes(before.verdicts, after.verdicts)
    if before.answer != after.answer or not before.answer:
        passed = (f"{one.verdicts.count('passed')} of {len(one.verdicts)}" for one in (before, after))
        detail = " → ".join(passed) + " tests passed" if verdicts else _part_changes(before, after)
        if before.answer and after.answer:
            return Cause.ANSWER, detail
        if verdicts:
            return Cause.UNKNOWN, detail
    if verdicts:
        return Cause.VERDICTS, verdicts
    parts = _part_changes(before, after)
    return (Cause.PARTS, parts) if parts else (Cause.SETTINGS, "")


def _verdict_changes(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    if before == after:
        return ""
    if len(before) != len(after):
        return f"{len(before)} → {len(after)} verdicts"
    changed = [index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    named = "; ".join(f"test {index + 1}: {before[index]} → {after[index]}" for index in changed[:_NAMED_TESTS])
    rest = len(changed) - _NAMED_TESTS
    return f"{named}; {rest} more" if rest > 0 else named


def _part_changes(before: _Sample, after: _Sample) -> str:
    pairs = zip(_PARTS, before.parts, after.parts, strict=True)
    return ", ".join(f"{name} {old:.2f} → {new:.2f}" for name, old, new in pairs if abs(old - new) >= _SAME)
