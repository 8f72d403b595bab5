"""The data of one run in compact form: columns for charts and lists, and packed details for single samples."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from grader.text import one_line, printable
from grader.tools.html_report.outcomes import OUTCOMES, outcome_of
from grader.tools.html_report.signs import sign_of

if TYPE_CHECKING:
    from grader.tools.files.stored_results import StoredResult

__all__ = ["CHUNK", "RunData"]

CHUNK: Final = 100
"""Samples whose details are packed together: a click unpacks one chunk."""
_PARTS: Final = ("syntax", "functional", "style", "judge")
_COUNTS: Final = ("tests_passed", "tests_total")
_MEASUREMENTS: Final = ("duration_ms", "cpu_ms", "peak_mb")
_DIGITS: Final = {**dict.fromkeys(_PARTS, 4), **dict.fromkeys(_COUNTS, 0), **dict.fromkeys(_MEASUREMENTS, 1)}
_REASON_CHARS: Final = 300
_LEVEL: Final = 6


class _Table:
    """Texts that occur often, each stored once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """Return the index of a text."""
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self.texts)
            self.texts.append(text)
        return place


@dataclass(slots=True)
class RunData:
    """One run. All texts in it are printable: nothing of an answer can control or hide what a reader sees."""

    title: str
    """Name of the file, for people."""
    chunks: list[str] = field(default_factory=list)
    """Details of `CHUNK` samples each: JSON, packed by gzip, as base64."""
    _names: list[str] = field(default_factory=list)
    _lines: list[int] = field(default_factory=list)
    _rewards: list[float | None] = field(default_factory=list)
    _metrics: dict[str, list[float]] = field(default_factory=dict)
    _outcomes: list[int] = field(default_factory=list)
    _problems: list[int] = field(default_factory=list)
    _reasons: list[int] = field(default_factory=list)
    _signs: list[int] = field(default_factory=list)
    _sign_table: _Table = field(default_factory=_Table)
    _sign_kinds: list[str] = field(default_factory=list)
    _problem_table: _Table = field(default_factory=_Table)
    _reason_table: _Table = field(default_factory=_Table)
    _verdicts: Counter[str] = field(default_factory=Counter)
    _pending: list[list[Any]] = field(default_factory=list)
    _has_details: bool = False

    def add(self, result: StoredResult) -> None:
        """Add the next sample."""
        for name, digits in _DIGITS.items():
            if name in result.metrics:
                column = self._metrics.setdefault(name, [0.0] * len(self._names))
                value = round(result.metrics[name], digits)
                column.append(int(value) if value == int(value) else value)
        self._names.append(result.name)
        self._lines.append(result.line)
        self._rewards.append(None if result.reward is None else round(result.reward, 6))
        self._outcomes.append(list(OUTCOMES).index(outcome_of(result)))
        self._problems.append(self._problem_table.place(printable(result.problem)))
        self._reasons.append(self._reason_table.place(one_line(result.reason, _REASON_CHARS)))
        self._add_sign(*sign_of(result))
        for column in self._metrics.values():
            column.extend([0.0] * (len(self._names) - len(column)))
        if result.reward is not None:
            self._verdicts.update(map(printable, result.verdicts))
        self._has_details = self._has_details or result.has_details
        self._pending.append(_details(result))
        if len(self._pending) >= CHUNK:
            self._pack()

    def _add_sign(self, text: str, kind: str) -> None:
        place = self._sign_table.place(printable(text))
        if place == len(self._sign_kinds):
            self._sign_kinds.append(kind)
        self._signs.append(place)

    def __len__(self) -> int:
        return len(self._names)

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the packed details as JSON data."""
        if self._pending:
            self._pack()
        return {
            "title": self.title,
            "names": self._names,
            "lines": self._lines,
            "rewards": self._rewards,
            "metrics": self._metrics,
            "outcomes": self._outcomes,
            "problems": self._problems,
            "problemIds": self._problem_table.texts,
            "reasons": self._reasons,
            "reasonTexts": self._reason_table.texts,
            "signs": self._signs,
            "signTexts": self._sign_table.texts,
            "signKinds": self._sign_kinds,
            "verdicts": dict(self._verdicts.most_common()),
            "hasDetails": self._has_details,
        }

    def _pack(self) -> None:
        raw = json.dumps(self._pending, separators=(",", ":")).encode()
        # without a time, so that equal results make an equal file
        self.chunks.append(base64.b64encode(gzip.compress(raw, _LEVEL, mtime=0)).decode("ascii"))
        self._pending = []


def _details(result: StoredResult) -> list[Any]:
    """Return the details of a sample, in the order in which `Run.details` of the script reads them."""
    return [
        None if result.answer is None else printable(result.answer),
        [[test.index, printable(test.verdict), printable(test.name), printable(test.detail)] for test in result.tests],
        [[printable(verdict), count] for verdict, count in Counter(result.verdicts).items()],
        [printable(finding) for finding in result.style_findings],
        printable(result.reason),
        printable(result.extraction_rule),
        {printable(name): value for name, value in result.metrics.items() if name not in _DIGITS},
        {printable(stage): value for stage, value in (result.timings_ms or {}).items()},
        printable(result.prompt),
    ]
