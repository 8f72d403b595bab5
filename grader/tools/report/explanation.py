"""The explanation of one grade: its answer, its tests, and how the reward adds up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.panel import Panel
from rich.syntax import Syntax
from rich.text import Text

from grader.text import json_safe_id, one_line, printable, sample_name
from grader.tools.report.tables import new_table, plain, verdict_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from grader.types import Grade

__all__ = ["Explanation", "RewardPart"]

_HIGHLIGHTED_CHARS = 64 * 1024
"""Longer answers are shown without highlighting: the lexer is slow, and an answer could make it slower still."""
_SHOWN_CHARS = 256 * 1024
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class RewardPart:
    """One part of the reward."""

    name: str
    weight: float
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """One grade, prepared for display."""

    grade: Grade
    weights: Mapping[str, float]
    """Weight of each part of the reward, by the name of its metric."""
    line: int = 0
    """Line of the sample in its file, from 1; 0 if there is no file."""

    @property
    def parts(self) -> tuple[RewardPart, ...]:
        """Parts of the reward, in the order of the weights."""
        values = {name: self.grade.metric(name) for name in self.weights}
        return tuple(
            RewardPart(name, weight, values[name], weight * values[name]) for name, weight in self.weights.items()
        )

    @property
    def withheld(self) -> float:
        """Amount by which the parts exceed the reward, in [0, 1]; 0 unless a gate withholds something."""
        if self.grade.reward is None:
            return 0.0
        # The bound keeps rounding errors of the sum from showing up as something withheld.
        excess = sum(part.contribution for part in self.parts) - self.grade.reward
        return excess if excess > _CLOSE else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON data."""
        grade = self.grade
        return {
            "id": json_safe_id(grade.sample_id),
            "line": self.line,
            "status": grade.status.value,
            "reward": grade.reward,
            "reason": grade.reason,
            "parts": [asdict(part) for part in self.parts],
            "withheld": self.withheld,
            "extraction_rule": grade.extraction_rule,
            "answer": grade.answer,
            "tests": [
                {"verdict": test.verdict.value, "name": test.name, "detail": test.detail} for test in grade.tests
            ],
            "style_findings": list(grade.style_findings),
            "metrics": {metric.name: metric.value for metric in grade.metrics},
            "timings_ms": dict(grade.timings_ms),
        }

    def render(self) -> Group:
        """Return the explanation as text and tables."""
        sections = [self._head(), self._answer(), self._tests(), self._style(), self._reward()]
        return Group(*(item for section in sections for item in (section, Text())))

    def _head(self) -> Text:
        grade = self.grade
        reward = "unscored" if grade.reward is None else f"{grade.reward:.3f}"
        head = Text.assemble((f"sample {one_line(sample_name(grade.sample_id))}", "bold"), f"   reward {reward}")
        if self.line:
            head.append(f"   line {self.line}")
        if grade.reason:
            head.append(f"\n{one_line(grade.reason, 500)}")
        return head

    def _answer(self) -> RenderableType:
        grade = self.grade
        if grade.answer is None:
            return Text(f"No answer was found ({grade.extraction_rule or 'the sample could not be read'}).")
        shown = printable(grade.answer[:_SHOWN_CHARS])
        code: RenderableType
        if len(grade.answer) <= _HIGHLIGHTED_CHARS:
            code = Syntax(shown, "python", theme="ansi_dark", line_numbers=True, word_wrap=True)
        else:
            code = Text(shown)
        # `Text` and `Syntax` do not interpret markup, and `printable` has escaped control characters.
        rest = len(grade.answer) - _SHOWN_CHARS
        subtitle = Text(f"{rest} more characters; --json shows all") if rest > 0 else None
        title = Text(f"Answer (extraction rule: {grade.extraction_rule})")
        return Panel(code, title=title, title_align="left", subtitle=subtitle)

    def _tests(self) -> RenderableType:
        if not self.grade.tests:
            return Text("No tests were run.")
        passed = sum(test.verdict.value == "passed" for test in self.grade.tests)
        table = new_table(f"Tests: {passed} of {len(self.grade.tests)} passed", "", "test", "verdict", "detail")
        for number, test in enumerate(self.grade.tests, 1):
            table.add_row(str(number), plain(test.name), verdict_text(test.verdict), plain(test.detail))
        return table

    def _style(self) -> RenderableType:
        if not self.grade.style_findings:
            return Text("Style: no findings.")
        table = new_table("Style", "finding")
        for finding in self.grade.style_findings:
            table.add_row(plain(finding))
        return table

    def _reward(self) -> RenderableType:
        if self.grade.reward is None:
            return Text("Unscored: no reward.")
        table = new_table("Reward", "part", "weight", "value", "contribution", numbers=3)
        for part in self.parts:
            table.add_row(part.name, f"{part.weight:g}", f"{part.value:.3f}", f"{part.contribution:.3f}")
        if self.withheld:
            table.add_row("withheld by a gate", "", "", f"-{self.withheld:.3f}")
        table.add_section()
        table.add_row(Text("reward", style="bold"), "", "", Text(f"{self.grade.reward:.3f}", style="bold"))
        return table
