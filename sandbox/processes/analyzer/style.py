"""Measures how close a source is to its form after black."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from black import _format_str_once  # one pass has no public name; without it the analyzer does not start
from black.mode import Mode, TargetVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.processes.analyzer.code_lines import CodeLine

__all__ = ["FormattingComparison", "compare_formatting", "disarm_directives", "format_source"]

_MODE = Mode(target_versions={TargetVersion.PY311, TargetVersion.PY312, TargetVersion.PY313, TargetVersion.PY314})
"""Fixed, so that a grade depends neither on black's guess of the version nor on the Python that grades."""

_PARENTHESISED_TARGET = re.compile(r"^ *\(.*\)(?::| \S{0,3}=) ", re.MULTILINE)
"""Matches a target of an assignment, plain, augmented or annotated, that black has left in parentheses."""

_DIRECTIVE = re.compile(r"\b(?:fmt|yapf|type|pylint|isort)\s*:|\bnoqa\b", re.IGNORECASE)
_DIRECTIVE_LINE = re.compile(r"#[^#\n]*(?:\b(?:fmt|yapf|type|pylint|isort)\s*:|\bnoqa\b)", re.IGNORECASE)

_ENCODING = re.compile(r"coding[:=]")
_ENCODING_LINES = 2
"""Lines that may declare an encoding (https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations).

The source is text already. Black would look for a codec of that name, which need not exist."""

_WIDEST_LINE = 88
"""Largest weight of a line; up to this, a line weighs as much as it has characters."""
_BLANK_LINE = 4
"""Weight of a blank line that black removes or adds."""
_LEAST_WEIGHT = 100
"""Weight that functions are taken to have at least: two or three lines."""
_CLOSE_LINE = 0.5
"""Part of its weight that a line keeps if black changes next to nothing in it."""


@dataclass(frozen=True, slots=True)
class FormattingComparison:
    """Difference between the code of a source and of its formatted form."""

    changed_lines: int
    """Lines removed or added, without blank ones: of each changed stretch, the larger of the two counts."""
    similarity: float
    """In [0, 1]; 1 if nothing changes, blank lines included; 0 if no line counts."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive lines of the source, and the lines that replace them."""

    start: int
    """Index of its first line."""
    before: Sequence[str]
    after: Sequence[str]


def format_source(source: str) -> str:
    """Format a source with Unix line ends by black.

    Raises:
        ValueError: black cannot read it.
    """
    once = _format_str_once(source, mode=_MODE)
    return _format_str_once(once, mode=_MODE) if _may_change_again(source, once) else once


def _may_change_again(source: str, once: str) -> bool:
    """Return whether a second pass over black's first result may change it."""
    # `black.format_str` always makes that pass, which costs as much as the first one. It matters where the first pass
    # has added or removed commas, and where it has joined the lines of a target in parentheses, which only the next
    # pass removes. In thousands of functions and hundreds of modules it changed nothing else.
    return once != source and (once.count(",") != source.count(",") or _PARENTHESISED_TARGET.search(once) is not None)


def disarm_directives(source: str) -> str:
    """Change comments that are directives to linters into plain ones; no line changes its length.

    Such comments exempt code from formatting or from checks, or declare an encoding.

    Raises:
        tokenize.TokenError, SyntaxError: the source cannot be split into tokens.
    """
    *first, rest = source.split("\n", _ENCODING_LINES)
    if any(_ENCODING.search(line) and line.lstrip().startswith("#") for line in first):
        first = [_ENCODING.sub(_disarmed, line) if line.lstrip().startswith("#") else line for line in first]
        source = "\n".join([*first, rest])
    if _DIRECTIVE_LINE.search(source) is None:
        return source
    # Tokens, because the same text can be in a string, which must stay as it is.
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            line, end = lines[row - 1], column + len(token.string)
            lines[row - 1] = line[:column] + _DIRECTIVE.sub(_disarmed, token.string) + line[end:]
    return "\n".join(lines)


def _disarmed(directive: re.Match[str]) -> str:
    return f"{directive.group()[:-1]}."


