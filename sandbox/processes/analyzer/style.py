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
    from collections.abc import Iterator, Sequence

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
_CLOSE_LINE = 0.5
"""Part of its weight that a line keeps if black changes next to nothing in it."""


@dataclass(frozen=True, slots=True)
class FormattingComparison:
    """Difference between a source and its formatted form."""

    changed_lines: int
    """Lines removed or added, without blank ones: of each changed stretch, the larger of the two counts."""
    similarity: float
    """In [0, 1]; 1 if nothing changes, blank lines included."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive lines of the source, and the lines that replace them."""

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


def compare_formatting(source: str, target: str) -> FormattingComparison:
    """Measure in linear time how much of ``source`` stays as it is in ``target``.

    Lines are weighed by their length, so that neither one line that black breaks into fifty, nor fifty statements
    squeezed into one line, counts for more or less than its text. A changed line costs between half its weight, if
    hardly a character changes, and all of it.
    """
    # Not difflib: it takes quadratic time or worse, and an answer can choose the worst case.
    before, after = source.strip("\n").split("\n"), target.strip("\n").split("\n")
    if before == after:
        return FormattingComparison(0, 1.0)
    changed_lines = 0
    total = float(sum(_weight(line) for line in before))
    cost = 0.0
    for stretch in _stretches(before, after):
        old_lines, new_lines = Counter(stretch.before), Counter(stretch.after)
        removed, added = old_lines - new_lines, new_lines - old_lines
        blanks = max(_pop_blank(removed), _pop_blank(added)) * _BLANK_LINE
        changed_lines += max(removed.total(), added.total())
        weight = sum(_weight(line) * count for line, count in removed.items())
        cost += blanks + weight * (1 - _CLOSE_LINE * _likeness(removed, added))
        total += blanks
    # The texts differ, so the result is below 1 even if only the order of equal lines has changed.
    return FormattingComparison(changed_lines, max(0.0, 1.0 - max(cost, 1.0) / max(total, 1.0)))


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[_Stretch]:
    """Yield the stretches between lines that both texts have exactly once, and in the same order."""
    # Enough for a formatter, which never moves a line past another one.
    count_before, count_after = Counter(before), Counter(after)
    unique = {line: index for index, line in enumerate(after) if count_after[line] == 1 and count_before[line] == 1}
    start_before = start_after = 0
    for index, line in enumerate(before):
        index_after = unique.get(line, -1)
        if index_after >= start_after:
            yield _Stretch(before[start_before:index], after[start_after:index_after])
            start_before, start_after = index + 1, index_after + 1
    yield _Stretch(before[start_before:], after[start_after:])


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
