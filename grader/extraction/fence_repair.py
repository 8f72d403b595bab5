"""Put the fences of a text into the form that CommonMark reads, where models write them in another one.

The result differs from the text in its fences only; no line of code is lost or changed, but for the indentation of a
block whose fence is indented. Every rule looks at the text alone. Each line is read once, and what comes after it is
looked up, so the time is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from grader.extraction.lines import measure_indent, strip_columns
from grader.extraction.markdown import FenceScanner, Language, is_language, parse_language
from grader.extraction.quotes import TripleQuotes

__all__ = ["repair_fences"]

_FENCE_LINE: Final = re.compile(r"([ \t]*+)(`{3,}+|~{3,}+)(.*)", re.DOTALL)
_PLAIN_OPENING: Final = re.compile(r"(?m:^)```(?:python3?|py)\n")
_RUN: Final = re.compile(r"`{3,}+|~{3,}+")
_GLUED_CODE: Final = re.compile(
    r"""[ \t]*+[\w.+-]++[ \t]++(?P<code>(?:
        (?:async[ \t]++)?def[ \t] | class[ \t] | import[ \t] | from[ \t] | @\w | for[ \t] | while[ \t] | if[ \t]
      | try: | print\( | [^\W\d]\w*+(?:,[ \t]*+[^\W\d]\w*+)*+[ \t]=[ \t]
    ).*)""",
    re.VERBOSE | re.DOTALL,
)
_CODE_LINE: Final = re.compile(r"(?:async[ \t]|def[ \t]|class[ \t]|import[ \t]|from[ \t]|@\w|[^\W\d]\w*+[ \t]*+=[^=])")
_WRAPPERS: Final = frozenset({"markdown", "md", "mdx"})
_MAX_INDENT: Final = 3
_MIN_FENCE: Final = 3
_FENCES_OF_A_BLOCK: Final = 2


@dataclass(frozen=True, slots=True)
class _FenceLine:
    """A line that begins with three or more fence characters."""

    indent: str
    run: str
    rest: str
    """What follows, without blanks around it."""
    is_glued: bool
    """True if nothing is between the characters and the rest."""

    @property
    def word(self) -> str:
        """First word of the rest, in small letters."""
        return self.rest.split(maxsplit=1)[0].lower() if self.rest else ""

    @property
    def is_opening(self) -> bool:
        """True if it can only open a block: it names a language, or a tag is glued to it that has no end."""
        return bool(self.rest) and is_language(self.rest)

    @property
    def is_python(self) -> bool:
        """True if it names Python."""
        return bool(self.rest) and parse_language(self.rest) is Language.PYTHON


def _fence_line(line: str) -> _FenceLine | None:
    match = _FENCE_LINE.match(line)
    if match is None:
        return None
    rest = match[3].strip()
    return _FenceLine(match[1], match[2], rest, is_glued=match[3][:1] not in {" ", "\t"})


def _has_fence(text: str) -> bool:
    return "```" in text or "~~~" in text


def _has_one_plain_block(text: str) -> bool:
    """Return whether nothing but one block tagged as Python is fenced, in the form that nearly all completions have."""
    if text.count("```") != _FENCES_OF_A_BLOCK or "````" in text or "~~~" in text:
        return False
    opening = _PLAIN_OPENING.search(text)
    # A string that begins before the block may hold it.
    if opening is None or '"""' in text[: opening.start()] or "'''" in text[: opening.start()]:
        return False
    _, closing, rest = text[opening.end() - 1 :].partition("\n```")
    return bool(closing) and rest[:1] in {"", "\n"}


def repair_fences(text: str) -> str:
    r"""Return a text, whose line ends are ``\n``, with fences in the form that CommonMark reads.

    - A closing fence may be followed by text, or by the next opening fence, and may stand at the end of a line of code.
    - A block without a closing fence ends where one that names its language opens.
    - An opening fence may stand at the end of a line of text, and may have the first line of code on its own line.
    - A fence that names Python may be indented by four columns or more.
    - A block of Markdown, or one that starts with the fence of another block, gives way to the blocks in it.
    - A pair of fences in a string in triple quotes belongs to the string.
    """
    if not _has_fence(text) or _has_one_plain_block(text):
        return text
    return _Repair(text.split("\n")).run()


class _Repair:
    """One text, and what is known of the lines read so far."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._out: list[str] = []
        self._scanner = FenceScanner()
        self._wrappers: list[str] = []
        """Fences of the enclosing blocks that have given way to the blocks in them."""
        self._quotes = TripleQuotes()
        """Strings of the present block, or of the text since the last one."""
        self._opening = 0
        """Index of the opening fence of the present block in the output."""
        self._inner_length = 0
        """Length of the longest fence in the strings of the present block."""
        self._protected_to = -1
        """Last line of a pair of fences in a string."""
        self._column = 0
        """Columns by which the present fence is indented, where that is too much for CommonMark."""
        self._strip = 0
        """Columns by which the code in its block is indented."""
        self._is_first = False
        """True before the first line of the present block that is not blank."""
        self._fence_lines: list[int] = []
        self._quote_lines: dict[str, list[int]] = {'"""': [], "'''": []}
        for index, line in enumerate(lines):
            if _has_fence(line) and _FENCE_LINE.match(line):
                self._fence_lines.append(index)
            if '"""' in line:
                self._quote_lines['"""'].append(index)
            if "'''" in line:
                self._quote_lines["'''"].append(index)

    def run(self) -> str:
        """Read all lines, and return the result."""
        for index, line in enumerate(self._lines):
            if _has_fence(line):
                self._read(index, line)
            else:
                self._keep(line)
        return "\n".join(self._out)

    def _keep(self, line: str) -> None:
        """Add a line as it is, but for the indentation of its block."""
        self._scanner.skip(line)
        if self._strip and self._scanner.inside:
            if self._is_first and line.strip():
                # Code that is indented less than its fence was not indented along with it.
                self._strip = min(self._strip, measure_indent(line, 0, 0)[0])
                self._is_first = False
            line = strip_columns(line, self._strip)
        self._out.append(line)
        self._quotes.feed(line)

    def _read(self, index: int, line: str) -> None:
        """Read a line that has a fence somewhere."""
        if index <= self._protected_to:
            self._protect(line)
            return
        found = _fence_line(line)
        fence = self._scanner.fence
        if fence is None:
            self._read_outside(index, line, found)
        elif fence.quotes:
            self._keep(line)
        elif found is None:
            self._read_end_of_code(line, fence.character, fence.length)
        elif self._is_pair_in_string(index):
            self._protected_to = self._next(self._fence_lines, index)
            self._protect(line)
        else:
            self._read_fence_inside(line, found, fence.character, fence.length, fence.base)

    # Inside a block

    def _protect(self, line: str) -> None:
        """Keep a fence in a string; the fences of its block will be longer."""
        found = _fence_line(line)
        if found is not None:
            self._inner_length = max(self._inner_length, len(found.run))
        self._out.append(strip_columns(line, self._strip))

    def _is_pair_in_string(self, index: int) -> bool:
        """Return whether a fence and the next one are in one string that goes on after them."""
        if not self._quotes.is_open:
            return False
        second = self._next(self._fence_lines, index)
        end = self._next(self._quote_lines[self._quotes.quote], index)
        if second < 0 or end < 0 or end < second:
            return False
        closing = _fence_line(self._lines[second])
        return closing is not None and not closing.rest

    def _read_fence_inside(self, line: str, found: _FenceLine, character: str, length: int, base: int) -> None:
        column = measure_indent(found.indent, 0, 0)[0]
        too_deep = column - max(base, self._column) > _MAX_INDENT
        if found.run[0] != character or len(found.run) < length or too_deep:
            # A fence of the other kind, or a shorter one: samples of Markdown are quoted so.
            self._keep(line)
        elif not found.rest:
            self._close(found.indent, found.run)
        elif len(found.run) >= length + _MIN_FENCE and found.is_glued and found.is_opening:
            self._close(found.indent, found.run[:length])
            self._read_again(found.run[length:] + found.rest)
        elif found.is_opening or _RUN.match(found.rest):
            self._close(found.indent, found.run)
            self._read_again(found.rest if not found.is_opening else found.indent + found.run + found.rest)
        else:
            self._close(found.indent, found.run)
            self._read_again(found.rest)

    def _read_end_of_code(self, line: str, character: str, length: int) -> None:
        """Read a line of a block that may end in the closing fence."""
        runs = list(_RUN.finditer(line))
        run = runs[-1]
        before, after = line[: run.start()], line[run.end() :].strip()
        in_text = self._quotes.is_open or "#" in before or before.count('"') % 2 or before.count("'") % 2
        is_end = len(runs) == 1 and run[0][0] == character and len(run[0]) >= length and not in_text
        if not is_end or (after and not is_language(after)):
            self._keep(line)
            return
        self._keep(before)
        self._close("", run[0])
        if after:
            self._read_again(run[0] + after)

    def _close(self, indent: str, run: str) -> None:
        """End the present block by a fence."""
        fence = self._scanner.fence
        assert fence is not None
        closing = " " * fence.base + run
        self._scanner.skip(closing)
        if self._inner_length >= len(run):
            run = run[0] * (self._inner_length + 1)
            opening = self._out[self._opening]
            self._out[self._opening] = _RUN.sub(run, opening, count=1)
        self._out.append((" " * fence.base if self._column else indent) + run)
        self._start()

    def _start(self) -> None:
        """Forget what is known of the block, or of the text before one."""
        self._quotes.reset()
        self._inner_length = self._column = self._strip = 0

    def _read_again(self, rest: str) -> None:
        """Read what follows a closing fence on its line, as a line of its own; at most one fence opens in it."""
        found = _fence_line(rest)
        if found is None:
            if rest.strip():
                self._keep(rest)
            return
        self._open(rest, found)

    # Outside of blocks

    def _read_outside(self, index: int, line: str, found: _FenceLine | None) -> None:
        if found is None:
            self._read_end_of_text(line)
            return
        column = measure_indent(found.indent, 0, 0)[0]
        wrapper = self._wrappers[-1] if self._wrappers else ""
        if wrapper and not found.rest and found.run.startswith(wrapper) and not self._is_before_code(index):
            self._wrappers.pop()
            self._out.append("")
        elif column <= _MAX_INDENT and (found.word in _WRAPPERS or self._is_before_opening(index, found)):
            self._wrappers.append(found.run)
            self._out.append("")
        elif column > _MAX_INDENT and found.is_python and not self._quotes.is_open:
            self._open(line, found)
        else:
            self._open_as_it_is(line, found)

    def _open_as_it_is(self, line: str, found: _FenceLine) -> None:
        if _GLUED_CODE.match(found.rest) and found.is_python:
            self._open(line, found)
            return
        self._keep(line)
        if self._scanner.inside:
            self._start()
            self._opening = len(self._out) - 1

    def _open(self, line: str, found: _FenceLine) -> None:
        """Open a block, whose first line of code may be on the line of the fence."""
        column = measure_indent(found.indent, 0, 0)[0]
        glued = _GLUED_CODE.match(found.rest) if found.is_python else None
        if glued is None and "`" in found.rest and found.run[0] == "`":
            self._keep(line)
            return
        self._start()
        tag = found.word if glued is not None else found.rest
        opening = (found.indent if column <= _MAX_INDENT else "") + found.run + tag
        self._scanner.reset()
        self._scanner.skip(opening)
        self._out.append(opening)
        self._opening = len(self._out) - 1
        self._column = self._strip = column if column > _MAX_INDENT else 0
        self._is_first = True
        if glued is not None:
            self._read_end_of_code_or_keep(glued["code"], found.run)

    def _read_end_of_code_or_keep(self, code: str, run: str) -> None:
        if run in code:
            self._read_end_of_code(code, run[0], len(run))
        else:
            self._keep(code)

    def _read_end_of_text(self, line: str) -> None:
        """Read a line of text that may end in an opening fence."""
        runs = list(_RUN.finditer(line))
        before, after = (line[: runs[-1].start()], line[runs[-1].end() :]) if runs else (line, "")
        is_opening = len(runs) == 1 and bool(after.strip()) and parse_language(after) is Language.PYTHON
        quoted = (
            self._quotes.is_open
            or "`" in before
            or any(quote in before for quote in self._quote_lines)
            or before.lstrip(" >-*+0123456789.)") == ""
        )
        if not is_opening or quoted:
            self._keep(line)
            return
        self._keep(before)
        self._read_again(runs[-1][0] + after)

    def _is_before_opening(self, index: int, found: _FenceLine) -> bool:
        """Return whether the next line that is not blank opens a block that names its language."""
        following = self._next(self._fence_lines, index)
        if following < 0 or any(line.strip() for line in self._lines[index + 1 : following]):
            return False
        opening = _fence_line(self._lines[following])
        return opening is not None and opening.is_opening and (not found.is_python or opening.is_python)

    def _is_before_code(self, index: int) -> bool:
        """Return whether the next line that is not blank looks like code."""
        following = next((line for line in self._lines[index + 1 : index + 4] if line.strip()), "")
        return _CODE_LINE.match(following) is not None

    @staticmethod
    def _next(indices: list[int], index: int) -> int:
        """Return the next of some sorted indices; -1 without one."""
        position = bisect_right(indices, index)
        return indices[position] if position < len(indices) else -1