def compare_formatting(before: Sequence[CodeLine], after: Sequence[CodeLine]) -> FormattingComparison:
    """Measure in linear time how much of the code stays as it is when it is formatted.

    Lines are weighed by their length, so that neither one line that black breaks into fifty, nor fifty statements
    squeezed into one line, counts for more or less than its text. A changed line costs between half its weight, if
    hardly a character changes, and all of it.

    The worst functions decide, whatever stands beside them (`_loss`): neat code more or less changes nothing.
    """
    # Not difflib: it takes quadratic time or worse, and an answer can choose the worst case.
    before, after = _without_outer_blanks(before), _without_outer_blanks(after)
    old_texts, new_texts = [line.text for line in before], [line.text for line in after]
    weight = Counter[int]()
    for line in before:
        weight[line.unit] += _weight(line.text) * line.counts
    if old_texts == new_texts:
        return FormattingComparison(0, 1.0 if weight.total() else 0.0)
    changed_lines = 0
    cost: dict[int, float] = {}
    for stretch in _stretches(old_texts, new_texts):
        old_lines, new_lines = Counter(stretch.before), Counter(stretch.after)
        removed, added = old_lines - new_lines, new_lines - old_lines
        blanks = max(_pop_blank(removed), _pop_blank(added)) * _BLANK_LINE
        changed_lines += max(removed.total(), added.total())
        share = 1 - _CLOSE_LINE * _likeness(removed, added)
        if blanks:
            unit = before[min(stretch.start, len(before) - 1)].unit if before else 0
            cost[unit] = cost.get(unit, 0.0) + blanks
        for line in before[stretch.start : stretch.start + len(stretch.before)]:
            if removed[line.text] > 0:
                removed[line.text] -= 1
                cost[line.unit] = cost.get(line.unit, 0.0) + share * _weight(line.text)
    # The texts differ, so the result is below 1 even if only the order of equal lines has changed.
    loss = _loss((max(spent, 1.0), weight[unit]) for unit, spent in (cost or {0: 1.0}).items())
    return FormattingComparison(changed_lines, max(0.0, 1.0 - loss) if weight.total() else 0.0)


def _loss(units: Iterable[tuple[float, int]]) -> float:
    """Return the largest cost by weight of the worst functions together, from costs and weights of all that cost.

    Functions without a cost cannot change the result, so nobody can hide ugly code behind neat functions. A minimum
    weight keeps a short line from deciding alone.
    """
    worst = total_cost = total_weight = 0.0
    for cost, weight in sorted(units, key=lambda unit: unit[0] / max(unit[1], 1), reverse=True):
        total_cost += cost
        total_weight += weight
        worst = max(worst, total_cost / max(total_weight, _LEAST_WEIGHT))
    return worst


def _without_outer_blanks(lines: Sequence[CodeLine]) -> Sequence[CodeLine]:
    shown = [index for index, line in enumerate(lines) if line.text.strip()]
    return lines[shown[0] : shown[-1] + 1] if shown else ()


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[_Stretch]:
    """Yield the stretches between lines that both texts have exactly once, and in the same order."""
    # Enough for a formatter, which never moves a line past another one.
    count_before, count_after = Counter(before), Counter(after)
    unique = {line: index for index, line in enumerate(after) if count_after[line] == 1 and count_before[line] == 1}
    start_before = start_after = 0
    for index, line in enumerate(before):
        index_after = unique.get(line, -1)
        if index_after >= start_after:
            yield _Stretch(start_before, before[start_before:index], after[start_after:index_after])
            start_before, start_after = index + 1, index_after + 1
    yield _Stretch(start_before, before[start_before:], after[start_after:])


def _weight(line: str) -> int:
    return min(len(line.strip()), _WIDEST_LINE)


def _pop_blank(lines: Counter[str]) -> int:
    """Remove the blank lines, and return their number."""
    blank = [line for line in lines if not line.strip()]
    return sum(lines.pop(line) for line in blank)


def _likeness(removed: Counter[str], added: Counter[str]) -> float:
    """Return the share of characters that two groups of lines have in common, in [0, 1]."""
    old = Counter("".join(line * count for line, count in removed.items()))
    new = Counter("".join(line * count for line, count in added.items()))
    size = old.total() + new.total()
    return 2 * (old & new).total() / size if size else 1.0
