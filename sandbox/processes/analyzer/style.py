"""How close a source is to what black makes of it."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from black import _format_str_once  # one pass has no public name; were it gone, no analyst would start
from black.mode import Mode, TargetVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Closeness", "closeness", "formatted", "without_directives"]

_MODE = Mode(target_versions={TargetVersion.PY311, TargetVersion.PY312, TargetVersion.PY313, TargetVersion.PY314})
"""Fixed, so that a grade depends neither on a guess of black's nor on the Python that grades."""

_PARENTHESISED_TARGET = re.compile(r"^ *\(.*\)(?::| \S{0,3}=) ", re.MULTILINE)
"""A target of an assignment, plain, augmented or annotated, that black has left in parentheses."""

_DIRECTIVE = re.compile(r"\b(?:fmt|yapf|type|pylint|isort)\s*:|\bnoqa\b", re.IGNORECASE)
_DIRECTIVE_LINE = re.compile(r"#[^#\n]*(?:\b(?:fmt|yapf|type|pylint|isort)\s*:|\bnoqa\b)", re.IGNORECASE)

_ENCODING = re.compile(r"coding[:=]")
_ENCODING_LINES = 2
"""How many lines may say an encoding (https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations).
What black is given is text already; it would look for a codec of that name, of which the line may know nothing."""

_WIDEST_LINE = 88
"""A line weighs as much as it is long, up to this."""
_BLANK_LINE = 4
"""What a blank line weighs that black removes or adds."""
_CLOSE_LINE = 0.5
"""Part of its weight that a line keeps when black changes next to nothing in it."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """A source against its formatted form; both numbers leave blank lines out unless said otherwise."""

    changed_lines: int
    """Lines removed or added: of each changed stretch, the larger of the two counts."""
    similarity: float
    """In [0, 1]; 1 when nothing changes, blank lines included."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines of the source, and the lines that stand in their place."""

    before: Sequence[str]
    after: Sequence[str]


def formatted(source: str) -> str:
    """What black makes of a source with Unix line ends.

    Raises:
        ValueError: black cannot read it.
    """
    once = _format_str_once(source, mode=_MODE)
    return _format_str_once(once, mode=_MODE) if _may_change_again(source, once) else once


def _may_change_again(source: str, once: str) -> bool:
    """Return whether a second pass over black's first result may change it.

    `black.format_str` always makes that pass, which costs as much as the first one. It matters where the first pass
    has added or removed commas, and where it has joined the lines of a target in parentheses, which only the next pass
    takes away. In thousands of functions and hundreds of modules it changed nothing else.
    """
    return once != source and (once.count(",") != source.count(",") or _PARENTHESISED_TARGET.search(once) is not None)


def without_directives(source: str) -> str:
    """``source`` with the comments disarmed that mean something to black and its like; no line changes its length.

    They exempt code from it, or name an encoding.

    Raises:
        tokenize.TokenError, SyntaxError: the source cannot be split into tokens.
    """
    *first, rest = source.split("\n", _ENCODING_LINES)
    if any(_ENCODING.search(line) and line.lstrip().startswith("#") for line in first):
        first = [_ENCODING.sub(_disarmed, line) if line.lstrip().startswith("#") else line for line in first]
        source = "\n".join([*first, rest])
    if _DIRECTIVE_LINE.search(source) is None:
        return source
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            line, end = lines[row - 1], column + len(token.string)
            lines[row - 1] = line[:column] + _DIRECTIVE.sub(_disarmed, token.string) + line[end:]
    return "\n".join(lines)


def _disarmed(directive: re.Match[str]) -> str:
    return f"{directive.group()[:-1]}."


def closeness(source: str, target: str) -> Closeness:
    """Measure how much of ``source`` stays as it is on the way to ``target``; in linear time.

    Lines are weighed by their length, so that neither one line that black breaks into fifty, nor fifty statements
    squeezed into one line, counts for more or less than its text. A changed line costs between half its weight, when
    hardly a character changes, and all of it.
    """
    before, after = source.strip("\n").split("\n"), target.strip("\n").split("\n")
    if before == after:
        return Closeness(0, 1.0)
    changed_lines = 0
    total = float(sum(_weight(line) for line in before))
    cost = 0.0
    for stretch in _stretches(before, after):
        gone, come = Counter(stretch.before), Counter(stretch.after)
        removed, added = gone - come, come - gone
        blanks = max(_pop_blank(removed), _pop_blank(added)) * _BLANK_LINE
        changed_lines += max(removed.total(), added.total())
        weight = sum(_weight(line) * count for line, count in removed.items())
        cost += blanks + weight * (1 - _CLOSE_LINE * _likeness(removed, added))
        total += blanks
    # of text that differs something always changes, even where the counts of lines cannot tell what
    return Closeness(changed_lines, max(0.0, 1.0 - max(cost, 1.0) / max(total, 1.0)))


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[_Stretch]:
    """What lies between the lines that both have once and in the same order; a formatter never moves a line."""
    once_before, once_after = Counter(before), Counter(after)
    places = {line: place for place, line in enumerate(after) if once_after[line] == 1 and once_before[line] == 1}
    start_before = start_after = 0
    for place, line in enumerate(before):
        other = places.get(line, -1)
        if other >= start_after:
            yield _Stretch(before[start_before:place], after[start_after:other])
            start_before, start_after = place + 1, other + 1
    yield _Stretch(before[start_before:], after[start_after:])


def _weight(line: str) -> int:
    return min(len(line.strip()), _WIDEST_LINE)


def _pop_blank(lines: Counter[str]) -> int:
    """Take the blank lines out and count them."""
    blank = [line for line in lines if not line.strip()]
    return sum(lines.pop(line) for line in blank)


def _likeness(removed: Counter[str], added: Counter[str]) -> float:
    """How much of the characters two groups of lines share, in [0, 1]."""
    old = Counter("".join(line * count for line, count in removed.items()))
    new = Counter("".join(line * count for line, count in added.items()))
    size = old.total() + new.total()
    return 2 * (old & new).total() / size if size else 1.0
